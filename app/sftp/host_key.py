"""The key by which banks know the server: one setting, the same in every process that serves them."""

from base64 import b64decode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from app.errors import UsageError

_KEY_BYTES = 32


def read_host_key(entry: str) -> Ed25519PrivateKey:
    """Raises UsageError, which quotes nothing of it."""
    word, _, text = entry.strip().partition(":")
    try:
        secret = b64decode(text, validate=True)
    except ValueError:
        secret = b""
    if word != "ed25519" or len(secret) != _KEY_BYTES:
        raise UsageError(
            "MEDSETTLE_SFTP_HOST_KEY: give `ed25519:` and the base64 of 32 bytes; `medsettle sftp-keys new-host-key` "
            "makes one."
        )
    return Ed25519PrivateKey.from_private_bytes(secret)


def public_line(key: Ed25519PrivateKey) -> str:
    """As it stands in a known_hosts file behind the server's name."""
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def private_text(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
