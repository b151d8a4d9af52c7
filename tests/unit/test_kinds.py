"""Which fields each kind needs and refuses when it is read; and that what is decided adds up and changes nothing."""

from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import pytest
from app.codes import Code
from app.ledger.accounts import Account
from app.parties.card_check import RegisteredCard
from app.settlement.books import Books, Hold, PharmacyDay, RegisteredInstitution
from app.settlement.decide import decide
from app.settlement.decide.decision import CountAtPharmacy, Decision
from app.settlement.decoding import decode
from app.settlement.messages import AMOUNT_MAX, INSTITUTION_KINDS, Card, Malformed, Message, NamedCard, message_key
from app.settlement.rules import RegionRule
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import HOSPITAL, PHARMACY, authorization, follow_up, payment, payment_json

# Reading: what each kind must have, may have, and must not have

BY_CARD = {"cert_type": "03", "card_no": "Z1", "card_sn": "SN1"}
#: One message of each kind with what it needs and nothing else.
LEAST: dict[str, dict[str, Any]] = {
    "payment": {"amount": 100, "card": {"cert_type": "01"}},
    "authorization": {"amount": 100, "card": {"cert_type": "01"}},
    "capture": {"original_message_id": "M0"},
    "void": {"original_message_id": "M0"},
    "refund": {"original_message_id": "M0"},
    "reversal": {"original_message_id": "M0"},
    "registration": {"card": {"cert_type": "01"}, "visit": "outpatient"},
    "deposit": {"amount": 100, "card": BY_CARD},
    "withdrawal": {"amount": 100, "card": BY_CARD},
    "purchase": {"amount": 100, "card": BY_CARD},
    "transfer": {"amount": 100, "card": BY_CARD, "payee_card": {"card_no": "Z2"}},
}
KINDS = sorted(LEAST)
NAMING_ORIGINALS = ["capture", "refund", "reversal", "void"]
BY_DEBIT = ["deposit", "purchase", "transfer", "withdrawal"]


def read(kind: str, **overrides: Any) -> Message | Malformed:
    """The least message of a kind with these fields; None takes one out."""
    return decode(payment_json(**{"kind": kind, "amount": None, "card": None, **LEAST[kind], **overrides}))


def understood(kind: str, **overrides: Any) -> Message:
    message = read(kind, **overrides)
    assert isinstance(message, Message), message
    return message


def refusal(kind: str, **overrides: Any) -> tuple[Code, str]:
    malformed = read(kind, **overrides)
    assert isinstance(malformed, Malformed), malformed
    assert malformed.answerable
    return malformed.code, malformed.pointer


def test_every_kind_is_tried_here() -> None:
    assert frozenset(KINDS) == INSTITUTION_KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_read_with_what_it_needs_alone(kind: str) -> None:
    message = understood(kind)
    assert (message.kind, message.amount) == (kind, LEAST[kind].get("amount", 0))


@pytest.mark.parametrize(
    ("kind", "field", "code"),
    [
        *((kind, "amount", Code.INVALID_AMOUNT) for kind in KINDS if "amount" in LEAST[kind]),
        *((kind, "card", Code.CARD_MISSING) for kind in KINDS if "card" in LEAST[kind]),
        *((kind, "original_message_id", Code.INVALID_FIELD) for kind in NAMING_ORIGINALS),
        ("transfer", "payee_card", Code.INVALID_FIELD),
        ("registration", "visit", Code.INVALID_FIELD),
    ],
)
def test_what_a_kind_needs_is_asked_for(kind: str, field: str, code: Code) -> None:
    assert refusal(kind, **{field: None}) == (code, f"/{field}")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("amount", [0, -1, AMOUNT_MAX + 1, 1.5])
def test_no_kind_takes_an_amount_that_is_none(kind: str, amount: float) -> None:
    assert refusal(kind, amount=amount) == (Code.INVALID_AMOUNT, "/amount")


@pytest.mark.parametrize("kind", ["registration", "reversal", "void"])
def test_a_kind_without_an_amount_refuses_one(kind: str) -> None:
    assert refusal(kind, amount=1) == (Code.INVALID_AMOUNT, "/amount")


