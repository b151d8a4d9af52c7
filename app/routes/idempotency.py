"""The header `Idempotency-Key` (IETF draft-ietf-httpapi-idempotency-key-header) beside our own key of a message.

A message is known by its `message_id`, for ever. The header is another place for it: bare, or quoted as the draft has
it. Where both are sent they are the same.
"""

import re

from app.codes import Code
from app.errors import Refused
from app.settlement.messages import ID_CHARACTER

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"

_KEY = re.compile(rf'"({ID_CHARACTER}{{1,30}})"|({ID_CHARACTER}{{1,30}})')


def key_of(value: str | None) -> str | None:
    """The message id that the header gives. Raises Refused where it cannot be one."""
    if value is None:
        return None
    found = _KEY.fullmatch(value.strip())
    if found is None:
        raise Refused(
            Code.IDEMPOTENCY_KEY_INVALID, "Not 1 to 30 characters that a message_id may have.", f"/header/{HEADER}"
        )
    return found[1] or found[2]


def refuse_other(key: str, message_id: str) -> None:
    if key != message_id:
        raise Refused(Code.IDEMPOTENCY_KEY_MISMATCH, "The header and the message_id differ.", f"/header/{HEADER}")


def refuse_any(value: str | None) -> None:
    if value is not None:
        raise Refused(
            Code.IDEMPOTENCY_KEY_INVALID, "A batch has no key; each item has its message_id.", f"/header/{HEADER}"
        )
