"""`medsettle cards` and `medsettle accounts`, each run as a process of its own."""

import asyncio
import os
import sys

import pytest
from app.database import Pool
from tests.builders import Database
from tests.card_desk import CITIZEN, RING, account_state, activate, issue, open_register

CARDS, ACCOUNTS = "app", "accounts"


@pytest.fixture
async def desk(pool: Pool) -> Pool:
    """The pool of a register with P1, who has the issued card Z1."""
    await open_register(pool)
    await issue(pool)
    return pool


async def command(database: Database, group: str, *arguments: str, typed: str = "") -> tuple[int | None, str]:
    """Exit code and what it said."""
    program = f"from app.commands.cards import {group} as group; group()"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", "-c", program, *arguments,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        env={**os.environ, "MEDSETTLE_DATABASE_URL": database.app_url, "MEDSETTLE_DATA_KEYS": RING},
    )  # fmt: skip
    said, _ = await asyncio.wait_for(process.communicate(f"{typed}\n".encode()), 60)
    return process.returncode, said.decode()


async def test_a_card_goes_through_its_life(desk: Pool, database: Database) -> None:
    by = ("Z1", "--operator", "clerk-1")
    code, said = await command(database, CARDS, "activate", *by, "--bank", "BANK01", typed=CITIZEN)
    assert (code, "card Z1 of P1: active" in said) == (0, True), said
    assert CITIZEN not in said
    assert await account_state(desk) == "normal"
    for expected in ("card Z1 of P1: temp_lost\n", "card Z1 of P1: temp_lost already\n"):
        assert expected in (await command(database, CARDS, "lose", *by))[1]
    assert "card Z1 of P1: active\n" in (await command(database, CARDS, "recover", *by))[1]
    code, said = await command(database, CARDS, "lose", *by, "--formal")
    assert (code, "--reference" in said) == (2, True)
    assert "card Z1 of P1: lost\n" in (await command(database, CARDS, "lose", *by, "--formal", "--reference", "R"))[1]
    new = ("--new-card-no", "Z2", "--card-sn", "SN2", "--medium", "contact", "--bank", "BANK01")
    dates = ("--issued-on", "2026-11-24", "--valid-to", "2036-11-24")
    said = (await command(database, CARDS, "replace", *by, *new, *dates, "--reason", "loss"))[1]
    assert "replaced by Z2" in said
    assert "card Z2 of P1: cancelled" in (await command(database, CARDS, "cancel", "Z2", "--operator", "clerk-1"))[1]
    assert "cancel: issued to cancelled, by clerk-1" in (await command(database, CARDS, "show", "Z2"))[1]


async def test_expiry_by_a_day(desk: Pool, database: Database) -> None:
    said = (await command(database, CARDS, "expire", "--operator", "nightly", "--day", "2036-01-02"))[1]
    assert said == "1 cards expired\n"
    assert await desk.fetchval("SELECT state FROM parties.cards") == "expired"


async def test_an_account_is_frozen_and_unfrozen(desk: Pool, database: Database) -> None:
    await activate(desk)
    because = ("P1", "--operator", "clerk-1", "--reason", "court order")
    for expected in ("account of P1: frozen\n", "account of P1: frozen already\n"):
        assert (await command(database, ACCOUNTS, "freeze", *because)) == (0, expected)
    assert (await command(database, ACCOUNTS, "unfreeze", *because)) == (0, "account of P1: normal\n")
