"""Reversal (2601): what the original did and is not undone yet is undone; before it came, a tombstone is laid."""

from collections import defaultdict

from app.codes import Code
from app.ledger.accounts import Account
from app.settlement.books import Books
from app.settlement.decide.decision import (
    ChangeHold,
    CountAtPharmacy,
    Decision,
    Effect,
    LayTombstone,
    Movement,
    Return,
    declined,
    pay_out_of,
    short_of_funds,
    told_of,
)
from app.settlement.decide.originals import (
    Original,
    find_original,
    find_parties,
    give_back,
    main_account,
    parent_of,
    shares_of,
)
from app.settlement.messages import Message, original_key

_REVERSIBLE = frozenset({
    "payment", "authorization", "capture", "refund", "deposit", "withdrawal", "transfer", "purchase",
})  # fmt: skip
_NOTHING_TO_REVERSE = Decision("reversed", Code.NOTHING_TO_REVERSE)


def decide_reversal(message: Message, books: Books) -> Decision:
    parties = find_parties(message, books)
    if isinstance(parties, Decision):
        return parties
    original = find_original(message, books, _REVERSIBLE, Code.NOT_REVERSIBLE)
    if isinstance(original, Decision):
        return _lay_tombstone(message) if original.code == Code.ORIGINAL_NOT_FOUND else original
    if original.row.status not in ("settled", "held"):
        return _NOTHING_TO_REVERSE
    if original.row.kind == "authorization":
        return _release(original, parties.account, books)
    if original.row.kind == "refund":
        return _undo_refund(original, parties.account, books)
    return _undo(original, parties.account, books)


def _lay_tombstone(message: Message) -> Decision:
    key = original_key(message)
    assert key is not None
    return Decision("reversed", Code.ORIGINAL_NOT_FOUND, effects=(LayTombstone(key),))


def _release(original: Original, account: Account, books: Books) -> Decision:
    hold = books.holds[original.key]
    if hold.state != "open":
        return _NOTHING_TO_REVERSE
    return Decision(
        "reversed",
        Code.OK,
        account_paid=hold.held,
        effects=(
            ChangeHold(account, hold, -hold.held, "reversed"),
            Return(original.key, original.amount, (0,) * len(original.remaining), reverses=True),
        ),
        tells_balance_of=account,
        particulars={"is_release": True},
    )


def _undo(original: Original, account: Account, books: Books) -> Decision:
    """A payment, capture, purchase, deposit, withdrawal or transfer."""
    left = original.remaining
    if not sum(left):
        return _NOTHING_TO_REVERSE
    movements = give_back(original, left, books)
    tells = main_account(original, account, books)
    refusal = _refuse(movements, tells)
    if refusal is not None:
        return refusal
    shares = shares_of(movements, left[-1], account)
    effects: list[Effect] = [Return(original.key, original.amount, tuple(left), reverses=True)]
    if original.row.kind == "capture":
        effects += _hold_again(original, account, shares.account_paid, books)
    if original.particulars.get("is_counted") and original.row.business_day == books.business_day:
        effects.append(CountAtPharmacy(account, -(shares.account_paid + shares.mutual_aid_paid), -1))
    told = told_of(movements[::-1], account) or None
    return Decision("reversed", Code.OK, *shares, movements, tuple(effects), tells, told)


def _hold_again(capture: Original, account: Account, fen: int, books: Books) -> list[Effect]:
    """What a capture took is held again, where its hold is still open."""
    authorization = parent_of(capture.row)
    hold = None if authorization is None else books.holds.get(authorization)
    if hold is None or hold.state != "open":
        return []
    return [ChangeHold(account, hold, fen, "open")]


def _undo_refund(refund: Original, account: Account, books: Books) -> Decision:
    """The money goes to the institution again, out of whichever part of each account the region uses first."""
    parent = parent_of(refund.row)
    assert parent is not None
    standing = books.returns[parent]
    if standing.is_reversed:
        return declined(Code.ALREADY_REVERSED)
    tells = _main_account_of_refund(refund, account, books)
    wanted: dict[tuple[int, int], int] = defaultdict(int)
    for part in refund.parts:
        wanted[part.credit_account, part.debit_account] += part.amount
    movements: tuple[Movement, ...] = ()
    for (holder, institution), fen in wanted.items():
        payer = books.account(holder)
        assert payer is not None
        if payer.state == "closed":
            return declined(Code.ACCOUNT_CLOSED)
        if payer.available < fen:
            return short_of_funds(tells)
        movements += pay_out_of(payer, institution, fen, books)
    shares = shares_of(movements, refund.row.cash_due, account)
    returned = refund.particulars["returned"]
    assert isinstance(returned, list)
    effects: list[Effect] = [
        Return(refund.key, refund.amount, tuple(refund.remaining), reverses=True),
        Return(parent, standing.amount, tuple(-fen for fen in returned), reverses=False),
    ]
    if refund.particulars.get("is_counted") and refund.row.business_day == books.business_day:
        effects.append(CountAtPharmacy(account, shares.account_paid + shares.mutual_aid_paid, 0))
    told = told_of(movements, account) or None
    return Decision("reversed", Code.OK, *shares, movements, tuple(effects), tells, told)


def _main_account_of_refund(refund: Original, account: Account, books: Books) -> Account:
    """The account of the refunded message: the debit account for a purchase."""
    if not refund.particulars.get("is_of_purchase"):
        return account
    [part] = refund.parts
    return books.account(part.credit_account) or account


def _refuse(movements: tuple[Movement, ...], tells: Account) -> Decision | None:
    """Taking money back out of a holder's account may find it closed or too empty; giving back may find it closed."""
    for payer, payee, amount, _ in movements:
        accounts = [each for each in (payer, payee) if isinstance(each, Account)]
        if any(each.state == "closed" for each in accounts):
            return declined(Code.ACCOUNT_CLOSED)
        if isinstance(payer, Account) and payer.available < amount:
            return short_of_funds(tells)
    return None
