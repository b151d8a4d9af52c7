"""Activation through each channel as the register keeps it, and the debit application of a card."""

from datetime import date

import pytest
from app.codes import Code
from app.database import Pool, transaction
from app.parties import outlet
from app.parties.account_states import change_account
from app.parties.activation import Activation, record_activations
from tests.builders import HOSPITAL, PHARMACY, add_person
from tests.card_desk import (
    ANOTHER_CITIZEN,
    HERE,
    account_state,
    activate,
    change,
    events,
    issue,
    open_register,
    pay,
    refused,
    replace,
    stored,
    switch,
    switch_on,
)


@pytest.fixture
async def desk(pool: Pool) -> Pool:
    """The pool of a register with P1 and P2, whose accounts wait for their first cards."""
    return await open_register(pool)


# Activation at a bank


async def test_activation_wakes_the_account(desk: Pool) -> None:
    await issue(desk)
    assert await account_state(desk) == "dormant"
    assert await activate(desk)
    assert not await activate(desk)
    card = await stored(desk)
    assert (card.state, card.activation_channel) == ("active", "bank")
    assert card.activated_at is not None
    assert await account_state(desk) == "normal"
    assert await account_state(desk, "P2") == "dormant"
    assert await events(desk) == [("issue", "", "issued"), ("activate", "issued", "active")]
    last = await desk.fetchrow("SELECT * FROM parties.card_events ORDER BY event_id DESC LIMIT 1")
    assert last is not None
    assert (last["place"], last["actor"], last["reference"]) == HERE
    woken = await desk.fetchrow("SELECT * FROM parties.account_events ORDER BY event_id DESC LIMIT 1")
    assert woken is not None
    assert (woken["person_no"], woken["from_state"], woken["to_state"], woken["actor"]) == (
        "P1", "dormant", "normal", "clerk-1",
    )  # fmt: skip
    assert (await pay(desk)).status == "settled"


async def test_activation_needs_the_issuing_bank_and_the_holders_document(desk: Pool) -> None:
    await issue(desk)
    with refused(Code.WRONG_BANK):
        await activate(desk, bank="BANK02")
    with refused(Code.IDENTITY_MISMATCH):
        await activate(desk, citizen_no=ANOTHER_CITIZEN)
    with refused(Code.CARD_UNKNOWN):
        await activate(desk, "NONE")
    assert (await stored(desk)).state == "issued"
    assert await account_state(desk) == "dormant"


async def test_a_card_past_its_validity_is_not_activated(desk: Pool) -> None:
    await issue(desk)
    with refused(Code.ILLEGAL_TRANSITION, "validity has passed"):
        await activate(desk, today=date(2036, 1, 2))
    assert await activate(desk, today=date(2036, 1, 1))


async def test_a_frozen_account_stays_frozen_and_a_closed_one_refuses(desk: Pool) -> None:
    await issue(desk)
    await issue(desk, card_no="Y1", person_no="P2")
    async with transaction(desk) as connection:
        await change_account(connection, "P1", "freeze", operator="clerk-1", reason="court order")
        await change_account(connection, "P2", "close", operator="clerk-1", reason="moved away")
    assert await activate(desk)
    assert await account_state(desk) == "frozen"
    with refused(Code.ILLEGAL_TRANSITION, "closed"):
        await activate(desk, "Y1", citizen_no=ANOTHER_CITIZEN)
    async with transaction(desk) as connection:
        await change_account(connection, "P1", "unfreeze", operator="clerk-1", reason="order ended")
    assert await account_state(desk) == "normal"


@pytest.mark.parametrize("state", ["temp_lost", "lost", "pin_locked", "replaced", "cancelled", "expired"])
async def test_only_an_issued_card_is_activated(desk: Pool, state: str) -> None:
    await issue(desk)
    await desk.execute("UPDATE parties.cards SET state = $1", state)
    with refused(Code.ILLEGAL_TRANSITION, state):
        await activate(desk)


# Activations by messages, written down for many at once


