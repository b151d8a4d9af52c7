"""Cards in the register: issued, lost, recovered, replaced, cancelled, expired."""

from datetime import date

import pytest
from app.codes import Code
from app.database import Pool
from app.parties import cards
from app.parties.cards import ReplacementReason
from app.settlement.rules import RuleBook
from app.settlement.settle import settle
from tests.builders import MIDNIGHT, add_card, contribution
from tests.card_desk import (
    TODAY,
    activate,
    change,
    events,
    issue,
    new_card,
    open_register,
    pay,
    refused,
    replace,
    stored,
    switch_on,
)


@pytest.fixture
async def desk(pool: Pool) -> Pool:
    """The pool of a register with P1 and P2, whose accounts wait for their first cards."""
    return await open_register(pool)


# Issue


async def test_a_card_is_issued_once_and_waits_for_its_activation(desk: Pool) -> None:
    assert await issue(desk)
    assert not await issue(desk)
    card = await stored(desk)
    assert card[:8] == new_card()
    assert (card.state, card.debit_application, card.activated_at) == ("issued", "off", None)
    assert await events(desk) == [("issue", "", "issued")]
    assert (await pay(desk)).code == Code.CARD_NOT_ACTIVE


@pytest.mark.parametrize(
    "other", [{"card_sn": "SN9"}, {"medium": "contact"}, {"bank": "BANK02"}, {"person_no": "P2"}, {"kind": "medical"}]
)
async def test_a_number_is_issued_with_one_content(desk: Pool, other: dict[str, str]) -> None:
    await issue(desk)
    with refused(Code.CARD_EXISTS, next(iter(other))):
        await issue(desk, **other)


async def test_a_card_needs_its_person(desk: Pool) -> None:
    with refused(Code.PERSON_UNKNOWN):
        await issue(desk, person_no="STRANGER")


@pytest.mark.parametrize("state", ["issued", "active", "temp_lost", "lost", "pin_locked"])
async def test_a_second_card_comes_by_replacement_alone(desk: Pool, state: str) -> None:
    await add_card(desk, "Z0", "P1", state=state)
    with refused(Code.ILLEGAL_TRANSITION, state):
        await issue(desk)


@pytest.mark.parametrize("state", ["replaced", "cancelled", "expired"])
async def test_a_card_at_its_end_leaves_room_for_a_new_one(desk: Pool, state: str) -> None:
    await add_card(desk, "Z0", "P1", state=state)
    assert await issue(desk)


async def test_an_old_medical_card_is_active_at_once_and_stands_beside(desk: Pool) -> None:
    assert await issue(desk)
    assert await issue(desk, card_no="M1", kind="medical")
    assert (await stored(desk, "M1")).state == "active"
    with refused(Code.ILLEGAL_TRANSITION, "no application to activate"):
        await activate(desk, "M1")
    with refused(Code.ILLEGAL_TRANSITION, "no debit application"):
        await switch_on(desk, "M1")
    assert await change(desk, "cancel", "M1")
    assert await events(desk, "M1") == [("issue", "", "active"), ("cancel", "active", "cancelled")]


# Loss and recovery


@pytest.mark.parametrize("loss", ["report_temporary_loss", "report_loss"])
async def test_a_lost_card_pays_nothing_until_it_is_recovered(desk: Pool, loss: str) -> None:
    await issue(desk)
    await activate(desk)
    await switch_on(desk)
    assert await change(desk, loss)
    assert not await change(desk, loss)
    assert (await pay(desk)).code == Code.CARD_LOST
    assert (await stored(desk)).debit_application == "on"
    assert await change(desk, "recover")
    assert not await change(desk, "recover")
    card = await stored(desk)
    assert (card.state, card.debit_application, card.state_before_loss) == ("active", "on", None)
    assert (await pay(desk)).status == "settled"


@pytest.mark.parametrize("before", ["issued", "active", "pin_locked"])
async def test_a_recovery_restores_what_stood_before_both_losses(desk: Pool, before: str) -> None:
    await issue(desk)
    if before != "issued":
        await activate(desk)
    if before == "pin_locked":
        await change(desk, "lock_pin")
    await change(desk, "report_temporary_loss")
    await change(desk, "report_loss")
    assert (await stored(desk)).state_before_loss == before
    await change(desk, "recover")
    assert (await stored(desk)).state == before
    assert (await events(desk))[-3:] == [
        ("report_temporary_loss", before, "temp_lost"),
        ("report_loss", "temp_lost", "lost"),
        ("recover", "lost", before),
    ]


async def test_money_of_earlier_payments_is_not_touched_by_loss(desk: Pool) -> None:
    await issue(desk)
    await activate(desk)
    await change(desk, "report_loss")
    settled = await settle(desk, [contribution("P1", 500)], rules=RuleBook(MIDNIGHT))
    assert settled.answers[0].outcome.status == "settled"


