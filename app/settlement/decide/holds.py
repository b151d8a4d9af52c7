"""Authorization, capture and void: money held in the own account, and what becomes of it."""

from datetime import UTC, timedelta

from app.codes import Code
from app.settlement.books import Books, Hold
from app.settlement.decide.decision import (
    ChangeHold,
    Decision,
    OpenHold,
    accumulated_of,
    declined,
    pay_out_of,
    short_of_funds,
    told_of,
)
from app.settlement.decide.originals import Parties, find_original, find_parties
from app.settlement.decide.payment import check_payer
from app.settlement.messages import Message
from app.settlement.records import HELD_UNTIL

_STANDS_UNLESS_TOLD = timedelta(days=30)
_STANDS_AT_MOST = timedelta(days=366)

_CLOSED = {
    "captured": Code.HOLD_CAPTURED,
    "voided": Code.HOLD_VOIDED,
    "expired": Code.HOLD_EXPIRED,
    "reversed": Code.ALREADY_REVERSED,
}


def decide_authorization(message: Message, books: Books) -> Decision:
    parties = find_parties(message, books)
    if isinstance(parties, Decision):
        return parties
    institution, account = parties
    if institution.kind == "pharmacy":
        return declined(Code.AUTHORIZATION_AT_PHARMACY)
    expires_at = message.expires_at or books.now + _STANDS_UNLESS_TOLD
    if not books.now < expires_at <= books.now + _STANDS_AT_MOST:
        return declined(Code.EXPIRY_INVALID)
    code, _ = check_payer(message, institution, account, books)
    if code is not None:
        return declined(code)
    rule = books.rule_of(account)
    if rule.med_types is not None and message.med_type not in rule.med_types:
        return declined(Code.MED_TYPE_NOT_PAYABLE)
    held = min(account.available, message.amount)
    if not held or (held < message.amount and message.short_balance == "decline"):
        return short_of_funds(account)
    return Decision(
        "held",
        Code.OK,
        account_paid=held,
        cash_due=message.amount - held,
        effects=(OpenHold(account, held, expires_at),),
        tells_balance_of=account,
        particulars=None if message.expires_at else {HELD_UNTIL: expires_at.astimezone(UTC).isoformat()},
    )


def decide_capture(message: Message, books: Books) -> Decision:
    """What is held was promised: neither the card nor the account's state is asked again."""
    found = _find_hold(message, books)
    if isinstance(found, Decision):
        return found
    (institution, account), hold = found
    amount = message.amount or hold.held
    if amount > hold.held:
        return declined(Code.CAPTURE_EXCEEDS_HOLD)
    ends = message.final or amount == hold.held
    movements = pay_out_of(account, institution.account_id, amount, books)
    change = ChangeHold(account, hold, -hold.held if ends else -amount, "captured" if ends else "open")
    return Decision(
        "settled",
        Code.OK,
        account_paid=amount,
        accumulated_paid=accumulated_of(movements, account),
        movements=movements,
        effects=(change,),
        tells_balance_of=account,
        particulars=told_of(movements, account) or None,
    )


def decide_void(message: Message, books: Books) -> Decision:
    found = _find_hold(message, books)
    if isinstance(found, Decision):
        return found
    (_, account), hold = found
    change = ChangeHold(account, hold, -hold.held, "voided")
    return Decision("settled", Code.OK, account_paid=hold.held, effects=(change,), tells_balance_of=account)


def _find_hold(message: Message, books: Books) -> tuple[Parties, Hold] | Decision:
    parties = find_parties(message, books)
    if isinstance(parties, Decision):
        return parties
    original = find_original(message, books, {"authorization"}, Code.ORIGINAL_NOT_AN_AUTHORIZATION)
    if isinstance(original, Decision):
        return original
    if original.row.status != "held":
        return declined(Code.ORIGINAL_NOT_SETTLED)
    hold = books.holds[original.key]
    return (parties, hold) if hold.state == "open" else declined(_CLOSED[hold.state])
