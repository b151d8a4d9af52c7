"""Whether a Kafka record is from the institution that it names: a topic is not an identity.

The header `medsettle_signature` is `<key id>:<base64 of the Ed25519 signature over the bytes of the value>`. A repeat
with the same signature is a repeat of the same message, which is harmless.
"""

import binascii
import time
from base64 import b64decode
from collections.abc import Iterable
from typing import NamedTuple

from aiokafka import ConsumerRecord

from app.access.producer_keys import read_producer_keys
from app.codes import Code
from app.database import Pool, transaction
from app.settlement.messages import Malformed, Message
from app.signing import PublicKey

HEADER = "medsettle_signature"

# A revoked key is refused after this.
_KNOWN_SECONDS_MAX = 2.0
_KEY_IDS_MAX = 10_000


class _Signature(NamedTuple):
    key_id: str
    content: bytes


class ProducerCheck:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._keys: dict[str, tuple[str, PublicKey]] = {}
        self._asked: set[str] = set()
        self._asked_at = 0.0

    async def learn(self, records: Iterable["ConsumerRecord[bytes, bytes]"]) -> None:
        """Read the keys that these records name. Raises DatabaseUnavailable."""
        named = {signature.key_id for record in records if (signature := _signature_of(record)) is not None}
        now = time.monotonic()
        if now - self._asked_at <= _KNOWN_SECONDS_MAX and named <= self._asked:
            return
        async with transaction(self._pool) as connection:
            self._keys = await read_producer_keys(connection, sorted(named)[:_KEY_IDS_MAX])
        self._asked, self._asked_at = named, now

    def checked(self, record: "ConsumerRecord[bytes, bytes]", decoded: Message | Malformed) -> Message | Malformed:
        """What was decoded, or why no one may be answered about it."""
        signature = _signature_of(record)
        if signature is None:
            return _unproven("The record has no signature of a known form.")
        institution, key = self._keys.get(signature.key_id, (None, None))
        if key is None:
            return _unproven("No good key of an institution has this id.")
        if not key.verifies(signature.content, record.value or b""):
            return _unproven("The signature is not of these bytes.")
        if decoded.institution is not None and decoded.institution != institution:
            return _unproven("The key is another institution's.")
        return decoded


def _unproven(detail: str) -> Malformed:
    return Malformed(Code.PRODUCER_UNPROVEN, detail)


def _signature_of(record: "ConsumerRecord[bytes, bytes]") -> _Signature | None:
    """The last header of this name, as Kafka's clients read them."""
    for name, value in reversed(record.headers):
        if name == HEADER:
            key_id, colon, content = (value or b"").partition(b":")
            try:
                return _Signature(key_id.decode("ascii"), b64decode(content, validate=True)) if colon else None
            except (UnicodeDecodeError, binascii.Error):
                return None
    return None
