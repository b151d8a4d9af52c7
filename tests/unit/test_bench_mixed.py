"""The bench's mixed profile: its shares, and that every message gets the status that its maker knows."""

from collections import Counter
from datetime import UTC, date, datetime

import orjson
import pytest
from app.ledger.accounts import Account
from app.ledger.journal import OpenBatch
from app.parties.card_check import RegisteredCard
from app.settlement.batch import assemble
from app.settlement.books import Books, RegisteredInstitution
from app.settlement.decoding import decode
from app.settlement.messages import Message, message_key, original_key
from app.settlement.rules import RegionRule
from loadtests.bench.mixed import DEBIT_EVERY, DECK_SIZE, MixedMaker
from loadtests.bench.payments import (
    INSTITUTIONS,
    OPENING_FEN,
    PaymentMaker,
    Transaction,
    card_no,
    card_sn,
    debit_card_no,
    institution_code,
    number_of,
    person_no,
)

PERSONS = range(500)
MESSAGES = 60_000
NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
TODAY, VALID_TO = date(2026, 3, 2), date(2040, 1, 1)


@pytest.fixture(scope="module")
def made() -> list[Transaction]:
    return list(MixedMaker(PaymentMaker(1), PERSONS, seed=1).transactions(MESSAGES))


def test_the_shares_are_those_of_the_table(made: list[Transaction]) -> None:
    steady = made[MESSAGES - 100 * DECK_SIZE :]
    seen = {transaction.number for transaction in made[: MESSAGES - 100 * DECK_SIZE]}
    counts: Counter[str] = Counter()
    for transaction in steady:
        counts["repeat" if transaction.number in seen else transaction.kind] += 1
        seen.add(transaction.number)
    shares = {kind: 100 * count / len(steady) for kind, count in counts.items()}
    assert shares == pytest.approx(
        {
            "payment": 60, "authorization": 10, "capture": 9, "void": 2, "refund": 6, "reversal": 4,
            "registration": 3, "purchase": 3, "repeat": 3,
        },
        abs=0.1,
    )  # fmt: skip
    assert sum(shares.values()) == pytest.approx(100)


def test_numbers_are_those_of_the_message_ids_and_new(made: list[Transaction]) -> None:
    assert all(number_of(orjson.loads(each.value)["message_id"]) == each.number for each in made)
    by_number = {each.number: each.value for each in made}
    assert all(by_number[each.number] == each.value for each in made)  # a repeat is the same message
    maker = PaymentMaker(1)
    before = {each.number for each in maker.payments(1_000, PERSONS)}
    assert before.isdisjoint(each.number for each in MixedMaker(maker, PERSONS, seed=1).transactions(1_000))


def test_the_same_arguments_make_the_same_messages() -> None:
    def fields(seed: int) -> list[object]:
        made = MixedMaker(PaymentMaker(seed), PERSONS, seed).transactions(20_000)
        return [{**orjson.loads(each.value), "occurred_at": None} for each in made]

    assert fields(1) == fields(1) != fields(2)


def test_every_message_gets_the_status_that_is_known_of_it(made: list[Transaction]) -> None:
    """By the service's own pure core, all as one batch."""
    messages = [message for message in (decode(each.value) for each in made) if isinstance(message, Message)]
    assert len(messages) == MESSAGES
    keys = [message_key(message.institution, message.message_id) for message in messages]
    books = _books()
    books.originals = {key for key in map(original_key, messages) if key is not None}
    answers = assemble(messages, keys, books, OpenBatch(1024, b"", NOW, TODAY)).answers
    assert [answer.status for answer in answers] == [each.status for each in made]
    late = {answer.code for answer in answers if answer.status == "declined"}
    assert late == {"reversed_before_arrival"}
    assert {answer.code for answer in answers if answer.status == "reversed"} == {"ok", "original_not_found"}


def _books() -> Books:
    holders = PERSONS[::DEBIT_EVERY]
    cards = [
        RegisteredCard(card_no(n), person_no(n), card_sn(n), "active", VALID_TO, "social_security") for n in PERSONS
    ]
    cards += [
        RegisteredCard(
            debit_card_no(n), person_no(n), card_sn(n), "active", VALID_TO, "social_security", "102", "on"
        )
        for n in holders
    ]  # fmt: skip
    return Books(
        business_day=TODAY,
        now=NOW,
        rules={"": RegionRule(datetime(2026, 1, 1, tzinfo=UTC))},
        personal={person_no(n): _account(person_no(n), "personal", 10_000 + n) for n in PERSONS},
        debit={f"102/{person_no(n)}": _account(f"102/{person_no(n)}", "debit", 20_000 + n) for n in holders},
        institutions={
            institution_code(n): RegisteredInstitution(100 + n, "hospital", "active") for n in range(INSTITUTIONS)
        },
        cards={card.card_no: card for card in cards},
    )


def _account(owner: str, kind: str, number: int) -> Account:
    return Account(owner, kind, number, OPENING_FEN, 0, 0, 0, "normal", 0, 2026, "")
