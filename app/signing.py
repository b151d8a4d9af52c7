"""Signatures that anyone can verify with a published key: Ed25519, or SM2 with SM3 where the extra `sm` is installed.

MEDSETTLE_SIGNING_KEY is the one key that signs. MEDSETTLE_RETIRED_SIGNING_KEYS are public keys of earlier ones, which
stay published for what they signed; their private keys may be destroyed.
"""

import hashlib
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from textwrap import fill
from typing import Any, Final, Literal, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from pydantic import SecretStr

from app.errors import UsageError

Algorithm = Literal["Ed25519", "SM2"]

_SECRET_BYTES: Final = 32
_PUBLIC_BYTES: Final[dict[Algorithm, int]] = {"Ed25519": 32, "SM2": 64}
# What stands before the bytes of the key in a SubjectPublicKeyInfo: the algorithm, for SM2 also its curve and the mark
# of a whole point.
_INFO_BEFORE: Final[dict[Algorithm, bytes]] = {
    "Ed25519": bytes.fromhex("302a300506032b6570032100"),
    "SM2": bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004"),
}
_SM2_HALF_BYTES: Final = 32
_pem_bodies = re.compile("-----BEGIN PUBLIC KEY-----([^-]*)-----END PUBLIC KEY-----").findall


@dataclass(frozen=True, slots=True)
class PublicKey:
    """`raw`: 32 bytes of Ed25519, or x and y of SM2's point."""

    algorithm: Algorithm
    raw: bytes

    @property
    def key_id(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()[:16]

    @property
    def pem(self) -> str:
        body = b64encode(_INFO_BEFORE[self.algorithm] + self.raw).decode()
        return f"-----BEGIN PUBLIC KEY-----\n{fill(body, 64)}\n-----END PUBLIC KEY-----\n"

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Raises UsageError for SM2 where the extra is not installed."""
        if self.algorithm == "SM2":
            return _sm2_verifies(self.raw, signature, message)
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    public: PublicKey
    _secret: bytes = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        """64 bytes; of SM2 r and s."""
        if self.public.algorithm == "SM2":
            der = _gmssl().sm2_sign(self._secret, self.public.raw, message)
            return b"".join([half.to_bytes(_SM2_HALF_BYTES, "big") for half in decode_dss_signature(der)])
        return Ed25519PrivateKey.from_private_bytes(self._secret).sign(message)


class SigningKeys(NamedTuple):
    """The key that signs, if there is one, and all that are published, that one first."""

    current: SigningKey | None
    published: tuple[PublicKey, ...]


def read_keys(signing_key: SecretStr, retired: str) -> SigningKeys:
    """Keys of the two settings. Raises UsageError for a bad one and quotes nothing of it."""
    published = tuple(_retired(entry, place) for place, entry in enumerate(retired.split(",") if retired else (), 1))
    entry = signing_key.get_secret_value()
    if not entry:
        return SigningKeys(None, published)
    current = _signing_key(entry)
    return SigningKeys(current, (current.public, *(key for key in published if key != current.public)))


def read_public_keys(text: str) -> list[PublicKey]:
    """Every public key of a PEM text. Raises UsageError where there is none, or one of another kind."""
    bodies = _pem_bodies(text)
    if not bodies:
        raise UsageError("No public key: give a PEM text that says BEGIN PUBLIC KEY.")
    keys = [_public_key(body) for body in bodies]
    found = [key for key in keys if key is not None]
    if len(found) < len(keys):
        raise UsageError("A public key is neither Ed25519 nor SM2.")
    return found


def new_entry(algorithm: Algorithm) -> str:
    """A fresh key, as it is written into MEDSETTLE_SIGNING_KEY."""
    if algorithm == "SM2":
        public, secret = _gmssl().sm2_key_generate()
        return f"sm2:{b64encode(secret + public).decode()}"
    return f"ed25519:{b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()}"


def _signing_key(entry: str) -> SigningKey:
    word, _, text = entry.strip().partition(":")
    try:
        key = b64decode(text, validate=True)
    except ValueError:
        key = b""
    if word == "ed25519" and len(key) == _SECRET_BYTES:
        raw = Ed25519PrivateKey.from_private_bytes(key).public_key().public_bytes_raw()
        return SigningKey(PublicKey("Ed25519", raw), key)
    if word == "sm2" and len(key) == _SECRET_BYTES + _PUBLIC_BYTES["SM2"]:
        found = SigningKey(PublicKey("SM2", key[_SECRET_BYTES:]), key[:_SECRET_BYTES])
        if _is_pair(found):
            return found
    raise UsageError(
        "MEDSETTLE_SIGNING_KEY: give `ed25519:` and the base64 of 32 bytes, or `sm2:` and the base64 of the 32 bytes "
        "of a private and the 64 of its public key; `medsettle receipt new-key` makes one."
    )


def _is_pair(key: SigningKey) -> bool:
    """Whether the two halves of an SM2 key belong together."""
    try:
        return key.public.verifies(key.sign(b""), b"")
    except _gmssl().GmsslInnerError:
        return False


def _retired(entry: str, place: int) -> PublicKey:
    key = _public_key(entry)
    if key is None:
        raise UsageError(
            f"MEDSETTLE_RETIRED_SIGNING_KEYS, entry {place}: give what stands between BEGIN and END in the PEM of a "
            "public key of Ed25519 or SM2."
        )
    return key


def _public_key(base64_text: str) -> PublicKey | None:
    try:
        info = b64decode("".join(base64_text.split()), validate=True)
    except ValueError:
        return None
    for algorithm, before in _INFO_BEFORE.items():
        if info.startswith(before) and len(info) == len(before) + _PUBLIC_BYTES[algorithm]:
            return PublicKey(algorithm, info[len(before) :])
    return None


def _sm2_verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    gmssl = _gmssl()
    if len(signature) != 2 * _SM2_HALF_BYTES:
        return False
    r, s = (int.from_bytes(half, "big") for half in (signature[:_SM2_HALF_BYTES], signature[_SM2_HALF_BYTES:]))
    try:
        return bool(gmssl.sm2_verify(public, message, encode_dss_signature(r, s)))
    except gmssl.GmsslInnerError:  # numbers out of range, a point off the curve
        return False


def _gmssl() -> Any:
    """The signer id is its default, 1234567812345678, as GM/T 0009 has it where none is agreed."""
    try:
        import gmssl_pyx
    except ImportError:
        raise UsageError(
            "SM2 needs the package gmssl-pyx: pip install 'medsettle[sm]', or build it where there is no wheel."
        ) from None
    return gmssl_pyx
