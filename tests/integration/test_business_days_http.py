"""Business days over HTTP, by command, and sealed by the scheduler alone."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from app.clearing.filing import file_cut_off, file_netting_rule
from app.clearing.positions import read_positions
from app.database import Pool
from app.embedded.ports import free_port
from app.errors import UsageError
from app.ledger.business_days import CutOff
from app.settlement.rules import RuleBook
from tests.builders import HOSPITAL, MIDNIGHT, PHARMACY, Database, payment
from tests.clearing_days import LATE, balance_of, open_places, positions, post_yesterday, seal, today, yesterday
from tests.commands import medsettle, running
from tests.harness import eventually


async def test_the_open_day_is_shown_and_not_sealed(client: httpx.AsyncClient, person: str) -> None:
    shown = (await client.get(f"/v1/business-days/{today()}")).json()
    assert (shown["state"], shown["totals"]) == ("open", None)
    refused = await client.post(f"/v1/business-days/{today()}/seal")
    assert (refused.status_code, refused.json()["code"]) == (409, "day_not_over")


async def test_an_open_day_has_no_positions_yet(client: httpx.AsyncClient, person: str) -> None:
    shown = (await client.get(f"/v1/business-days/{today()}/positions")).json()
    assert shown == {"positions": [], "next_after": None}


async def test_positions_are_paged(pool: Pool, database: Database) -> None:
    await open_places(pool)
    await post_yesterday(pool, payment(amount=3_000), payment(institution=PHARMACY, amount=70))
    await seal(database)
    async with pool.acquire() as connection:
        [first] = await read_positions(connection, yesterday(), limit=1)
        [second] = await read_positions(connection, yesterday(), after=first.institution, limit=1)
        assert await read_positions(connection, yesterday(), after=second.institution) == []
    assert (first.institution, first.paid, second.institution, second.paid) == (HOSPITAL, 3_000, PHARMACY, 70)


async def test_a_preview_counts_what_was_settled(client: httpx.AsyncClient, person: str) -> None:
    before = (await client.post(f"/v1/business-days/{today()}/preview")).json()
    body = {
        "institution": HOSPITAL, "message_id": f"D-{person}", "kind": "payment", "person_no": person, "amount": 77,
        "card": {"cert_type": "01"},
    }  # fmt: skip
    assert (await client.post("/v1/transactions", json=body)).status_code == 201
    after = (await client.post(f"/v1/business-days/{today()}/preview")).json()
    assert after["totals"]["debits"] - before["totals"]["debits"] == 77
    assert after["is_over"] is False


@pytest.mark.parametrize(
    ("day", "status"),
    [("2000-01-01", 404), ("2999-01-01", 404), ("9999-12-31", 422), ("0001-01-01", 422), ("tomorrow", 422)],
)
async def test_a_day_that_is_not_there_is_said(client: httpx.AsyncClient, day: str, status: int) -> None:
    response = await client.get(f"/v1/business-days/{day}")
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


async def test_a_day_is_sealed_by_command(pool: Pool, database: Database) -> None:
    await open_places(pool)
    await post_yesterday(pool, payment(amount=3_000))
    seen = medsettle("seal", "--preview", on=database)
    assert f"{yesterday()}, over: 3 rows in 3 batches; 1 debits of 30.00 yuan" in seen.stdout
    done = medsettle("seal", on=database)
    assert f"{yesterday()} is sealed: 3 rows in 3 batches; 1 debits of 30.00 yuan, 0 refunds" in done.stdout
    again = medsettle("seal", str(yesterday()), on=database)
    assert again.stdout == done.stdout
    nothing = medsettle("seal", on=database)
    assert nothing.returncode == 1
    assert "No business day is over" in nothing.stderr


async def test_a_payee_is_changed_by_command_and_the_change_is_kept(pool: Pool, database: Database) -> None:
    await open_places(pool)
    words = ("clearing", "payee", HOSPITAL, "--name", "某医院", "--account", "62001", "--operator", "c1")
    assert medsettle(*words, on=database).returncode == 0
    kept = await pool.fetchrow("SELECT institution, payee_name, payee_account, actor FROM parties.payee_changes")
    assert tuple(kept or ()) == (HOSPITAL, "某医院", "62001", "c1")
    assert medsettle(*words[:4], "a|b", *words[5:], on=database).returncode == 1
    unknown = medsettle("clearing", "payee", "X00000000009", *words[3:], on=database)
    assert "No designated institution" in unknown.stderr


async def test_schedulers_seal_a_day_that_is_over_once(pool: Pool, database: Database) -> None:
    await open_places(pool)
    await post_yesterday(pool, payment(amount=3_000))

    async def sealed_and_both_there() -> bool:
        """Before it begins, a process may be ended by any signal."""
        return bool(
            await pool.fetchval(
                "SELECT EXISTS (SELECT FROM clearing.business_days WHERE state = 'sealed') AND ("
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'medsettle seal'"
                " AND datname = current_database()) = 2"
            )
        )

    with running("scheduler", on=database) as one, running("scheduler", on=database) as other:
        await eventually(sealed_and_both_there)
        assert [one.stop(), other.stop()] == [0, 0]
    assert (await positions(pool))[HOSPITAL]["paid"] == 3_000
    assert await balance_of(pool, "BANK01", "bank") == 3_000


async def test_a_seal_that_the_journal_stops_is_told_by_a_metric_until_it_is_mended(
    pool: Pool, owner: Any, database: Database
) -> None:
    await open_places(pool)
    await post_yesterday(pool, payment(amount=3_000))
    await owner.execute("UPDATE ledger.transfers SET amount = 3001 WHERE amount = 3000")
    port = free_port()

    async def broken() -> str | None:
        async with httpx.AsyncClient() as client:
            try:
                told = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
            except httpx.TransportError:
                return None
        [value] = [line.split()[1] for line in told.splitlines() if line.startswith("medsettle_seal_broken ")]
        return value

    async def told() -> bool:
        return await broken() == "1.0"

    async def mended() -> bool:
        return await broken() == "0.0"

    with running("scheduler", on=database, MEDSETTLE_SCHEDULER_METRICS_PORT=str(port)):
        await eventually(told)
        assert await pool.fetchval("SELECT state FROM clearing.business_days") == "sealing"
        await owner.execute("UPDATE ledger.transfers SET amount = 3000 WHERE amount = 3001")
        await eventually(mended)
        assert await pool.fetchval("SELECT state FROM clearing.business_days") != "sealing"


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "1899-12-31"])
async def test_a_day_that_no_ledger_has_is_refused_by_command(database: Database, day: str) -> None:
    for words in (("seal", day), ("seal", "--preview", day)):
        refused = medsettle(*words, on=database)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr == "medsettle: No business day lies there: name one of the years 1900 to 2999.\n"


# What is filed


async def test_a_cut_off_is_filed_ahead_and_every_rule_book_knows_it(pool: Pool) -> None:
    first = today() + timedelta(days=2)
    await file_cut_off(pool, CutOff(first, LATE), clerk="c1")
    days = (await RuleBook(MIDNIGHT).read(pool)).days  # type: ignore[arg-type]
    assert days.begin(first).time() == LATE
    assert days.begin(first - timedelta(days=1)).time() == MIDNIGHT
    with pytest.raises(UsageError, match="and stays"):
        await file_cut_off(pool, CutOff(first, MIDNIGHT), clerk="c1")


async def test_nothing_is_filed_for_a_day_that_may_have_begun(pool: Pool) -> None:
    with pytest.raises(UsageError, match="a minute at least"):
        await file_cut_off(pool, CutOff(today(), LATE), clerk="c1")
    with pytest.raises(UsageError, match="a minute at least"):
        await file_netting_rule(pool, "", today(), "collected", clerk="c1")


async def test_what_is_filed_is_listed(pool: Pool, database: Database) -> None:
    for words in (
        ("cut-off", "2099-01-01", "02:30"), ("netting", "102", "2099-01-01", "collected"),
        ("bank-day", "2099-01-01", "--closed"),
    ):  # fmt: skip
        filed = medsettle("clearing", *words, "--operator", "c1", on=database)
        assert (filed.returncode, filed.stderr) == (0, "")
    assert medsettle("clearing", "list", on=database).stdout.splitlines() == [
        "days from 2099-01-01 on begin at 02:30, filed by c1",
        "bank all others from 1970-01-02: negative nets are carried, filed by first release",
        "bank 102 from 2099-01-01: negative nets are collected, filed by c1",
        "2099-01-01 banks are closed, filed by c1",
    ]


async def test_the_value_date_follows_the_calendar(pool: Pool, owner: Any, database: Database) -> None:
    await open_places(pool)
    await owner.execute(
        "INSERT INTO clearing.calendar_days SELECT $1::date + n, false, 'c1', now() FROM generate_series(0, 6) AS n",
        today(),
    )
    sealed = await seal(database)
    assert sealed.value_date >= today() + timedelta(days=7)
    assert sealed.value_date.weekday() < 5
