"""A payment: may this card and account pay, and out of which accounts does the amount come."""

from typing import NamedTuple

from app.codes import Code
from app.ledger.accounts import Account
from app.parties.card_check import card_refusal
from app.parties.card_states import debit_usable
from app.settlement.books import Books, RegisteredInstitution
from app.settlement.decide.decision import (
    ACCOUNT_STATE_REFUSALS,
    Activate,
    CountAtPharmacy,
    Decision,
    Effect,
    accumulated_of,
    declined,
    pay_out_of,
    refuse_parties,
    short_of_funds,
    told_of,
)
from app.settlement.decide.first_use import brings_first_use, refuse_first_use
from app.settlement.messages import Message


def decide_payment(message: Message, books: Books) -> Decision:
    institution, account = books.institutions.get(message.institution), books.personal.get(message.person_no)
    if institution is None or account is None or institution.state != "active":
        return refuse_parties(institution, account) or declined(Code.PERSON_UNKNOWN)
    code, activates = check_payer(message, institution, account, books)
    if code is not None:
        return declined(code)
    effects: tuple[Effect, ...] = (Activate(),) if activates else ()
    limit = _limit_of(message, account, institution, books)
    if limit is None and account.balance - account.held >= message.amount:
        movements = pay_out_of(account, institution.account_id, message.amount, books)
        if len(movements) == 1:
            accumulated = message.amount if movements[0].accumulated else 0
            return Decision("settled", Code.OK, message.amount, accumulated, 0, 0, 0, movements, effects, account)
    return _split(message, account, institution, limit, effects, books)


def check_payer(
    message: Message, institution: RegisteredInstitution, account: Account, books: Books
) -> tuple[Code | None, bool]:
    """Why the person may not pay out of the account, and whether this message is the first use of their card."""
    activates = False
    if message.card is not None and message.card.card_no is not None:
        card = books.cards.get(message.card.card_no)
        activates = card is not None and card.state == "issued" and brings_first_use(message)
        code = card_refusal(card, message.person_no, message.card.card_sn, books.business_day, activates=activates)
        if code is None and activates:
            code = refuse_first_use(message, institution, books, activates=True)
        if code is not None:
            return code, False
    if not message.use_account:
        return None, activates
    if account.state != "normal" and not (activates and account.state == "dormant"):
        return ACCOUNT_STATE_REFUSALS[account.state], False
    if message.person_no in books.suspended:
        return Code.INSURANCE_SUSPENDED, False
    return None, activates


# What the region's rules leave of the amount to account money.


class _Limit(NamedTuple):
    """At most so many fen of account money; `code` where a rule, and not the amount, is what limits it.

    is_counted: the payment counts on the person's day at pharmacies.
    """

    fen: int
    code: Code | None = None
    is_counted: bool = False


def _limit_of(message: Message, account: Account, institution: RegisteredInstitution, books: Books) -> _Limit | None:
    if not message.use_account:
        return _Limit(0)
    rule = books.rule_of(account)
    if rule.med_types is not None and message.med_type not in rule.med_types:
        return _Limit(0, Code.MED_TYPE_NOT_PAYABLE)
    if institution.kind != "pharmacy" or not rule.caps_pharmacies:
        return None
    day = books.pharmacy_days.get(account.account_id)
    paid, payments = (0, 0) if day is None else (day.paid, day.payments)
    room = message.amount if rule.pharmacy_daily_fen is None else max(0, rule.pharmacy_daily_fen - paid)
    if rule.pharmacy_daily_payments is not None and payments >= rule.pharmacy_daily_payments:
        room = 0
    if room < message.amount:
        return _Limit(room, Code.DAILY_CAP_REACHED, is_counted=True)
    return _Limit(message.amount, is_counted=True)


# The split: own account, family, debit account, cash.


def _split(
    message: Message,
    account: Account,
    institution: RegisteredInstitution,
    limit: _Limit | None,
    effects: tuple[Effect, ...],
    books: Books,
) -> Decision:
    payee = institution.account_id
    limit = limit or _Limit(message.amount)
    room = min(limit.fen, message.amount)
    own = min(account.available, room)
    movements = pay_out_of(account, payee, own, books)
    if message.use_mutual_aid and books.rule_of(account).mutual_aid:
        for granter, fen in _aid(message, room - own, books):
            movements += pay_out_of(granter, payee, fen, books)
    account_money = sum(each.amount for each in movements)
    debit_paid = 0
    if message.use_debit:
        debit_account = _usable_debit_account(message, books)
        if debit_account is not None:
            debit_paid = min(debit_account.available, message.amount - account_money)
            movements += pay_out_of(debit_account, payee, debit_paid, books)
    cash_due = message.amount - account_money - debit_paid
    limited_by = limit.code if cash_due and account_money == room else None
    if cash_due and message.short_balance == "decline":
        return short_of_funds(account) if limited_by is None else declined(limited_by)
    if limit.is_counted and account_money:
        effects = (*effects, CountAtPharmacy(account, account_money, 1))
    told = told_of(movements, account)
    if limited_by is not None:
        told["limited_by"] = limited_by
    if limit.is_counted and account_money:
        told["is_counted"] = True
    return Decision(
        "settled", Code.OK, own, accumulated_of(movements, account), account_money - own, debit_paid, cash_due,
        movements, effects, account, told or None,
    )  # fmt: skip


def _aid(message: Message, wanted: int, books: Books) -> list[tuple[Account, int]]:
    """How much each of the family gives, in filing order; who may not spend is passed over."""
    given: list[tuple[Account, int]] = []
    for granter in books.granters.get(message.person_no, ()):
        may_spend = granter.state == "normal" and granter.owner not in books.suspended
        fen = min(granter.available, wanted) if may_spend else 0
        if fen:
            given.append((granter, fen))
            wanted -= fen
    return given


def _usable_debit_account(message: Message, books: Books) -> Account | None:
    if message.card is None or message.card.card_no is None:
        return None
    card = books.cards[message.card.card_no]
    if not debit_usable(card.state, card.debit_application):
        return None
    account = books.debit.get(card.debit_owner)
    return account if account is not None and account.state == "normal" else None