@pytest.mark.parametrize("kind", ["capture", "refund"])
@pytest.mark.parametrize("amount", [1, AMOUNT_MAX])
def test_the_amount_of_a_capture_or_refund_may_be_said(kind: str, amount: int) -> None:
    assert understood(kind, amount=amount).amount == amount


@pytest.mark.parametrize("kind", NAMING_ORIGINALS)
@pytest.mark.parametrize("card", [None, {"cert_type": "01"}, BY_CARD])
def test_who_names_an_original_may_leave_the_card_out(kind: str, card: dict[str, str] | None) -> None:
    assert (understood(kind, card=card).card is None) is (card is None)


@pytest.mark.parametrize("kind", NAMING_ORIGINALS)
def test_a_message_is_not_its_own_original(kind: str) -> None:
    assert refusal(kind, message_id="M0") == (Code.INVALID_FIELD, "/original_message_id")


@pytest.mark.parametrize("kind", NAMING_ORIGINALS)
@pytest.mark.parametrize("text", ["", "a b", "a|b", "a~b", "x" * 31, "é", "M0\n", 7])
def test_an_original_is_named_by_a_message_id(kind: str, text: Any) -> None:
    assert refusal(kind, original_message_id=text) == (Code.INVALID_FIELD, "/original_message_id")


@pytest.mark.parametrize("kind", sorted(INSTITUTION_KINDS - set(NAMING_ORIGINALS)))
def test_other_kinds_name_no_original(kind: str) -> None:
    assert refusal(kind, original_message_id="M0") == (Code.INVALID_FIELD, "/original_message_id")


@pytest.mark.parametrize("kind", BY_DEBIT)
@pytest.mark.parametrize("cert_type", ["01", "02"])
def test_the_bank_application_takes_the_card_itself(kind: str, cert_type: str) -> None:
    card = {"cert_type": cert_type, "card_no": "Z1"}
    assert refusal(kind, card=card) == (Code.CARD_MISSING, "/card/cert_type")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "card" in LEAST[kind]])
def test_the_card_itself_has_a_number(kind: str) -> None:
    assert refusal(kind, card={"cert_type": "03"}) == (Code.CARD_MISSING, "/card/card_no")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "transfer"])
def test_only_a_transfer_names_a_payee(kind: str) -> None:
    assert refusal(kind, payee_card={"card_no": "Z2"}) == (Code.INVALID_FIELD, "/payee_card")


@pytest.mark.parametrize(
    ("payee", "pointer"),
    [
        ({}, "/payee_card/card_no"),
        ({"card_no": "Z 2"}, "/payee_card/card_no"),
        ({"card_no": "Z2", "card_sn": "a|b"}, "/payee_card/card_sn"),
        ({"card_no": ""}, "/payee_card/card_no"),
        ("Z2", "/payee_card"),
    ],
)
def test_a_payee_is_named_by_a_card_number(payee: Any, pointer: str) -> None:
    assert refusal("transfer", payee_card=payee) == (Code.INVALID_FIELD, pointer)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "authorization"])
def test_only_an_authorization_expires(kind: str) -> None:
    assert refusal(kind, expires_at="2026-12-01T00:00:00Z") == (Code.INVALID_FIELD, "/expires_at")


@pytest.mark.parametrize("moment", ["2026-12-01T00:00:00", "soon", "0001-01-01T00:00:00+14:00", 1795314600])
def test_an_expiry_is_a_moment(moment: Any) -> None:
    assert refusal("authorization", expires_at=moment) == (Code.INVALID_FIELD, "/expires_at")


def test_an_expiry_is_read() -> None:
    message = understood("authorization", expires_at="2026-12-01T08:00:00+08:00")
    assert message.expires_at == datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "capture"])
def test_only_a_capture_is_final(kind: str) -> None:
    assert refusal(kind, final=True) == (Code.INVALID_FIELD, "/final")
    assert understood("capture", final=True).final


@pytest.mark.parametrize("kind", KINDS)
def test_no_institution_says_in_which_direction_money_is_adjusted(kind: str) -> None:
    assert refusal(kind, direction="debit") == (Code.INVALID_FIELD, "/direction")


