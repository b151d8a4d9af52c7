"""Names of files. A file's name is its id, and follows from what it is."""

import re
from hashlib import sha256
from typing import Final

# With it the longest name without its ending has 35 characters, which is what a message id of ISO 20022 may have.
_BANK_CHARACTERS_MAX: Final = 12
_HASH_CHARACTERS: Final = 8

ENDINGS: Final = {
    "text": ".txt", "pain.001": ".xml", "detail_csv": ".csv.gz", "detail_parquet": ".parquet", "manifest": ".json",
}  # fmt: skip


def bank_in_names(bank: str) -> str:
    """The bank's code where a file system takes it, else its beginning and a hash."""
    plain = re.sub("[^A-Za-z0-9-]", "-", bank)
    if plain == bank and len(bank) <= _BANK_CHARACTERS_MAX:
        return bank
    beginning = plain[: _BANK_CHARACTERS_MAX - _HASH_CHARACTERS - 1]
    return f"{beginning}-{sha256(bank.encode()).hexdigest()[:_HASH_CHARACTERS]}"


def message_id(file_id: str) -> str:
    """By which an ISO 20022 file and its acknowledgment know it: the name without its ending, at most 35 characters."""
    return file_id.partition(".")[0]


def digest_line(file_id: str, digest: bytes) -> bytes:
    """What lies beside a file as `.sha256`, as `sha256sum` writes and checks it; its signature is over these bytes."""
    return f"{digest.hex()}  {file_id}\n".encode()
