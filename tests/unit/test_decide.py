"""What a message comes to, case by case, and that no case pays more than there is or other than was asked."""

from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import pytest
from app.codes import Code
from app.ledger.accounts import Account
from app.parties.card_check import RegisteredCard
from app.settlement.books import Books, RegisteredInstitution
from app.settlement.decide import decide
from app.settlement.decide.decision import Decision
from app.settlement.messages import AMOUNT_MAX, Card, Message
from app.settlement.rules import RegionRule
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import HOSPITAL, contribution, payment

TODAY = date(2026, 11, 22)
ALL_STATES = ["issued", "active", "temp_lost", "lost", "pin_locked", "replaced", "cancelled", "expired"]


RULE = RegionRule(datetime(2026, 1, 1, tzinfo=UTC), use_accumulated_first=False)


def account(balance: int = 10_000, *, held: int = 0, state: str = "normal", accumulated: int = 0) -> Account:
    return Account("P1", "personal", 1_000, balance, held, 0, 7, state, accumulated, TODAY.year, "")


class Registered(NamedTuple):
    institutions: dict[str, RegisteredInstitution]
    cards: dict[str, RegisteredCard]


def registered(
    *,
    institution_state: str | None = "active",
    institution_kind: str = "hospital",
    card_state: str | None = "active",
    **card: Any,
) -> Registered:
    """An active hospital and an active card Z1 of P1."""
    institutions = {HOSPITAL: RegisteredInstitution(2_000, institution_kind, institution_state or "")}
    cards = {"Z1": registered_card(state=card_state, **card)}
    return Registered(institutions if institution_state else {}, cards if card_state else {})


def registered_card(**overrides: Any) -> RegisteredCard:
    fields: dict[str, Any] = {
        "card_no": "Z1", "person_no": "P1", "card_sn": "SN1", "state": "active", "valid_to": TODAY,
        "kind": "social_security",
    }  # fmt: skip
    return RegisteredCard(**{**fields, **overrides})


NO_CARD_KNOWN = {"card_state": None}
BY_CARD = Card("03", "Z1", "SN1")


class Said(NamedTuple):
    """What a sender is told of a decision."""

    status: str
    code: Code
    account_paid: int = 0
    mutual_aid_paid: int = 0
    debit_paid: int = 0
    cash_due: int = 0


def decision_on(message: Message, payer: Account | None, stands: Registered) -> Decision:
    books = Books(
        business_day=TODAY,
        now=datetime(2026, 11, 22, 4, tzinfo=UTC),
        rules={"": RULE},
        personal={} if payer is None else {"P1": payer},
        institutions=stands.institutions,
        cards=stands.cards,
    )
    return decide(message, books)


def decided(message: Message, payer: Account | None, stands: Registered) -> Said:
    decision = decision_on(message, payer, stands)
    return Said(
        decision.status, decision.code, decision.account_paid, decision.mutual_aid_paid, decision.debit_paid,
        decision.cash_due,
    )  # fmt: skip


def declined(code: Code) -> Said:
    return Said("declined", code)


# Cards


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("issued", Code.CARD_NOT_ACTIVE),
        ("temp_lost", Code.CARD_LOST),
        ("lost", Code.CARD_LOST),
        ("pin_locked", Code.CARD_PIN_LOCKED),
        ("replaced", Code.CARD_REPLACED),
        ("cancelled", Code.CARD_CANCELLED),
        ("expired", Code.CARD_EXPIRED),
    ],
)
def test_a_card_that_is_not_active_pays_nothing(state: str, code: Code) -> None:
    assert decided(payment(card=BY_CARD), account(), registered(card_state=state)) == declined(code)


@pytest.mark.parametrize(
    ("holds", "code"),
    [
        (NO_CARD_KNOWN, Code.CARD_UNKNOWN),
        ({"person_no": "P2"}, Code.CARD_OF_ANOTHER_PERSON),
        ({"card_sn": "SN2"}, Code.CARD_SN_MISMATCH),
        ({"valid_to": date(2026, 11, 21)}, Code.CARD_EXPIRED),
        ({"valid_to": TODAY}, Code.OK),
        ({"valid_to": date(2099, 1, 1)}, Code.OK),
        # What is said first where several things are wrong: nothing of another person's card.
        ({"person_no": "P2", "card_state": "lost", "card_sn": "SN2"}, Code.CARD_OF_ANOTHER_PERSON),
        ({"card_sn": "SN2", "card_state": "replaced"}, Code.CARD_SN_MISMATCH),
        ({"card_state": "lost", "valid_to": date(2020, 1, 1)}, Code.CARD_LOST),
    ],
    ids=str,
)
def test_a_card_pays_as_far_as_it_fits(holds: dict[str, Any], code: Code) -> None:
    assert decided(payment(card=BY_CARD), account(), registered(**holds)).code is code


def test_a_card_without_its_identification_code_is_taken_by_its_number() -> None:
    assert decided(payment(card=Card("03", "Z1")), account(), registered()).code is Code.OK