@pytest.mark.parametrize("kind", sorted(INSTITUTION_KINDS - {"payment", "registration"}))
@pytest.mark.parametrize("use", [{"visit": "inpatient"}, {"old_card": {"card_no": "OLD1"}}])
def test_only_a_payment_or_registration_is_a_first_use(kind: str, use: dict[str, Any]) -> None:
    assert refusal(kind, **use) == (Code.INVALID_FIELD, "/visit")


# Of which care it is

OF_CARE = ["authorization", "payment"]


def test_what_is_told_of_the_care_is_read() -> None:
    message = understood("payment", insurance_type="390", total_fee=250, treatment_id="T-1", use_account=False)
    assert (message.insurance_type, message.total_fee, message.treatment_id) == ("390", 250, "T-1")
    assert not message.use_account
    assert message.particulars == {
        "insurance_type": "390", "total_fee": 250, "treatment_id": "T-1", "use_account": False,
    }  # fmt: skip


def test_a_payment_that_tells_nothing_of_the_care_has_no_particulars() -> None:
    assert understood("payment").particulars == {}


@pytest.mark.parametrize("kind", OF_CARE)
@pytest.mark.parametrize("fee", [99, 0, -1, 1.5, "250", AMOUNT_MAX + 1])
def test_a_total_fee_is_fen_and_no_less_than_the_amount(kind: str, fee: Any) -> None:
    assert refusal(kind, total_fee=fee) == (Code.INVALID_FIELD, "/total_fee")


@pytest.mark.parametrize("kind", OF_CARE)
@pytest.mark.parametrize("fee", [100, AMOUNT_MAX])
def test_the_total_fee_may_be_the_amount_or_more(kind: str, fee: int) -> None:
    assert understood(kind, total_fee=fee).total_fee == fee


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in OF_CARE])
def test_only_what_pays_for_care_has_a_total_fee(kind: str) -> None:
    assert refusal(kind, total_fee=100) == (Code.INVALID_FIELD, "/total_fee")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in (*OF_CARE, "registration")])
def test_who_names_an_original_or_moves_the_debit_account_has_no_insurance_of_its_own(kind: str) -> None:
    assert refusal(kind, insurance_type="310") == (Code.INVALID_FIELD, "/insurance_type")


@pytest.mark.parametrize("insurance", ["", "31", "3101010", "abc", "31O", "３１０", 310])
def test_an_insurance_type_is_three_to_six_digits(insurance: Any) -> None:
    assert refusal("payment", insurance_type=insurance) == (Code.INVALID_FIELD, "/insurance_type")


@pytest.mark.parametrize("kind", KINDS)
def test_a_treatment_is_named_by_whatever_is_no_debit_card_business(kind: str) -> None:
    if kind in BY_DEBIT:
        assert refusal(kind, treatment_id="T1") == (Code.INVALID_FIELD, "/treatment_id")
    else:
        assert understood(kind, treatment_id="T1").treatment_id == "T1"


@pytest.mark.parametrize("text", ["", "a b", "a|b", "x" * 31, "é", "T1\n", 7])
def test_a_treatment_is_named_by_an_id(text: Any) -> None:
    assert refusal("payment", treatment_id=text) == (Code.INVALID_FIELD, "/treatment_id")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "payment"])
def test_only_a_payment_goes_without_the_account(kind: str) -> None:
    assert refusal(kind, use_account=False) == (Code.INVALID_FIELD, "/use_account")


def test_all_or_nothing_without_the_account_asks_for_the_debit_account() -> None:
    assert refusal("payment", use_account=False, short_balance="decline") == (Code.INVALID_FIELD, "/short_balance")
    assert not understood("payment", use_account=False, short_balance="decline", use_debit=True).use_account


# Deciding: any payment, whatever the books say

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
STATES = ["normal", "normal", "normal", "dormant", "frozen", "closed"]

small = st.integers(0, 12)
fen = small | st.integers(0, AMOUNT_MAX)


@st.composite
def accounts(draw: st.DrawFn, owner: str, account_id: int, kind: str = "personal") -> Account:
    balance = draw(fen)
    return Account(
        owner, kind, account_id, balance,
        draw(st.integers(0, balance)) if kind == "personal" else 0,
        0, 7, draw(st.sampled_from(STATES)),
        draw(st.integers(0, balance)) if kind == "personal" else 0,
        TODAY.year - draw(st.integers(0, 1)), "",
    )  # fmt: skip


