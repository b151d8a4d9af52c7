"""A person's number inside a page, unreadable there: a page that leads on to more of a person bears it sealed.

The key follows from the session's token, so it opens in this session alone.
"""

import base64
import binascii
import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.codes import Code
from app.errors import Refused

_NONCE_BYTES = 12


def seal(token: str, person_no: str) -> str:
    nonce = os.urandom(_NONCE_BYTES)
    return base64.urlsafe_b64encode(nonce + _cipher(token).encrypt(nonce, person_no.encode(), None)).decode()


def unseal(token: str, sealed: str) -> str:
    """Raises Refused where it was not sealed in this session."""
    try:
        content = base64.urlsafe_b64decode(sealed.encode())
        return _cipher(token).decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], None).decode()
    except (InvalidTag, binascii.Error, ValueError):
        raise Refused(Code.INVALID_FIELD, "The page is of another session: search the person anew.") from None


def _cipher(token: str) -> AESGCM:
    return AESGCM(hashlib.sha256(f"medsettle console person {token}".encode()).digest())
