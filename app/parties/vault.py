"""The vault of personal data: sealed by AES-256-GCM, found by a keyed hash.

MEDSETTLE_DATA_KEYS is a ring of master keys. From each one HKDF derives a key that seals and a key that hashes. New
values go under the first key; every key of the ring opens what stands under it. The associated data of a sealed value
names its person and its field, so a value that is moved to another row or column does not open there.

A key is brought in by two steps, so that no process meets what it cannot open: first every process gets the ring with
the new key at its end, then every process gets it at its beginning.
"""

import hmac
import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

from app.codes import Code
from app.errors import Refused, UsageError

KEY_BYTES = 32
KEY_ID_MAX = 32_767

_NONCE_BYTES = 12
_is_key_id = re.compile("[1-9][0-9]{0,4}").fullmatch


class DataKey:
    """What is derived from one master key."""

    __slots__ = ("_cipher", "_index_key", "key_id")

    def __init__(self, key_id: int, master: bytes) -> None:
        self.key_id = key_id
        self._cipher = AESGCM(_derived(master, b"medsettle seal"))
        self._index_key = _derived(master, b"medsettle citizen index")

    def seal(self, person_no: str, field: str, text: str) -> bytes:
        return self._sealed(text.encode(), _bound_to(person_no, field))

    def open(self, person_no: str, field: str, sealed: bytes) -> str:
        """Raises cryptography's InvalidTag where the value was changed or belongs elsewhere."""
        return self._opened(sealed, _bound_to(person_no, field)).decode()

    def seal_letter(self, record_key: bytes, content: bytes) -> bytes:
        """A dead letter is no one person's; it is bound to its own key. No person number has a blank."""
        return self._sealed(content, b"dead letter|" + record_key)

    def open_letter(self, record_key: bytes, sealed: bytes) -> bytes:
        """Raises cryptography's InvalidTag as `open` does."""
        return self._opened(sealed, b"dead letter|" + record_key)

    def index_of(self, citizen_no: str) -> bytes:
        return hmac.digest(self._index_key, citizen_no.encode(), "sha256")

    def digest_of_letter(self, content: bytes) -> bytes:
        """16 bytes that tell equal letters, and nothing to who does not have the key."""
        return hmac.digest(self._index_key, b"dead letter|" + content, "sha256")[:16]

    def _sealed(self, content: bytes, bound_to: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, content, bound_to)

    def _opened(self, sealed: bytes, bound_to: bytes) -> bytes:
        nonce, body = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        return self._cipher.decrypt(nonce, body, bound_to)


class Identity(NamedTuple):
    """Who a person is, sealed: as it stands in parties.persons."""

    key_id: int
    citizen_index: bytes
    citizen_no: bytes
    name: bytes


class Vault:
    """The ring of keys. Without any it takes no personal data and opens none."""

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        self._keys = {key_id: DataKey(key_id, master) for key_id, master in keys.items()}

    @classmethod
    def of(cls, setting: SecretStr) -> "Vault":
        """Raises UsageError for a bad setting; it names the entry by its place and quotes nothing of it."""
        return cls(read_ring(setting))

    @property
    def key_ids(self) -> list[int]:
        """The current one first."""
        return list(self._keys)

    @property
    def current(self) -> DataKey:
        """Raises Refused where there is no key at all."""
        return self._ring()[0]

    def key(self, key_id: int) -> DataKey:
        """Raises Refused where the key is not in the ring."""
        found = self._keys.get(key_id)
        if found is None:
            raise Refused(Code.ENCRYPTION_KEYS_MISSING, f"The service does not have key {key_id} of personal data.")
        return found

    def sealed(self, person_no: str, citizen_no: str, name: str) -> Identity:
        key = self.current
        return Identity(
            key.key_id,
            key.index_of(citizen_no),
            key.seal(person_no, "citizen_no", citizen_no),
            key.seal(person_no, "name", name),
        )

    def opened(self, person_no: str, identity: Identity) -> tuple[str, str]:
        """Citizen number and name."""
        key = self.key(identity.key_id)
        return key.open(person_no, "citizen_no", identity.citizen_no), key.open(person_no, "name", identity.name)

    def indexes_of(self, citizen_no: str) -> list[bytes]:
        """What the number may stand under, for each key of the ring. Raises Refused where there is none."""
        return [key.index_of(citizen_no) for key in self._ring()]

    def require_key(self) -> None:
        """Raises Refused where there is none."""
        self._ring()

    def _ring(self) -> list[DataKey]:
        if not self._keys:
            raise Refused(Code.ENCRYPTION_KEYS_MISSING, "The service has no key for personal data.")
        return list(self._keys.values())


def read_ring(setting: SecretStr) -> dict[int, bytes]:
    """Master keys by id. Raises UsageError."""
    ring: dict[int, bytes] = {}
    entries = setting.get_secret_value()
    for place, entry in enumerate(entries.split(",") if entries else (), start=1):
        where = f"MEDSETTLE_DATA_KEYS, entry {place}:"
        id_text, _, key_text = entry.strip().partition(":")
        if _is_key_id(id_text) is None or int(id_text) > KEY_ID_MAX:
            raise UsageError(f"{where} give it as id:base64, the id a number from 1 to {KEY_ID_MAX}.")
        if int(id_text) in ring:
            raise UsageError(f"{where} its id stands twice; every key has an id of its own.")
        ring[int(id_text)] = _master(key_text, where)
    return ring


def new_entry(key_id: int) -> str:
    """A fresh key, as it is written into MEDSETTLE_DATA_KEYS."""
    return f"{key_id}:{b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"


def _master(text: str, where: str) -> bytes:
    try:
        master = b64decode(text, validate=True)
    except ValueError:
        raise UsageError(f"{where} what stands after the id is not base64.") from None
    if len(master) != KEY_BYTES:
        raise UsageError(f"{where} the key has {len(master)} bytes, not {KEY_BYTES}.")
    return master


def _derived(master: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(master)


def _bound_to(person_no: str, field: str) -> bytes:
    return f"{person_no}|{field}".encode()
