"""`medsettle year-end carry-over` and `interest` are killed at any moment and run again: as if they had never been."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from app.config import ZONE
from app.database import Connection, Pool, connect, open_pool, transaction
from app.installation import environment
from app.ledger import journal
from app.ledger.accounts import new_account_ids, open_accounts
from app.ledger.buckets import bucket_of
from app.ledger.business_days import BusinessDays
from app.migrate import migrate
from app.settlement.rules import RuleBook
from app.settlement.settle import settle
from app.verify import verify
from pydantic import SecretStr
from tests.builders import MIDNIGHT, contribution
from tests.commands import Command, medsettle, running
from tests.harness import House, copy_of, eventually, house_in

pytestmark = pytest.mark.chaos

_PERSONS = 24_000
_BATCH = 4_000
_KILLS = 4
_NEW_YEAR = datetime.now(ZONE).year
_YEAR = _NEW_YEAR - 1


@pytest.fixture
async def house(house_folder: Path, tmp_path: Path) -> AsyncIterator[House]:
    async with house_in(copy_of(house_folder, tmp_path / "house")) as house:
        yield house


async def test_killed_runs_go_on(house: House) -> None:
    """A ledger whose runs are killed ends as its copy does, whose runs are not."""
    await _superuser(house, "CREATE DATABASE whole")
    await migrate(_url(house, "whole"))
    await _make_past(_url(house, "whole"))
    await _superuser(house, "CREATE DATABASE killed TEMPLATE whole")
    for run, kind in ((("carry-over", str(_NEW_YEAR)), "carry_over"), (("interest", str(_YEAR)), "interest")):
        _to_its_end(house, "whole", run)
        await _with_kills(house, "killed", run, kind)
    assert await _state(house, "killed") == await _state(house, "whole")
    for database in ("whole", "killed"):
        assert (await verify(_url(house, database))).violations == []


async def _with_kills(house: House, database: str, run: tuple[str, str], kind: str) -> None:
    chance = random.Random(kind)
    progress = []
    pool = await open_pool(_url(house, database), size_max=1, application_name="tests")
    async with pool:
        for kill in range(_KILLS):
            before = await _settled(pool, kind)
            with running("year-end", *run, on=_settings(house, database)) as command:
                if kill == 0:  # before or as it begins
                    await asyncio.sleep(chance.uniform(0.2, 1.0))
                else:

                    async def goes_on(before: int = before, command: Command = command) -> bool:
                        return command.is_over() or await _settled(pool, kind) > before

                    await eventually(goes_on)
                    await asyncio.sleep(chance.uniform(0, 0.1))
            progress.append(await _settled(pool, kind))
    _to_its_end(house, database, run)
    async with await open_pool(_url(house, database), size_max=1, application_name="tests") as pool:
        total = await _settled(pool, kind)
    assert any(0 < count < total for count in progress), progress


def _to_its_end(house: House, database: str, run: tuple[str, str]) -> None:
    done = medsettle("year-end", *run, on=_settings(house, database))
    assert done.returncode == 0, done.stderr


def _settings(house: House, database: str) -> dict[str, str]:
    return environment(house.settings.model_copy(update={"database_url": SecretStr(_url(house, database))}))


async def _settled(pool: Pool, kind: str) -> int:
    count: int = await pool.fetchval("SELECT count(*) FROM settlement.settlements WHERE kind = $1", kind)
    return count


async def _state(house: House, database: str) -> tuple[list[Any], list[Any]]:
    """Accounts as they are, and who was carried over and paid what."""
    connection = await connect(_url(house, database), application_name="tests")
    try:
        accounts = await connection.fetch(
            "SELECT owner, balance, accumulated, part_year, last_entry FROM ledger.accounts"
            " WHERE kind = 'personal' ORDER BY owner"
        )
        settled = await connection.fetch(
            "SELECT kind, message_id, person_no, status, amount FROM settlement.settlements"
            " WHERE kind IN ('carry_over', 'interest') ORDER BY message_id"
        )
    finally:
        await connection.close()
    assert len(settled) > _PERSONS
    return [tuple(row) for row in accounts], [tuple(row) for row in settled]


# A past that verifies: settled by the one posting path, at a time that has long gone.


async def _make_past(url: str) -> None:
    persons = [f"P{number}" for number in range(_PERSONS)]
    async with await open_pool(url, size_max=2, application_name="tests") as pool:
        async with transaction(pool) as connection:
            ids = await new_account_ids(connection, _PERSONS)
            await open_accounts(
                connection, ((i, 0, bucket_of(p), "personal", p) for i, p in zip(ids, persons, strict=True))
            )
            for part, millionths in (("current", 3_500), ("accumulated", 15_000)):
                await connection.execute(
                    "INSERT INTO funding.interest_rates (region, part, effective_from, millionths, filed_by)"
                    " VALUES ('', $1, $2, $3, 'tests')",
                    part, date(_YEAR - 1, 1, 1), millionths,
                )  # fmt: skip
        for day in (date(_YEAR - 1, 5, 1), date(_YEAR, 3, 3), date(_YEAR, 11, 30)):
            await pool.execute("SELECT settlement.prepare_day($1)", day)
            await _settle_on(pool, day, persons)


async def _settle_on(pool: Pool, day: date, persons: list[str]) -> None:
    open_batch = journal.open_batch

    async def opened_then(connection: Connection, days: BusinessDays) -> journal.OpenBatch:
        opened = await open_batch(connection, days)
        then = datetime.combine(day, time(9), ZONE) + timedelta(microseconds=opened.batch_id)
        return opened._replace(settled_at=then, business_day=day)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal, "open_batch", opened_then)
        for first in range(0, _PERSONS, _BATCH):
            await settle(
                pool,
                [
                    contribution(person_no, 1 + (day.toordinal() + 7_919 * number) % 200_000)
                    for number, person_no in enumerate(persons[first : first + _BATCH], first)
                    if (number + day.month) % 4
                ],
                rules=RuleBook(MIDNIGHT),
            )


async def _superuser(house: House, statement: str) -> None:
    connection = await connect(house.postgres.superuser_url, application_name="tests")
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _url(house: House, database: str) -> str:
    return urlsplit(house.postgres.superuser_url)._replace(path=f"/{database}").geturl()