rules = st.builds(
    RegionRule,
    st.just(datetime(2026, 1, 1, tzinfo=UTC)),
    use_accumulated_first=st.booleans(),
    med_types=st.none() | st.just(["11"]),
    pharmacy_daily_fen=st.none() | fen,
    pharmacy_daily_payments=st.none() | st.integers(0, 3),
    suspended_may_spend=st.booleans(),
    mutual_aid=st.booleans(),
)


@st.composite
def all_books(draw: st.DrawFn) -> Books:
    """P1 with a card Z1 and its debit account, up to three granters, a hospital and a pharmacy."""
    own = draw(accounts("P1", 1_000))
    granters = [draw(accounts(f"G{place}", 1_001 + place)) for place in range(draw(st.integers(0, 3)))]
    debit = draw(accounts("BANK01/P1", 1_010, "debit"))
    card = RegisteredCard(
        "Z1", "P1", "SN1",
        draw(st.sampled_from(["active", "active", "active", "lost", "issued"])),
        TODAY, "social_security", "BANK01",
        draw(st.sampled_from(["on", "on", "off", "closed"])),
    )  # fmt: skip
    return Books(
        business_day=TODAY,
        now=NOW,
        rules={"": draw(rules)},
        personal={each.owner: each for each in (own, *granters)},
        debit={debit.owner: debit} if draw(st.booleans()) else {},
        institutions={
            HOSPITAL: RegisteredInstitution(2_000, "hospital", draw(st.sampled_from(["active", "active", "blocked"]))),
            PHARMACY: RegisteredInstitution(2_001, "pharmacy", "active"),
        },
        cards={"Z1": card},
        granters={"P1": granters},
        suspended=frozenset({"P1"}) if draw(st.integers(0, 4)) == 4 else frozenset(),
        pharmacy_days={1_000: PharmacyDay(1_000, draw(fen), draw(st.integers(0, 3)))} if draw(st.booleans()) else {},
    )


paying: dict[str, Any] = {
    "amount": st.integers(1, 40) | st.integers(1, AMOUNT_MAX),
    "card": st.sampled_from([Card("01"), Card("03", "Z1"), Card("03", "Z1", "SN1")]),
    "med_type": st.sampled_from([None, "11", "41"]),
    "short_balance": st.sampled_from(["split", "decline"]),
    "institution": st.sampled_from([HOSPITAL, PHARMACY]),
}
payments = st.builds(
    payment,
    **paying,
    use_mutual_aid=st.booleans(),
    use_debit=st.booleans(),
    visit=st.sampled_from([None, "outpatient"]),
)


class Snapshot(NamedTuple):
    """All that a decision could change in the books."""

    accounts: list[tuple[Any, ...]]
    cards: dict[str, RegisteredCard]
    days: dict[int, PharmacyDay]
    others: tuple[Any, ...]


def snapshot(books: Books) -> Snapshot:
    return Snapshot(
        [
            (each.balance, each.held, each.accumulated, each.last_entry, each.part_year, each.state)
            for each in (*books.personal.values(), *books.debit.values())
        ],
        deepcopy(books.cards),
        deepcopy(books.pharmacy_days),
        deepcopy((books.holds, books.returns, books.recorded, books.tombstones, books.transfers, books.institutions)),
    )


def taken_from(decision: Decision, account: Account) -> int:
    return sum(each.amount for each in decision.movements if each.payer is account)


@given(payments, all_books())
def test_the_parts_of_a_payment_sum_to_its_amount_whatever_the_books_say(message: Message, books: Books) -> None:
    """Split parts that sum to more than the whole: blnk#73."""
    decision = decide(message, books)
    shares = (decision.account_paid, decision.mutual_aid_paid, decision.debit_paid, decision.cash_due)
    assert min(shares) >= 0
    assert sum(shares) == (message.amount if decision.status == "settled" else 0)
    assert sum(each.amount for each in decision.movements) == sum(shares) - decision.cash_due
    assert all(each.amount > 0 for each in decision.movements)
    assert (decision.status == "settled") is (decision.code is Code.OK)
    assert not (message.short_balance == "decline" and decision.cash_due)


