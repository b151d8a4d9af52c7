"""The first use of a card in the two channels in which a message activates it: at a hospital and at a pharmacy."""

import asyncio
from typing import Any

import orjson
import pytest
from app.codes import Code
from app.database import Pool
from app.settlement.messages import Card, Message, NamedCard
from app.settlement.publisher import encode
from app.settlement.records import Outcome
from app.settlement.rules import RuleBook
from app.settlement.settle import settle
from app.verify import verify
from tests.builders import (
    HOSPITAL,
    MIDNIGHT,
    PHARMACY,
    Database,
    add_card,
    add_institution,
    add_person,
    payment,
    registration,
)

NEW = Card("03", "NEW1", "SN1")
OLD = NamedCard("OLD1", "SN1")


@pytest.fixture
async def ledger(pool: Pool) -> Pool:
    """P1 has 10,000 fen on an account that waits for its first card, the card NEW1 issued and the old card OLD1."""
    await add_institution(pool, HOSPITAL)
    await add_institution(pool, PHARMACY, kind="pharmacy")
    await add_person(pool, "P1", balance=10_000, state="dormant")
    await add_card(pool, "NEW1", state="issued")
    await add_card(pool, "OLD1", kind="medical")
    await add_person(pool, "P2", balance=500)
    await add_card(pool, "OLD2", "P2", kind="medical")
    return pool


def at_pharmacy(**overrides: Any) -> Message:
    return registration(**{"institution": PHARMACY, "visit": None, "card": NEW, "old_card": OLD, **overrides})


async def outcome(pool: Pool, message: Message) -> Outcome:
    [answer] = (await settle(pool, [message], rules=RuleBook(MIDNIGHT))).answers
    return answer.outcome


async def states(pool: Pool) -> dict[str, str]:
    """The states of the cards and of the account of P1."""
    cards = await pool.fetch("SELECT card_no, state FROM parties.cards WHERE person_no = 'P1'")
    account = await pool.fetchval("SELECT state FROM ledger.accounts WHERE owner = 'P1'")
    return {"account": account, **{row["card_no"]: row["state"] for row in cards}}


UNTOUCHED = {"account": "dormant", "NEW1": "issued", "OLD1": "active"}


@pytest.mark.parametrize("visit", ["outpatient", "inpatient"])
async def test_a_registration_at_a_hospital_activates_the_card(ledger: Pool, visit: str) -> None:
    told = await outcome(ledger, registration(card=NEW, visit=visit))
    assert (told.status, told.code, told.card_activated, told.amount) == ("settled", "ok", True, 0)
    assert await states(ledger) == {"account": "normal", "NEW1": "active", "OLD1": "active"}
    [event] = await ledger.fetch("SELECT * FROM parties.card_events")
    assert (event["event"], event["from_state"], event["to_state"]) == ("activate", "issued", "active")
    assert (event["place"], event["actor"], event["reference"]) == (HOSPITAL, HOSPITAL, told.settlement_id)


async def test_the_old_card_and_then_the_new_one_at_a_pharmacy_activate_the_new_and_retire_the_old(
    ledger: Pool,
) -> None:
    told = await outcome(ledger, at_pharmacy())
    assert (told.status, told.card_activated) == ("settled", True)
    assert await states(ledger) == {"account": "normal", "NEW1": "active", "OLD1": "replaced"}
    assert await ledger.fetchval("SELECT replaced_by FROM parties.cards WHERE card_no = 'OLD1'") == "NEW1"
    assert await ledger.fetchval("SELECT activation_channel FROM parties.cards WHERE card_no = 'NEW1'") == "pharmacy"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (registration(card=NEW, institution=PHARMACY), Code.REGISTRATION_AT_PHARMACY),
        (at_pharmacy(institution=HOSPITAL), Code.OLD_CARD_AT_HOSPITAL),
        (at_pharmacy(old_card=NamedCard("NOWHERE")), Code.OLD_CARD_UNKNOWN),
        (at_pharmacy(old_card=NamedCard("OLD1", "OTHER")), Code.OLD_CARD_UNKNOWN),
        (at_pharmacy(old_card=NamedCard("OLD2")), Code.OLD_CARD_OF_ANOTHER_PERSON),
        (at_pharmacy(old_card=NamedCard("NEW1")), Code.OLD_CARD_NOT_USABLE),
        (at_pharmacy(card=Card("03", "NEW1", "OTHER")), Code.CARD_SN_MISMATCH),
        (at_pharmacy(person_no="P2"), Code.CARD_OF_ANOTHER_PERSON),
        (registration(card=NEW, institution="X00000000009"), Code.INSTITUTION_UNKNOWN),
        (registration(card=NEW, person_no="STRANGER"), Code.PERSON_UNKNOWN),
    ],
    ids=lambda value: value.value if isinstance(value, Code) else "",
)
async def test_any_other_way_is_refused_with_a_code_of_its_own_and_changes_nothing(
    ledger: Pool, message: Message, code: Code
) -> None:
    told = await outcome(ledger, message)
    assert (told.status, told.code, told.card_activated) == (
        "rejected" if code is Code.INSTITUTION_UNKNOWN else "declined", code, False,
    )  # fmt: skip
    assert await states(ledger) == UNTOUCHED
    assert await ledger.fetchval("SELECT count(*) FROM parties.card_events") == 0


