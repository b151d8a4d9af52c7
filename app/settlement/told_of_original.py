"""What a settlement says of the one that it names, so that whoever clears or reconciles need not look it up. Pure.

Of what the care cost beyond the person's share (total_fee - amount: the fund's part) a refund or reversal says whether
it went back too. It does with the last fen of the share, and is there again once a refund is undone: so the payment and
all that followed it come to nothing in every sum exactly when nothing is left of it.
"""

from typing import Any

import orjson

from app.codes import Code
from app.settlement.books import Books
from app.settlement.clearing_class import clearing_class
from app.settlement.decide.decision import Decision
from app.settlement.decide.originals import parent_of
from app.settlement.messages import Message, original_key
from app.settlement.records import CLEARED_AS, FUND_OF_ORIGINAL, FUND_RETURNED, ORIGINAL_KIND, Settlement


def told_of_original(message: Message, decision: Decision, books: Books) -> dict[str, Any]:
    """Nothing where it names none, or has no effect. The books are as the decision leaves them."""
    key = original_key(message)
    original = None if key is None else books.recorded.get(key)
    if key is None or original is None or decision.status not in ("settled", "reversed"):
        return {}
    row = original.row
    told: dict[str, Any] = {CLEARED_AS: str(clearing_class(row)), ORIGINAL_KIND: row.kind}
    if message.kind not in ("refund", "reversal") or decision.code != Code.OK:
        return told
    fund = _fund_of(row)
    if not fund:
        return told
    if row.kind == "refund":
        parent = parent_of(row)
        assert parent is not None
        standing = books.returns[parent]
        is_moved = standing.returned + _moved(row) == standing.amount
    else:
        standing = books.returns[key]
        is_moved = standing.is_reversed or standing.returned == standing.amount
    if message.kind == "refund":
        told[FUND_OF_ORIGINAL] = fund
    if is_moved:
        told[FUND_RETURNED] = fund
    return told


def _fund_of(row: Settlement) -> int:
    """Fen of the fund's part in a payment, or in that of which a refund gave back."""
    told = {} if row.particulars is None else orjson.loads(row.particulars)
    if row.kind == "refund":
        return int(told.get(FUND_OF_ORIGINAL, 0))
    return int(told["total_fee"]) - row.amount if row.kind == "payment" and "total_fee" in told else 0


def _moved(row: Settlement) -> int:
    return row.account_paid + row.mutual_aid_paid + row.debit_paid + row.cash_due
