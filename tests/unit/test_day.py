import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime

import orjson
import pytest
from app.demo.day import (
    INPATIENT_MEAN_FEN,
    INPATIENT_SHARE,
    MEAN_FEN,
    PHARMACY_SHARE,
    REPEATABLE,
    SHARES,
    DayMessage,
    make_day,
)
from app.demo.expected import Expectation, Expected, expected_outcomes
from app.demo.population import MadeInstitution, MadePerson, Population, make_population
from app.ledger.accounts import Account
from app.ledger.buckets import bucket_of
from app.ledger.journal import OpenBatch
from app.parties.card_check import RegisteredCard
from app.settlement.batch import assemble
from app.settlement.books import Books, RegisteredInstitution
from app.settlement.decoding import decode
from app.settlement.messages import Malformed, Message, message_key, original_key
from app.settlement.rules import RegionRule

MESSAGES = 60_000


@pytest.fixture(scope="module")
def population() -> Population:
    return make_population(5_000, 200, seed=7)


@pytest.fixture(scope="module")
def day(population: Population) -> list[DayMessage]:
    return list(make_day(population, MESSAGES, seed=7))


@pytest.fixture(scope="module")
def payments(day: list[DayMessage]) -> list[Message]:
    decoded = [decode(message.value) for message in day if message.label == "payment"]
    assert all(isinstance(message, Message) for message in decoded)
    return [message for message in decoded if isinstance(message, Message)]


@pytest.fixture(scope="module")
def expected(population: Population, day: list[DayMessage]) -> Expected:
    return expected_outcomes(population, day)


# The day


def test_the_same_arguments_make_the_same_bytes(population: Population, day: list[DayMessage]) -> None:
    assert list(make_day(population, 1_000, seed=3)) == list(make_day(population, 1_000, seed=3))
    assert list(make_day(population, 1_000, seed=4)) != list(make_day(population, 1_000, seed=3))
    assert len(day) == MESSAGES


@pytest.mark.parametrize("count", [0, 1, 2, 7, 999])
def test_any_number_can_be_made(population: Population, count: int) -> None:
    assert len(list(make_day(population, count, seed=1))) == count


def test_labels_have_their_shares(day: list[DayMessage]) -> None:
    labels = Counter(message.label for message in day)
    for label, share in SHARES.items():
        assert labels[label] / MESSAGES == pytest.approx(share, rel=0.35)
    assert labels["payment"] / MESSAGES == pytest.approx(1 - sum(SHARES.values()), abs=0.005)


def test_visits_have_the_nations_proportions(payments: list[Message]) -> None:
    types = Counter(message.med_type for message in payments)
    assert set(types) == {"11", "13", "14", "21", "41"}
    assert types["41"] / len(payments) == pytest.approx(PHARMACY_SHARE, abs=0.01)
    assert types["21"] / len(payments) == pytest.approx(INPATIENT_SHARE, abs=0.003)
    assert types["11"] > 8 * (types["13"] + types["14"])
    assert all((message.institution[0] == "P") == (message.med_type == "41") for message in payments)


