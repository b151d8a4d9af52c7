"""The commands of a clerk, each in a process of its own."""

import asyncio
import os
import sys
from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from app.codes import Code
from app.database import Pool
from app.ledger.business_days import BusinessDays
from tests.builders import MIDNIGHT, Database
from tests.card_desk import (
    ANOTHER_CITIZEN,
    CITIZEN,
    RING,
    account_state,
    activate,
    change,
    events,
    issue,
    open_register,
    pay,
    stored,
)

pytestmark = pytest.mark.processes

CLERK = ("--operator", "clerk-1")


class Ran(NamedTuple):
    exit_code: int | None
    said: str
    complained: str


@pytest.fixture
async def desk(pool: Pool) -> Pool:
    """P1 with a card that is issued and not activated."""
    await open_register(pool)
    await issue(pool)
    return pool


async def medsettle(database: Database, *words: str, typed: str = "") -> Ran:
    environment = {**os.environ, "MEDSETTLE_DATABASE_URL": database.app_url, "MEDSETTLE_DATA_KEYS": RING}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app", *words,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=environment,
    )  # fmt: skip
    said, complained = await process.communicate(typed.encode())
    return Ran(process.returncode, said.decode(), complained.decode())


async def test_a_card_is_activated_lost_recovered_and_shown(desk: Pool, database: Database) -> None:
    at_bank = ("cards", "activate", "Z1", "--bank", "BANK01", *CLERK)
    activated = await medsettle(database, *at_bank, typed=f"{CITIZEN}\n")
    assert (activated.exit_code, activated.complained) == (0, "")
    assert activated.said.startswith("card Z1 of P1: active\n")
    assert CITIZEN not in activated.said
    assert await account_state(desk) == "normal"

    lost = await medsettle(database, "cards", "lose", "Z1", *CLERK)
    assert lost.said.startswith("card Z1 of P1: temp_lost\n")
    assert (await pay(desk)).code == Code.CARD_LOST
    again = await medsettle(database, "cards", "lose", "Z1", *CLERK)
    assert (again.exit_code, again.said.splitlines()[0]) == (0, "card Z1 of P1: temp_lost already")
    await medsettle(database, "cards", "recover", "Z1", *CLERK)

    shown = await medsettle(database, "cards", "show", "Z1")
    first, *_, last = shown.said.splitlines()
    assert first == "card Z1 of P1: active"
    assert last.endswith("recover: temp_lost to active, by clerk-1")
    assert [event for event, _, _ in await events(desk)] == ["issue", "activate", "report_temporary_loss", "recover"]


async def test_what_is_refused_is_said_without_what_was_typed(desk: Pool, database: Database) -> None:
    at_bank = ("cards", "activate", "Z1", "--bank", "BANK01", *CLERK)
    refused = await medsettle(database, *at_bank, typed=f"{ANOTHER_CITIZEN}\n")
    assert refused == Ran(1, "", "medsettle: The identity document is not the card holder's.\n")
    unknown = await medsettle(database, "cards", "cancel", "Z9", *CLERK)
    assert unknown == Ran(1, "", "medsettle: No card has this number.\n")
    nameless = await medsettle(database, "cards", "cancel", "Z1", "--operator", "")
    assert nameless.exit_code == 2
    assert "operator" in nameless.complained
    unwritten = await medsettle(database, "cards", "lose", "Z1", "--formal", *CLERK)
    assert unwritten.exit_code == 2
    assert (await stored(desk)).state == "issued"


async def test_a_lost_card_is_replaced_and_the_new_one_cancelled(desk: Pool, database: Database) -> None:
    await change(desk, "report_loss")
    words = (
        "cards", "replace", "Z1", "--new-card-no", "Z2", "--card-sn", "SN2", "--medium", "contact", "--bank", "BANK01",
        "--issued-on", "2026-11-01", "--reason", "loss", *CLERK, "--valid-to",
    )  # fmt: skip
    assert (await medsettle(database, *words, "2026-10-31")).exit_code == 2
    replaced = await medsettle(database, *words, "2036-11-01")
    assert replaced.said.startswith("card Z1 of P1: replaced\n")
    assert "  replaced by Z2\n" in replaced.said
    await medsettle(database, "cards", "cancel", "Z2", *CLERK)
    assert (await stored(desk, "Z2")).state == "cancelled"


async def test_expired_cards_are_swept(desk: Pool, database: Database) -> None:
    assert (await medsettle(database, "cards", "expire", *CLERK)).said == "0 cards expired\n"
    assert (await medsettle(database, "cards", "expire", *CLERK, "--day", "2036-01-02")).said == "1 cards expired\n"
    assert (await stored(desk)).state == "expired"


async def test_an_account_is_frozen_and_unfrozen(desk: Pool, database: Database) -> None:
    await activate(desk, today=BusinessDays(MIDNIGHT).by_clock(datetime.now(UTC)))
    because = ("P1", *CLERK, "--reason", "court order 7")
    frozen = await medsettle(database, "accounts", "freeze", *because)
    assert frozen == Ran(0, "account of P1: frozen\n", "")
    assert (await pay(desk)).code == Code.ACCOUNT_FROZEN
    assert (await medsettle(database, "accounts", "freeze", *because)).said == "account of P1: frozen already\n"
    assert (await medsettle(database, "accounts", "unfreeze", *because)).said == "account of P1: normal\n"


async def test_a_person_gets_a_card_with_both_applications(desk: Pool, database: Database) -> None:
    person = ("persons", "register", "P9", "--status", "employed", *CLERK)
    registered = await medsettle(database, *person, typed="999999198501010026\nSome Body\n")
    assert (registered.exit_code, registered.complained) == (0, "")
    assert "999999198501010026" not in registered.said
    assert "Some Body" not in registered.said
    found = await medsettle(database, "persons", "find", typed="999999198501010026\n")
    assert found.said == "P9\n"
    issued = await medsettle(
        database, "cards", "issue", "Z9", "--person-no", "P9", "--card-sn", "SN9", "--medium", "contact",
        "--bank", "BANK01", "--issued-on", "2026-01-01", "--valid-to", "2036-01-01", *CLERK,
    )  # fmt: skip
    assert issued.said.startswith("card Z9 of P9: issued\n")
    debit = ("cards", "debit", "Z9", "switch_on", "--bank", "BANK01", *CLERK)
    assert "debit application: on" in (await medsettle(database, *debit, typed="999999198501010026\n")).said
    refused = await medsettle(database, *debit, typed=f"{CITIZEN}\n")
    assert (refused.exit_code, CITIZEN in refused.complained) == (1, False)
    await medsettle(database, "cards", "activate", "Z9", "--bank", "BANK01", *CLERK, typed="999999198501010026\n")
    assert ": pin_locked" in (await medsettle(database, "cards", "lock-pin", "Z9", *CLERK)).said
    unlock = ("cards", "unlock-pin", "Z9", "--verified-by", "terminal 7", "--reference", "U-1", *CLERK)
    assert ": active" in (await medsettle(database, *unlock)).said


async def test_a_grant_is_made_listed_and_ended(desk: Pool, database: Database) -> None:
    made = await medsettle(database, "grants", "authorise", "P1", "P2", "--relation", "spouse", *CLERK)
    assert (made.exit_code, made.complained) == (0, "")
    listed = await medsettle(database, "grants", "list", "P1")
    assert listed.said == made.said
    number = made.said.split()[1].rstrip(":")
    assert (await medsettle(database, "grants", "unbind", number, *CLERK)).said.endswith(", ended\n")
    assert (await medsettle(database, "grants", "list", "P1")).said == "no open grant\n"
