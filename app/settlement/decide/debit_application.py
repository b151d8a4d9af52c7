"""The card's bank application: deposit, withdrawal, purchase, and transfer from card to card. RMB, never below zero."""

from typing import NamedTuple

from app.codes import Code
from app.ledger.accounts import Account
from app.parties.card_check import card_refusal
from app.parties.card_states import debit_usable
from app.settlement.books import Books, RegisteredInstitution
from app.settlement.decide.decision import (
    ACCOUNT_STATE_REFUSALS,
    Decision,
    Movement,
    declined,
    refuse_parties,
    short_of_funds,
)
from app.settlement.messages import Message


def decide_deposit(message: Message, books: Books) -> Decision:
    found = _find_application(message, books)
    if isinstance(found, Decision):
        return found
    institution, account = found
    return _settled(Movement(institution.account_id, account, message.amount), account)


def decide_spending(message: Message, books: Books) -> Decision:
    """Withdrawal and purchase."""
    found = _find_application(message, books)
    if isinstance(found, Decision):
        return found
    institution, account = found
    if account.available < message.amount:
        return short_of_funds(account)
    return _settled(Movement(account, institution.account_id, message.amount), account)


def decide_transfer(message: Message, books: Books) -> Decision:
    found = _find_application(message, books)
    if isinstance(found, Decision):
        return found
    payee = _find_payee(message, books)
    if isinstance(payee, Decision):
        return payee
    account = found.account
    if payee is account:
        return declined(Code.PAYEE_IS_PAYER)
    if account.available < message.amount:
        return short_of_funds(account)
    return _settled(Movement(account, payee, message.amount), account)


def _settled(movement: Movement, account: Account) -> Decision:
    return Decision("settled", Code.OK, debit_paid=movement.amount, movements=(movement,), tells_balance_of=account)


class _Application(NamedTuple):
    institution: RegisteredInstitution
    account: Account


def _find_application(message: Message, books: Books) -> _Application | Decision:
    institution = books.institutions.get(message.institution)
    refusal = refuse_parties(institution, books.personal.get(message.person_no))
    if refusal is not None:
        return refusal
    assert institution is not None
    assert message.card is not None
    card = books.cards.get(message.card.card_no or "")
    code = card_refusal(card, message.person_no, message.card.card_sn, books.business_day)
    if code is not None:
        return declined(code)
    assert card is not None
    account = books.debit.get(card.debit_owner)
    if not debit_usable(card.state, card.debit_application) or account is None:
        return declined(Code.DEBIT_APPLICATION_OFF)
    if account.state != "normal":
        return declined(ACCOUNT_STATE_REFUSALS[account.state])
    return _Application(institution, account)


def _find_payee(message: Message, books: Books) -> Account | Decision:
    named = message.payee_card
    assert named is not None
    card = books.cards.get(named.card_no)
    if card is None or named.card_sn not in (None, card.card_sn):
        return declined(Code.PAYEE_CARD_UNKNOWN)
    account = books.debit.get(card.debit_owner)
    is_usable = debit_usable(card.state, card.debit_application) and card.valid_to >= books.business_day
    if not is_usable or account is None or account.state != "normal":
        return declined(Code.PAYEE_CARD_NOT_USABLE)
    return account
