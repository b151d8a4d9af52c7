"""Refund: money goes back to where it came from, the last part first, never more than came."""

from app.codes import Code
from app.ledger.accounts import Account
from app.settlement.books import Books
from app.settlement.decide.decision import CountAtPharmacy, Decision, Effect, Return, declined, told_of
from app.settlement.decide.originals import find_original, find_parties, give_back, main_account, shares_of
from app.settlement.messages import Message

_REFUNDABLE = frozenset({"payment", "capture", "purchase"})


def decide_refund(message: Message, books: Books) -> Decision:
    parties = find_parties(message, books)
    if isinstance(parties, Decision):
        return parties
    account = parties.account
    original = find_original(message, books, _REFUNDABLE, Code.NOT_REFUNDABLE)
    if isinstance(original, Decision):
        return original
    if original.row.status != "settled":
        return declined(Code.ORIGINAL_NOT_SETTLED)
    left = sum(original.remaining)
    if not left:
        return declined(Code.ALREADY_REFUNDED)
    amount = message.amount or left
    if amount > left:
        return declined(Code.REFUND_EXCEEDS_ORIGINAL)
    rule = books.rule_of(account)
    if amount < left and not rule.partial_refunds:
        return declined(Code.PARTIAL_REFUND_NOT_ALLOWED)
    age = (books.business_day - original.row.business_day).days
    if rule.refund_days is not None and age > rule.refund_days:
        return declined(Code.REFUND_TOO_LATE)
    taken = _from_the_last(original.remaining, amount)
    movements = give_back(original, taken, books)
    if any(isinstance(each.payee, Account) and each.payee.state == "closed" for each in movements):
        return declined(Code.ACCOUNT_CLOSED)
    shares = shares_of(movements, taken[-1], account)
    effects: tuple[Effect, ...] = (Return(original.key, original.amount, tuple(taken), reverses=False),)
    told = {**told_of(movements[::-1], account), "returned": taken}
    if age == 0 and original.particulars.get("is_counted"):
        effects = (*effects, CountAtPharmacy(account, -(shares.account_paid + shares.mutual_aid_paid), 0))
        told["is_counted"] = True
    if original.row.kind == "purchase":
        told["is_of_purchase"] = True
    tells = main_account(original, account, books)
    return Decision("settled", Code.OK, *shares, movements, effects, tells, told)


def _from_the_last(remaining: list[int], amount: int) -> list[int]:
    """`amount` fen out of the parts, filled up from the last one."""
    taken = [0] * len(remaining)
    for place in reversed(range(len(remaining))):
        taken[place] = min(remaining[place], amount)
        amount -= taken[place]
    return taken