async def test_activations_of_a_batch_are_written_down_together(desk: Pool) -> None:
    await add_person(desk, "P3", state="frozen")
    for place, person_no in enumerate(("P1", "P2", "P3"), start=1):
        await issue(desk, card_no=f"Z{place}", person_no=person_no)
    await issue(desk, card_no="M2", person_no="P2", kind="medical")
    async with transaction(desk) as connection:
        await record_activations(
            connection,
            [
                Activation("Z1", "P1", "hospital", HOSPITAL, "S1", None),
                Activation("Z2", "P2", "pharmacy", PHARMACY, "S2", "M2"),
                Activation("Z3", "P3", "hospital", HOSPITAL, "S3", None),
            ],
        )
        await record_activations(connection, [])
    found = [await stored(desk, card_no) for card_no in ("Z1", "Z2", "Z3", "M2")]
    assert [(card.state, card.activation_channel, card.replaced_by) for card in found] == [
        ("active", "hospital", None),
        ("active", "pharmacy", None),
        ("active", "hospital", None),
        ("replaced", None, "Z2"),
    ]
    assert [await account_state(desk, person) for person in ("P1", "P2", "P3")] == ["normal", "normal", "frozen"]
    told = await desk.fetch(
        "SELECT card_no, person_no, event, from_state, to_state, place, actor, reference FROM parties.card_events"
        " WHERE event <> 'issue' ORDER BY reference, card_no"
    )
    assert [tuple(row) for row in told] == [
        ("Z1", "P1", "activate", "issued", "active", HOSPITAL, HOSPITAL, "S1"),
        ("M2", "P2", "replace", "active", "replaced", PHARMACY, PHARMACY, "S2"),
        ("Z2", "P2", "activate", "issued", "active", PHARMACY, PHARMACY, "S2"),
        ("Z3", "P3", "activate", "issued", "active", HOSPITAL, HOSPITAL, "S3"),
    ]
    woken = await desk.fetch(
        "SELECT person_no, from_state, to_state, actor FROM parties.account_events WHERE event = 'activate'"
        " ORDER BY person_no"
    )
    assert [tuple(row) for row in woken] == [
        ("P1", "dormant", "normal", HOSPITAL),
        ("P2", "dormant", "normal", PHARMACY),
    ]


# The debit application


async def test_switching_debit_on_opens_an_account_at_the_bank_once(desk: Pool) -> None:
    await issue(desk)
    assert await switch_on(desk)  # apart from the social security application, which is not activated yet
    assert not await switch_on(desk)
    assert await switch(desk, "switch_off")
    assert not await switch(desk, "switch_off")
    assert await switch_on(desk)
    await activate(desk)
    await replace(desk, "damage")
    assert await switch_on(desk, "Z2")
    accounts = await desk.fetch(
        "SELECT a.owner, a.balance, a.state, a.bucket = p.bucket AS same_bucket FROM ledger.accounts AS a"
        " JOIN parties.persons AS p ON p.person_no = 'P1' WHERE a.kind = 'debit'"
    )
    assert [tuple(row) for row in accounts] == [("BANK01/P1", 0, "normal", True)]
    async with transaction(desk) as connection:
        with refused(Code.WRONG_BANK):
            await outlet.change_debit_application(connection, "Z2", "close", HERE._replace(place="BANK02"))
    assert await switch(desk, "close", "Z2")
    assert not await switch(desk, "close", "Z2")
    with refused(Code.ILLEGAL_TRANSITION, "closed"):
        await switch_on(desk, "Z2")


async def test_debit_is_in_cny_without_credit_at_the_bank_for_the_holder(desk: Pool) -> None:
    await issue(desk)
    with refused(Code.CREDIT_NOT_SUPPORTED):
        await switch_on(desk, credit=True)
    with refused(Code.CREDIT_NOT_SUPPORTED):
        await switch_on(desk, currency="USD")
    with refused(Code.WRONG_BANK):
        await switch_on(desk, bank="BANK02")
    with refused(Code.IDENTITY_MISMATCH):
        await switch_on(desk, citizen_no=ANOTHER_CITIZEN)
    await change(desk, "report_temporary_loss")
    with refused(Code.ILLEGAL_TRANSITION, "temp_lost"):
        await switch_on(desk)
    assert (await stored(desk)).debit_application == "off"
    assert await desk.fetchval("SELECT count(*) FROM ledger.accounts WHERE kind = 'debit'") == 0