def test_amounts_have_their_means_and_a_long_tail(payments: list[Message]) -> None:
    inpatient = [message.amount for message in payments if message.med_type == "21"]
    others = sorted(message.amount for message in payments if message.med_type != "21")
    mean = sum(others) / len(others)
    assert mean == pytest.approx(MEAN_FEN, rel=0.05)
    assert others[len(others) // 2] < 0.7 * mean
    assert sum(inpatient) / len(inpatient) == pytest.approx(INPATIENT_MEAN_FEN, rel=0.2)


def test_people_and_institutions_are_busy_unevenly(payments: list[Message]) -> None:
    for most in (
        Counter(message.person_no for message in payments).most_common(),
        Counter(message.institution for message in payments).most_common(),
    ):
        busiest_tenth = sum(count for _, count in most[: len(most) // 10])
        assert busiest_tenth / len(payments) > 0.2
    assert len({message.person_no for message in payments}) > 4_500


def test_times_rise_over_the_whole_day(population: Population) -> None:
    day = make_day(population, 20_000, seed=1, day=date(2026, 11, 2))
    moments = [decode(message.value).occurred_at for message in day if message.label == "payment"]  # type: ignore[union-attr]
    times = [moment for moment in moments if moment is not None]
    assert times == sorted(times)
    assert {moment.date() for moment in times} == {date(2026, 11, 2)}
    hours = Counter(moment.hour for moment in times)
    assert len(hours) == 24
    assert hours[9] > 20 * hours[3]


def test_every_payment_has_a_key_of_its_own(payments: list[Message]) -> None:
    assert len({(message.institution, message.message_id) for message in payments}) == len(payments)
    assert all(len(message.message_id) == 30 for message in payments)


def test_repeats_and_conflicts_follow_what_they_repeat_in_its_partition(day: list[DayMessage]) -> None:
    sent: dict[bytes, bytes] = {}
    originals: dict[tuple[str, str], DayMessage] = {}
    changed: Counter[str] = Counter()
    for message in day:
        if message.label == "repeat":
            assert sent[message.value] == message.key
        elif message.label == "conflict":
            fields = orjson.loads(message.value)
            original = originals[fields["institution"], fields["message_id"]]
            assert message.key == original.key
            before = orjson.loads(original.value)
            changed.update(name for name in fields if fields[name] != before.get(name))
        elif message.label in REPEATABLE:
            sent[message.value] = message.key
            fields = orjson.loads(message.value)
            originals[fields["institution"], fields["message_id"]] = message
    assert set(changed) == {"amount", "med_type", "person_no"}
    assert changed["amount"] > changed["med_type"] > changed["person_no"]


def test_what_follows_names_an_earlier_message_of_its_institution_and_person(day: list[DayMessage]) -> None:
    places: dict[tuple[str, str], int] = {}
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    sent: dict[tuple[str, str], dict[str, object]] = {}
    for place, message in enumerate(day):
        if message.label in REPEATABLE:
            fields = orjson.loads(message.value)
            sent[fields["institution"], fields["message_id"]] = fields
            places[fields["institution"], fields["message_id"]] = place
    for place, message in enumerate(day):
        if message.label not in ("capture", "void", "refund", "reversal", "early_reversal"):
            continue
        fields = orjson.loads(message.value)
        key = (fields["institution"], fields["original_message_id"])
        if message.label == "early_reversal" and key not in sent:
            continue  # it has not come at the end of the day
        assert sent[key]["person_no"] == fields["person_no"] == message.key.decode()
        assert (places[key] < place) == (message.label != "early_reversal")
        kinds[message.label][str(sent[key]["kind"])] += 1
    assert set(kinds["capture"]) == set(kinds["void"]) == {"authorization"}
    assert set(kinds["refund"]) == {"payment", "capture"}
    assert set(kinds["reversal"]) == {"payment", "capture", "refund", "authorization"}
    assert set(kinds["early_reversal"]) == {"payment"}


def test_the_wrong_ones_are_wrong_in_the_way_they_say(population: Population, day: list[DayMessage]) -> None:
    persons = {person.person_no for person in population.persons}
    institutions = {place.institution for place in population.institutions}
    codes = set()
    for message in day:
        decoded = decode(message.value)
        if message.label == "garbage":
            assert isinstance(decoded, Malformed)
            assert not decoded.answerable
        elif message.label == "malformed":
            assert isinstance(decoded, Malformed)
            assert decoded.answerable
            codes.add(decoded.code)
        else:
            assert isinstance(decoded, Message)
            # A conflict's odd share names another person and stays in the original's partition.
            assert decoded.person_no == message.key.decode() or message.label == "conflict"
            assert (decoded.institution in institutions) == (message.label != "unknown_institution")
            assert decoded.person_no in persons or message.label in {"unknown_person", "conflict", "repeat"}
    assert codes == {"invalid_amount", "kind_unknown", "card_missing"}


def test_some_decline_when_short_and_some_carry_metadata(payments: list[Message]) -> None:
    assert 0.03 < sum(message.short_balance == "decline" for message in payments) / len(payments) < 0.07
    assert 0.03 < sum(message.metadata is not None for message in payments) / len(payments) < 0.07
    kinds = Counter(message.card.cert_type for message in payments if message.card)
    assert kinds["03"] > kinds["01"] > kinds["02"] > 0


# What it must come to


def test_the_recount_loses_no_money_and_no_message(
    population: Population, day: list[DayMessage], expected: Expected
) -> None:
    opening = sum(person.balance for person in population.persons)
    assert sum(expected.balances.values()) + sum(expected.received.values()) == opening
    assert all(0 <= expected.held[person_no] <= balance for person_no, balance in expected.balances.items())
    assert sum(expected.held.values()) > 0
    assert expected.answers.total() == len(day)


def test_a_day_has_every_kind_of_answer(expected: Expected) -> None:
    statuses = {status for status, _ in expected.answers}
    assert statuses == {
        "settled", "held", "reversed", "declined", "rejected", "replayed", "conflict", "dead_letter",
    }  # fmt: skip
    codes = {code for _, code in expected.answers}
    assert codes >= {
        "insufficient_funds", "person_unknown", "card_unknown", "card_of_another_person", "card_sn_mismatch",
        "card_not_active", "card_lost", "card_pin_locked", "card_replaced", "card_cancelled", "card_expired",
        "institution_unknown", "institution_blocked", "hold_captured", "hold_voided", "capture_exceeds_hold",
        "original_not_settled", "already_refunded", "refund_exceeds_original", "already_reversed",
        "nothing_to_reverse", "original_not_found", "reversed_before_arrival",
    }  # fmt: skip
    assert any(one.status == "settled" and one.cash_due > 0 for one in expected.recorded.values())


PERSON = MadePerson("99000000000001", 5_000, "A00000001", "SN1", "active", date(2040, 1, 1))
PLACE = MadeInstitution("H00000000001", "hospital", "102", "测试第一医院", "active")


def _recount(*changes: dict[str, object]) -> Expected:
    """A recount of one person's messages: payments of 1,000 fen with some fields changed."""
    messages = []
    for number, change in enumerate(changes):
        fields = {
            "institution": PLACE.institution,
            "message_id": f"M{number}",
            "kind": "payment",
            "person_no": PERSON.person_no,
            "amount": 1_000,
            "card": {"cert_type": "03", "card_no": PERSON.card_no, "card_sn": PERSON.card_sn},
        }
        messages.append(DayMessage(b"", orjson.dumps({**fields, **change}), "payment"))
    return expected_outcomes(Population([PLACE], [PERSON]), messages, today=date(2026, 3, 2))


def test_the_recount_of_a_few_by_hand() -> None:
    expected = _recount(
        {"amount": 4_000},
        {"message_id": "M0", "amount": 4_000},
        {"message_id": "M0", "amount": 4_001},
        {"amount": 1_500, "short_balance": "decline"},
        {"amount": 1_500},
        {"amount": 0},
    )
    assert expected.balances == {PERSON.person_no: 0}
    assert expected.received == {PLACE.institution: 5_000}
    assert [expected.recorded[PLACE.institution, message_id] for message_id in ("M0", "M3", "M4")] == [
        Expectation("settled", "ok", PERSON.person_no, account_paid=4_000),
        Expectation("declined", "insufficient_funds", PERSON.person_no),
        Expectation("settled", "ok", PERSON.person_no, account_paid=1_000, cash_due=500),
    ]
    assert expected.answers == {
        ("settled", "ok"): 2,
        ("replayed", "ok"): 1,
        ("conflict", "message_conflict"): 1,
        ("declined", "insufficient_funds"): 1,
        ("rejected", "invalid_amount"): 1,
    }


def _registered(card: MadePerson) -> RegisteredCard:
    return RegisteredCard(card.card_no, card.person_no, card.card_sn, card.card_state, card.valid_to, "social_security")


def _decide_all(population: Population, messages: Sequence[Message]) -> Expected:
    """The service's own pure core over the same messages, as one batch."""
    accounts = {
        each.person_no: Account(
            each.person_no, "personal", number, each.balance, 0, 0, bucket_of(each.person_no), "normal", 0, 2026, ""
        )
        for number, each in enumerate(population.persons, 1_000)
    }
    by_number = dict(enumerate(population.institutions, 100))
    by_account = {number: each.institution for number, each in by_number.items()}
    opened = OpenBatch(1024, b"", datetime(2026, 3, 2, 4, tzinfo=UTC), date(2026, 3, 2))
    books = Books(
        business_day=opened.business_day,
        now=opened.settled_at,
        rules={"": RegionRule(datetime(2026, 1, 1, tzinfo=UTC))},
        personal=accounts,
        institutions={
            each.institution: RegisteredInstitution(number, each.kind, each.state) for number, each in by_number.items()
        },
        cards={each.card_no: _registered(each) for each in population.persons},
    )
    keys = [message_key(message.institution, message.message_id) for message in messages]
    books.originals = {key for key in map(original_key, messages) if key is not None}
    batch = assemble(messages, keys, books, opened)
    result = Expected({person_no: account.balance for person_no, account in accounts.items()})
    result.held.update({person_no: account.held for person_no, account in accounts.items()})
    for row in batch.settlements:
        result.recorded[row.institution, row.message_id] = Expectation(
            row.status, row.code, row.person_no, row.account_paid, row.cash_due
        )
    for moved in batch.transfers:
        result.received[by_account.get(moved.credit_account, "")] += moved.amount
        result.received[by_account.get(moved.debit_account, "")] -= moved.amount
    del result.received[""]
    for answer in batch.answers:
        status = "replayed" if answer.outcome.replayed else answer.outcome.status
        result.answers[status, answer.outcome.code] += 1
    return result


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_recount_agrees_with_the_services_own_core(seed: int) -> None:
    population = make_population(400, 60, seed)
    day = list(make_day(population, 20_000, seed))
    random.Random(seed).shuffle(day)  # so that some repeats and conflicts come first
    expected = expected_outcomes(population, day, today=date(2026, 3, 2))
    decoded = [decode(message.value) for message in day]
    decided = _decide_all(population, [message for message in decoded if isinstance(message, Message)])
    for malformed in decoded:
        if isinstance(malformed, Malformed):
            decided.answers["rejected" if malformed.answerable else "dead_letter", malformed.code] += 1
    decided.answers["dead_letter", ""] = sum(
        decided.answers.pop(answer) for answer in list(decided.answers) if answer[0] == "dead_letter"
    )
    assert expected.recorded == decided.recorded
    assert expected.balances == decided.balances
    assert expected.answers == decided.answers
    assert +expected.received == +decided.received
    assert +expected.held == +decided.held