@given(payments, all_books())
def test_a_payment_takes_from_each_account_what_is_there_and_tells_whose_it_was(message: Message, books: Books) -> None:
    decision = decide(message, books)
    own, *granters = books.personal.values()
    debit = books.debit.get("BANK01/P1")
    for account in (*books.personal.values(), *books.debit.values()):
        assert taken_from(decision, account) <= account.available
        assert account.state == "normal" or account is own or not taken_from(decision, account)
    for account in books.personal.values():
        earlier = sum(each.amount for each in decision.movements if each.payer is account and each.accumulated)
        assert earlier <= account.accumulated_in(TODAY.year)
        assert taken_from(decision, account) - earlier <= account.balance - account.accumulated_in(TODAY.year)
    assert taken_from(decision, own) == decision.account_paid
    assert sum(taken_from(decision, each) for each in granters) == decision.mutual_aid_paid
    assert (0 if debit is None else taken_from(decision, debit)) == decision.debit_paid


@given(payments, all_books())
def test_no_source_is_passed_over_but_for_a_reason(message: Message, books: Books) -> None:
    decision = decide(message, books)
    own, *granters = books.personal.values()
    rule = books.rules[""]
    usable = [each for each in granters if each.state == "normal"] if message.use_mutual_aid and rule.mutual_aid else []
    if decision.mutual_aid_paid:
        assert decision.account_paid == own.available
        spent = [taken_from(decision, each) for each in usable]
        last = max(place for place, fen in enumerate(spent) if fen)
        assert spent[:last] == [each.available for each in usable[:last]]
    if decision.debit_paid or decision.cash_due:
        bears = own.available + sum(each.available for each in usable)
        is_limited = rule.med_types is not None or (message.institution == PHARMACY and rule.caps_pharmacies)
        assert is_limited or decision.account_paid + decision.mutual_aid_paid == bears


@given(payments, all_books())
def test_no_more_account_money_is_paid_than_the_region_allows(message: Message, books: Books) -> None:
    decision = decide(message, books)
    rule = books.rules[""]
    account_money = decision.account_paid + decision.mutual_aid_paid
    if rule.med_types is not None and message.med_type not in rule.med_types:
        assert account_money == 0
    counted = [each for each in decision.effects if isinstance(each, CountAtPharmacy)]
    if message.institution == PHARMACY and rule.caps_pharmacies and account_money:
        day = books.pharmacy_days.get(1_000, PharmacyDay(1_000))
        assert rule.pharmacy_daily_fen is None or day.paid + account_money <= rule.pharmacy_daily_fen
        assert rule.pharmacy_daily_payments is None or day.payments < rule.pharmacy_daily_payments
        assert [(each.fen, each.payments) for each in counted] == [(account_money, 1)]
    else:
        assert not counted


others = st.one_of(
    st.builds(authorization, **paying, expires_at=st.sampled_from([None, NOW, datetime(2026, 12, 1, tzinfo=UTC)])),
    st.builds(
        payment,
        kind=st.sampled_from(["deposit", "withdrawal", "purchase"]),
        amount=st.integers(1, 20),
        card=st.just(Card("03", "Z1")),
    ),
    st.builds(
        payment,
        kind=st.just("transfer"),
        amount=st.integers(1, 20),
        card=st.just(Card("03", "Z1")),
        payee_card=st.builds(NamedCard, st.sampled_from(["Z1", "Z9"])),
    ),
    st.builds(
        follow_up,
        st.sampled_from(NAMING_ORIGINALS),
        st.just(payment(message_id="M0")),
        amount=st.just(0),
    ),
)


@given(payments | others, all_books(), st.booleans())
def test_deciding_changes_nothing_in_the_books(message: Message, books: Books, is_reversed_before: bool) -> None:
    key = message_key(HOSPITAL, "M0")
    if is_reversed_before:
        books.tombstones.add(key)
    books.holds[key] = Hold(key, 1_000, 7, 10, 5, datetime(2026, 12, 1, tzinfo=UTC), "open")
    before = snapshot(books)
    first = decide(message, books)
    assert snapshot(books) == before
    assert repr(decide(message, books)) == repr(first)