async def test_a_locked_pin_stops_payments_until_it_is_unlocked(desk: Pool) -> None:
    await issue(desk)
    with refused(Code.ILLEGAL_TRANSITION, "issued"):
        await change(desk, "lock_pin")
    await activate(desk)
    assert await change(desk, "lock_pin")
    assert not await change(desk, "lock_pin")
    assert (await pay(desk)).code == Code.CARD_PIN_LOCKED
    assert await change(desk, "unlock_pin")
    assert not await change(desk, "unlock_pin")
    assert (await pay(desk)).status == "settled"


async def test_an_unknown_card_is_not_changed(desk: Pool) -> None:
    with refused(Code.CARD_UNKNOWN):
        await change(desk, "cancel", "NONE")


# Replacement and cancellation


@pytest.mark.parametrize("reason", ["damage", "same_generation", "new_generation"])
async def test_a_card_is_replaced_by_a_new_one(desk: Pool, reason: ReplacementReason) -> None:
    await issue(desk)
    await activate(desk)
    await switch_on(desk)
    assert await replace(desk, reason)
    assert not await replace(desk, reason)
    old, new = await stored(desk), await stored(desk, "Z2")
    assert (old.state, old.replaced_by, old.debit_application) == ("replaced", "Z2", "closed")
    assert (new.person_no, new.state, new.debit_application) == ("P1", "issued", "off")
    assert (await events(desk))[-2:] == [("replace", "active", "replaced"), ("close", "on", "closed")]
    assert (await pay(desk)).code == Code.CARD_REPLACED
    await activate(desk, "Z2")
    assert (await pay(desk, "Z2")).status == "settled"


async def test_a_lost_card_is_replaced_after_the_formal_report(desk: Pool) -> None:
    await issue(desk)
    await activate(desk)
    with refused(Code.ILLEGAL_TRANSITION, "active does not allow replace for loss"):
        await replace(desk, "loss")
    await change(desk, "report_temporary_loss")
    with refused(Code.ILLEGAL_TRANSITION, "temp_lost"):
        await replace(desk, "loss")
    await change(desk, "report_loss")
    with refused(Code.ILLEGAL_TRANSITION, "lost does not allow replace for damage"):
        await replace(desk, "damage")
    assert await replace(desk, "loss")
    reference = await desk.fetchval("SELECT reference FROM parties.card_events WHERE event = 'replace'")
    assert reference == "loss R-1"


async def test_a_replacement_that_is_refused_leaves_the_old_card_as_it_was(desk: Pool) -> None:
    await issue(desk)
    await issue(desk, card_no="Y1", person_no="P2")
    await activate(desk)
    for taken in ("Y1", "Z1"):
        with refused(Code.CARD_EXISTS):
            await replace(desk, "damage", card_no=taken)
    assert (await stored(desk)).state == "active"
    assert await replace(desk, "damage")
    with refused(Code.ILLEGAL_TRANSITION, "by another card"):
        await replace(desk, "damage", card_no="Z3")
    with refused(Code.CARD_EXISTS, "card_sn"):
        await replace(desk, "damage", card_sn="SN3")


async def test_cancelling_closes_the_debit_application(desk: Pool) -> None:
    await issue(desk)
    assert await change(desk, "cancel")
    assert not await change(desk, "cancel")
    assert (await stored(desk)).debit_application == "closed"
    assert (await events(desk))[-2:] == [("cancel", "issued", "cancelled"), ("close", "off", "closed")]
    assert (await pay(desk)).code == Code.CARD_CANCELLED


# Expiry


async def test_the_sweep_expires_what_is_past_its_validity(desk: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cards, "_SWEEP_CARDS", 3)  # several batches
    states = ["issued", "active", "temp_lost", "lost", "pin_locked", "replaced", "cancelled", "expired"]
    for place, state in enumerate(states):
        await add_card(desk, f"C{place}", "P1", state=state)
        await add_card(desk, f"D{place}", "P2", state=state)
    await desk.execute("UPDATE parties.cards SET valid_to = $1 WHERE card_no LIKE 'C%'", date(2026, 11, 23))
    await desk.execute("UPDATE parties.cards SET valid_to = $1 WHERE card_no LIKE 'D%'", TODAY)
    assert await cards.expire_cards(desk, TODAY, operator="nightly") == 5
    assert await cards.expire_cards(desk, TODAY, operator="nightly") == 0
    found = await desk.fetch("SELECT card_no, state FROM parties.cards ORDER BY card_no")
    ended = ["expired"] * 5 + states[5:]
    assert [row["state"] for row in found] == ended + states
    told = await desk.fetch("SELECT from_state, to_state, actor FROM parties.card_events ORDER BY card_no")
    assert [tuple(row) for row in told] == [(state, "expired", "nightly") for state in states[:5]]
