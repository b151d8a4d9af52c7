"""The commands of a clerk, each in a process of its own."""

from datetime import UTC, datetime
from subprocess import CompletedProcess

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
from tests.commands import medsettle

CLERK = ("--operator", "clerk-1")


@pytest.fixture
async def desk(pool: Pool) -> Pool:
    """P1 with a card that is issued and not activated."""
    await open_register(pool)
    await issue(pool)
    return pool


def command(database: Database, *words: str, typed: str = "") -> CompletedProcess[str]:
    return medsettle(*words, on=database, typed=typed, MEDSETTLE_DATA_KEYS=RING)


def left(done: CompletedProcess[str]) -> tuple[int, str, str]:
    return done.returncode, done.stdout, done.stderr


async def test_a_card_is_activated_lost_recovered_and_shown(desk: Pool, database: Database) -> None:
    at_bank = ("cards", "activate", "Z1", "--bank", "BANK01", *CLERK)
    activated = command(database, *at_bank, typed=f"{CITIZEN}\n")
    assert (activated.returncode, activated.stderr) == (0, "")
    assert activated.stdout.startswith("card Z1 of P1: active\n")
    assert CITIZEN not in activated.stdout
    assert await account_state(desk) == "normal"

    lost = command(database, "cards", "lose", "Z1", *CLERK)
    assert lost.stdout.startswith("card Z1 of P1: temp_lost\n")
    assert (await pay(desk)).code == Code.CARD_LOST
    again = command(database, "cards", "lose", "Z1", *CLERK)
    assert (again.returncode, again.stdout.splitlines()[0]) == (0, "card Z1 of P1: temp_lost already")
    command(database, "cards", "recover", "Z1", *CLERK)

    shown = command(database, "cards", "show", "Z1")
    first, *_, last = shown.stdout.splitlines()
    assert first == "card Z1 of P1: active"
    assert last.endswith("recover: temp_lost to active, by clerk-1")
    assert [event for event, _, _ in await events(desk)] == ["issue", "activate", "report_temporary_loss", "recover"]


async def test_what_is_refused_is_said_without_what_was_typed(desk: Pool, database: Database) -> None:
    at_bank = ("cards", "activate", "Z1", "--bank", "BANK01", *CLERK)
    refused = command(database, *at_bank, typed=f"{ANOTHER_CITIZEN}\n")
    assert left(refused) == (1, "", "medsettle: The identity document is not the card holder's.\n")
    unknown = command(database, "cards", "cancel", "Z9", *CLERK)
    assert left(unknown) == (1, "", "medsettle: No card has this number.\n")
    nameless = command(database, "cards", "cancel", "Z1", "--operator", "")
    assert nameless.returncode == 2
    assert "operator" in nameless.stderr
    unwritten = command(database, "cards", "lose", "Z1", "--formal", *CLERK)
    assert unwritten.returncode == 2
    assert (await stored(desk)).state == "issued"


async def test_a_lost_card_is_replaced_and_the_new_one_cancelled(desk: Pool, database: Database) -> None:
    await change(desk, "report_loss")
    words = (
        "cards", "replace", "Z1", "--new-card-no", "Z2", "--card-sn", "SN2", "--medium", "contact", "--bank", "BANK01",
        "--issued-on", "2026-11-01", "--reason", "loss", *CLERK, "--valid-to",
    )  # fmt: skip
    assert command(database, *words, "2026-10-31").returncode == 2
    replaced = command(database, *words, "2036-11-01")
    assert replaced.stdout.startswith("card Z1 of P1: replaced\n")
    assert "  replaced by Z2\n" in replaced.stdout
    command(database, "cards", "cancel", "Z2", *CLERK)
    assert (await stored(desk, "Z2")).state == "cancelled"


async def test_expired_cards_are_swept(desk: Pool, database: Database) -> None:
    assert command(database, "cards", "expire", *CLERK).stdout == "0 cards expired\n"
    assert command(database, "cards", "expire", *CLERK, "--day", "2036-01-02").stdout == "1 cards expired\n"
    assert (await stored(desk)).state == "expired"


async def test_an_account_is_frozen_and_unfrozen(desk: Pool, database: Database) -> None:
    await activate(desk, today=BusinessDays(MIDNIGHT).by_clock(datetime.now(UTC)))
    because = ("P1", *CLERK, "--reason", "court order 7")
    frozen = command(database, "accounts", "freeze", *because)
    assert left(frozen) == (0, "account of P1: frozen\n", "")
    assert (await pay(desk)).code == Code.ACCOUNT_FROZEN
    assert command(database, "accounts", "freeze", *because).stdout == "account of P1: frozen already\n"
    assert command(database, "accounts", "unfreeze", *because).stdout == "account of P1: normal\n"


async def test_a_person_gets_a_card_with_both_applications(desk: Pool, database: Database) -> None:
    person = ("persons", "register", "P9", "--status", "employed", *CLERK)
    registered = command(database, *person, typed="999999198501010026\nSome Body\n")
    assert (registered.returncode, registered.stderr) == (0, "")
    assert "999999198501010026" not in registered.stdout
    assert "Some Body" not in registered.stdout
    found = command(database, "persons", "find", typed="999999198501010026\n")
    assert found.stdout == "P9\n"
    issued = command(
        database, "cards", "issue", "Z9", "--person-no", "P9", "--card-sn", "SN9", "--medium", "contact",
        "--bank", "BANK01", "--issued-on", "2026-01-01", "--valid-to", "2036-01-01", *CLERK,
    )  # fmt: skip
    assert issued.stdout.startswith("card Z9 of P9: issued\n")
    debit = ("cards", "debit", "Z9", "switch_on", "--bank", "BANK01", *CLERK)
    assert "debit application: on" in command(database, *debit, typed="999999198501010026\n").stdout
    refused = command(database, *debit, typed=f"{CITIZEN}\n")
    assert (refused.returncode, CITIZEN in refused.stderr) == (1, False)
    command(database, "cards", "activate", "Z9", "--bank", "BANK01", *CLERK, typed="999999198501010026\n")
    assert ": pin_locked" in command(database, "cards", "lock-pin", "Z9", *CLERK).stdout
    unlock = ("cards", "unlock-pin", "Z9", "--verified-by", "terminal 7", "--reference", "U-1", *CLERK)
    assert ": active" in command(database, *unlock).stdout


async def test_a_grant_is_made_listed_and_ended(desk: Pool, database: Database) -> None:
    made = command(database, "grants", "authorise", "P1", "P2", "--relation", "spouse", *CLERK)
    assert (made.returncode, made.stderr) == (0, "")
    listed = command(database, "grants", "list", "P1")
    assert listed.stdout == made.stdout
    number = made.stdout.split()[1].rstrip(":")
    assert command(database, "grants", "unbind", number, *CLERK).stdout.endswith(", ended\n")
    assert command(database, "grants", "list", "P1").stdout == "no open grant\n"