@pytest.mark.parametrize("state", ["lost", "temp_lost", "replaced", "cancelled"])
async def test_an_old_card_that_is_no_longer_good_activates_nothing(ledger: Pool, state: str) -> None:
    await ledger.execute("UPDATE parties.cards SET state = $1 WHERE card_no = 'OLD1'", state)
    assert (await outcome(ledger, at_pharmacy())).code is Code.OLD_CARD_NOT_USABLE
    assert await states(ledger) == {**UNTOUCHED, "OLD1": state}


@pytest.mark.parametrize("state", ["lost", "temp_lost", "pin_locked", "replaced", "cancelled", "expired"])
async def test_a_card_that_is_not_merely_issued_is_not_activated(ledger: Pool, state: str) -> None:
    await ledger.execute("UPDATE parties.cards SET state = $1 WHERE card_no = 'NEW1'", state)
    told = await outcome(ledger, registration(card=NEW))
    assert (told.status, told.card_activated) == ("declined", False)
    assert await states(ledger) == {**UNTOUCHED, "NEW1": state}


async def test_a_payment_with_a_card_not_yet_active_is_declined(ledger: Pool) -> None:
    assert (await outcome(ledger, payment(card=NEW))).code is Code.CARD_NOT_ACTIVE
    assert await states(ledger) == UNTOUCHED


@pytest.mark.parametrize(
    "first_use", [{"visit": "outpatient"}, {"institution": PHARMACY, "old_card": OLD}], ids=["hospital", "pharmacy"]
)
async def test_a_payment_that_is_the_first_use_activates_and_pays(ledger: Pool, first_use: dict[str, Any]) -> None:
    told = await outcome(ledger, payment(card=NEW, amount=300, **first_use))
    assert (told.status, told.account_paid, told.card_activated) == ("settled", 300, True)
    assert (await states(ledger))["NEW1"] == "active"


async def test_a_payment_that_is_declined_activates_nothing(ledger: Pool) -> None:
    told = await outcome(ledger, payment(card=NEW, visit="outpatient", amount=10_001, short_balance="decline"))
    assert (told.code, told.card_activated) == (Code.INSUFFICIENT_FUNDS, False)
    assert await states(ledger) == UNTOUCHED


async def test_a_frozen_account_stays_frozen_when_its_card_is_activated(ledger: Pool) -> None:
    await ledger.execute("UPDATE ledger.accounts SET state = 'frozen' WHERE owner = 'P1'")
    assert (await outcome(ledger, registration(card=NEW))).card_activated
    assert (await states(ledger))["account"] == "frozen"
    assert (await outcome(ledger, payment(card=NEW))).code is Code.ACCOUNT_FROZEN


async def test_a_closed_account_has_no_first_use(ledger: Pool) -> None:
    await ledger.execute("UPDATE ledger.accounts SET state = 'closed' WHERE owner = 'P1'")
    assert (await outcome(ledger, registration(card=NEW))).code is Code.ACCOUNT_CLOSED
    assert (await states(ledger))["NEW1"] == "issued"


async def test_messages_behind_the_activation_in_one_batch_find_the_card_active(ledger: Pool) -> None:
    batch = [payment(card=NEW), at_pharmacy(), payment(card=NEW), at_pharmacy(message_id="AGAIN"), payment()]
    answers = (await settle(ledger, batch, rules=RuleBook(MIDNIGHT))).answers
    told = [(answer.outcome.code, answer.outcome.card_activated) for answer in answers]
    assert told == [("card_not_active", False), ("ok", True), ("ok", False), ("ok", False), ("ok", False)]


async def test_a_replay_tells_of_the_activation_too_and_does_not_repeat_it(ledger: Pool) -> None:
    message = at_pharmacy()
    first, second = await outcome(ledger, message), await outcome(ledger, message)
    assert orjson.loads(encode(second)) == {**orjson.loads(encode(first)), "replayed": True}
    assert await ledger.fetchval("SELECT count(*) FROM parties.card_events") == 2


async def test_another_visit_or_old_card_under_the_same_key_is_a_conflict(ledger: Pool) -> None:
    first = registration(card=NEW)
    await outcome(ledger, first)
    other = registration(message_id=first.message_id, card=NEW, visit=None, old_card=OLD)
    assert (await outcome(ledger, other)).differing_fields == ("old_card.card_no", "old_card.card_sn", "visit")


async def test_two_first_uses_at_once_activate_once(ledger: Pool) -> None:
    both = [registration(card=NEW), at_pharmacy(), registration(card=NEW), at_pharmacy()]
    told = await asyncio.gather(*(outcome(ledger, message) for message in both))
    assert sum(each.card_activated for each in told) == 1
    assert await ledger.fetchval("SELECT count(*) FROM parties.card_events WHERE event = 'activate'") == 1


async def test_the_ledger_with_first_uses_verifies(ledger: Pool, database: Database) -> None:
    await settle(
        ledger,
        [registration(card=NEW, metadata={"a": "b"}), at_pharmacy(), payment(card=NEW, amount=77)],
        rules=RuleBook(MIDNIGHT),
    )
    assert (await verify(database.app_url)).violations == []
