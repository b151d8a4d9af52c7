"""What all messages that name an original have in common: it is found, or why it will not do."""

from collections.abc import Set
from typing import NamedTuple

import orjson

from app.codes import Code
from app.ledger.accounts import Account
from app.ledger.posting import Transfer
from app.settlement.books import Books, RegisteredInstitution
from app.settlement.decide.decision import Decision, Movement, declined, refuse_parties
from app.settlement.messages import Message, MessageKey, message_key, original_key
from app.settlement.records import Settlement


class Original(NamedTuple):
    """A recorded message and what it moved. `remaining`: fen of each part, cash last, that did not go back yet."""

    key: MessageKey
    row: Settlement
    parts: list[Transfer]
    remaining: list[int]

    @property
    def amount(self) -> int:
        """Fen that it settled, whatever went back since."""
        return sum(part.amount for part in self.parts) + self.row.cash_due

    @property
    def particulars(self) -> dict[str, object]:
        return {} if self.row.particulars is None else dict(orjson.loads(self.row.particulars))


class Parties(NamedTuple):
    institution: RegisteredInstitution
    account: Account


def find_parties(message: Message, books: Books) -> Parties | Decision:
    institution, account = books.institutions.get(message.institution), books.personal.get(message.person_no)
    refusal = refuse_parties(institution, account)
    if refusal is not None:
        return refusal
    assert institution is not None
    assert account is not None
    return Parties(institution, account)


def find_original(message: Message, books: Books, kinds: Set[str], unsuitable: Code) -> Original | Decision:
    """The original, of one of these kinds and with or without effect; else the refusal."""
    key = original_key(message)
    assert key is not None
    is_reversed = key in books.returns and books.returns[key].is_reversed
    if key in books.tombstones or is_reversed:
        return declined(Code.ALREADY_REVERSED)
    recorded = books.recorded.get(key)
    if recorded is None:
        return declined(Code.ORIGINAL_NOT_FOUND)
    row = recorded.row
    if row.person_no != message.person_no:
        return declined(Code.ORIGINAL_OF_ANOTHER_PERSON)
    if row.kind not in kinds:
        return declined(unsuitable)
    parts = books.original_parts(key)
    returned = books.returns[key].by_part if key in books.returns else [0] * (len(parts) + 1)
    amounts = [*(part.amount for part in parts), row.cash_due]
    return Original(key, row, parts, [had - gone for had, gone in zip(amounts, returned, strict=True)])


def parent_of(row: Settlement) -> MessageKey | None:
    """The key of the message that a recorded one names."""
    if row.particulars is None:
        return None
    original_message_id = orjson.loads(row.particulars).get("original_message_id")
    return None if original_message_id is None else message_key(row.institution, original_message_id)


class Shares(NamedTuple):
    """What went back, or came again, by where it belongs. Fen."""

    account_paid: int
    accumulated_paid: int
    mutual_aid_paid: int
    debit_paid: int
    cash_due: int


def shares_of(movements: tuple[Movement, ...], cash: int, account: Account) -> Shares:
    """`account`: the personal account of the message's person; what other personal accounts bear is mutual aid."""
    own = accumulated = aid = debit = 0
    for payer, payee, amount, is_accumulated in movements:
        # Between two kept accounts, which is a transfer from card to card, money counts once.
        kept = payer if isinstance(payer, Account) else payee
        assert isinstance(kept, Account)
        if kept.kind == "debit":
            debit += amount
        elif kept is account:
            own += amount
            accumulated += amount if is_accumulated else 0
        else:
            aid += amount
    return Shares(own, accumulated, aid, debit, cash)


def give_back(original: Original, taken: list[int], books: Books) -> tuple[Movement, ...]:
    """`taken` fen of each part go back where they came from, the last part first.

    Money of a personal account goes to the part of the account that it came from; once the year has turned both are
    the accumulated one.
    """
    has_turned = original.row.business_day.year < books.business_day.year
    movements: list[Movement] = []
    for part, fen in reversed(list(zip(original.parts, taken, strict=False))):
        if not fen:
            continue
        payer = books.account(part.credit_account) or part.credit_account
        payee = books.account(part.debit_account) or part.debit_account
        accumulated = isinstance(payee, Account) and payee.kind == "personal" and (part.accumulated or has_turned)
        movements.append(Movement(payer, payee, fen, accumulated))
    return tuple(movements)


def main_account(original: Original, account: Account, books: Books) -> Account:
    """The account whose balance the sender is told: the debit account for what the bank application did."""
    if original.row.kind not in ("deposit", "withdrawal", "transfer", "purchase"):
        return account
    [part] = original.parts
    kept = books.account(part.debit_account) or books.account(part.credit_account)
    assert kept is not None
    return kept