@pytest.mark.parametrize("cert_type", ["01", "02"])
@pytest.mark.parametrize("state", ALL_STATES)
def test_who_shows_no_card_is_not_asked_for_its_state(cert_type: Any, state: str) -> None:
    message = payment(card=Card(cert_type))
    assert decided(message, account(), registered(card_state=state, person_no="P2")).status == "settled"


# Accounts and institutions


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("dormant", Code.ACCOUNT_DORMANT),
        ("frozen", Code.ACCOUNT_FROZEN),
        ("closed", Code.ACCOUNT_CLOSED),
    ],
)
def test_an_account_that_is_not_normal_pays_nothing(state: str, code: Code) -> None:
    assert decided(payment(), account(state=state), registered()) == declined(code)


def test_an_unknown_person_pays_nothing() -> None:
    assert decided(payment(), None, registered()) == declined(Code.PERSON_UNKNOWN)


@pytest.mark.parametrize(("state", "code"), [(None, Code.INSTITUTION_UNKNOWN), ("blocked", Code.INSTITUTION_BLOCKED)])
@pytest.mark.parametrize("payer", [account(), account(state="frozen"), None], ids=["normal", "frozen", "unknown"])
def test_an_institution_that_may_not_settle_is_rejected_before_anything_is_said_of_the_person(
    state: str | None, code: Code, payer: Account | None
) -> None:
    message = payment(card=BY_CARD)
    decision = decided(message, payer, registered(institution_state=state, card_state="lost"))
    assert decision == Said("rejected", code)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("normal", Said("settled", Code.OK)),
        ("frozen", Said("settled", Code.OK)),
        ("closed", declined(Code.ACCOUNT_CLOSED)),
    ],
)
def test_money_comes_in_to_every_account_that_is_not_closed(state: str, expected: Said) -> None:
    assert decided(contribution("P1", 5), account(state=state), registered(institution_state=None)) == expected


def test_money_for_an_unknown_person_does_not_come_in() -> None:
    assert decided(contribution("P1", 5), None, registered()) == declined(Code.PERSON_UNKNOWN)


# Balances


@pytest.mark.parametrize(
    ("balance", "held", "amount", "paid"),
    [
        (10_000, 0, 1, 1),
        (10_000, 0, 9_999, 9_999),
        (10_000, 0, 10_000, 10_000),
        (10_000, 0, 10_001, 10_000),
        (0, 0, 1, 0),
        (1, 0, 1, 1),
        (1, 0, 2, 1),
        (10_000, 4_000, 6_000, 6_000),
        (10_000, 4_000, 6_001, 6_000),
        (10_000, 10_000, 1, 0),
        (2**63 - 1, 0, AMOUNT_MAX, AMOUNT_MAX),
        (0, 0, AMOUNT_MAX, 0),
    ],
)
@pytest.mark.parametrize("short_balance", ["split", "decline"])
def test_what_is_available_is_paid_and_the_rest_is_cash_or_a_decline(
    balance: int, held: int, amount: int, paid: int, short_balance: str
) -> None:
    message = payment(amount=amount, short_balance=short_balance)
    decision = decided(message, account(balance, held=held), registered())
    if short_balance == "decline" and paid < amount:
        assert decision == declined(Code.INSUFFICIENT_FUNDS)
    else:
        assert decision == Said("settled", Code.OK, account_paid=paid, cash_due=amount - paid)


fen = st.integers(0, 30) | st.integers(0, AMOUNT_MAX)


@given(
    amount=st.integers(1, 30) | st.integers(1, AMOUNT_MAX),
    balance=fen,
    held=fen,
    state=st.sampled_from(["normal", "frozen", "closed"]),
    card=st.sampled_from([Card("01"), Card("02"), BY_CARD]),
    card_state=st.sampled_from(ALL_STATES) | st.none(),
    institution_state=st.sampled_from(["active", "blocked", None]),
    short_balance=st.sampled_from(["split", "decline"]),
)
def test_the_parts_sum_to_the_amount_and_never_exceed_what_is_available(
    amount: int,
    balance: int,
    held: int,
    state: str,
    card: Card,
    card_state: str | None,
    institution_state: str | None,
    short_balance: str,
) -> None:
    """Split parts that sum to more than the whole: blnk#73."""
    payer = account(balance + held, held=held, state=state)
    stands = registered(card_state=card_state, institution_state=institution_state)
    decision = decision_on(payment(amount=amount, card=card, short_balance=short_balance), payer, stands)
    parts = (decision.account_paid, decision.mutual_aid_paid, decision.debit_paid, decision.cash_due)
    assert min(parts) >= 0
    assert sum(parts) == (amount if decision.status == "settled" else 0)
    assert sum(movement.amount for movement in decision.movements) == sum(parts) - decision.cash_due
    assert decision.account_paid <= balance
    assert (decision.status == "settled") is (decision.code is Code.OK)
    assert (payer.balance, payer.held) == (balance + held, held)  # deciding changes nothing
