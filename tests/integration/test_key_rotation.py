"""A new key under personal data: beside live traffic, interrupted, and what cannot be brought along."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from itertools import count
from typing import Any

import pytest
from app.codes import Code
from app.database import Connection, Pool, connect, transaction
from app.errors import Refused
from app.parties import key_rotation, persons
from app.parties.csv_files import PersonRow
from app.parties.key_rotation import KeyUse, rotate
from app.parties.load import store_persons
from app.parties.persons import Changes, NewPerson
from app.parties.records import WorkInjury, add_work_injury, read_records
from app.parties.vault import Vault, new_entry
from pydantic import SecretStr
from tests.builders import Database
from tests.people import citizen_no, new_person

OLD, NEW = new_entry(1), new_entry(2)
BEFORE, AHEAD, AFTER = (Vault.of(SecretStr(ring)) for ring in (OLD, f"{OLD},{NEW}", f"{NEW},{OLD}"))
ONLY_NEW = Vault.of(SecretStr(NEW))
PEOPLE = 1_234
NOTE = "Fell from a ladder"


class Stop(Exception):
    pass


@pytest.fixture
async def own(database: Database) -> AsyncIterator[Connection]:
    """A connection as the command has it."""
    connection = await connect(database.app_url, application_name="tests")
    yield connection
    await connection.close()


@pytest.fixture
async def people(pool: Pool) -> list[NewPerson]:
    """Under the old key; each hundredth has a work injury."""
    people = list({new.citizen_no: new for new in (new_person() for _ in range(PEOPLE))}.values())
    rows = [PersonRow(0, new.person_no, 0, new.citizen_no, new.name, new.gender) for new in people]
    async with transaction(pool) as connection:
        await store_persons(connection, rows, BEFORE)
    for new in people[::100]:
        injury = WorkInjury("W1", "injury", date(2026, 3, 1), None, NOTE)
        assert await add_work_injury(pool, BEFORE, new.person_no, injury, operator="c")
    return people


async def assert_all_open(pool: Pool, people: list[NewPerson], vault: Vault) -> None:
    async with transaction(pool) as connection:
        for new in people:
            assert await persons.find_by_citizen_no(connection, vault, new.citizen_no) == new.person_no
            assert (await persons.read_person(connection, vault, new.person_no)).name_masked == "测*****"
    for new in people[::100]:
        [injury] = (await read_records(pool, vault, new.person_no, payments_of_year=2026)).work_injuries
        assert injury.note == NOTE


async def test_all_comes_under_the_current_key(own: Connection, pool: Pool, people: list[NewPerson]) -> None:
    seen: list[tuple[int, int]] = []
    injured = len(people[::100])
    uses = await rotate(own, AFTER, lambda stage, done, total: seen.append((done, total)))
    assert uses == [KeyUse(2, len(people), injured)]
    assert seen[-1] == (len(people) + injured,) * 2
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    await assert_all_open(pool, people, ONLY_NEW)
    assert await rotate(own, ONLY_NEW) == uses


async def test_registrations_and_look_ups_go_on(own: Connection, pool: Pool, people: list[NewPerson]) -> None:
    """Some processes work under the old key still and some under the new one; all have both."""
    done, registered = asyncio.Event(), []

    async def live(number: int, vault: Vault) -> None:
        for turn in count():
            if done.is_set() and turn >= 20:
                return
            new, known = new_person(), people[(turn * 37 + number) % len(people)]
            assert await persons.register(pool, vault, new, operator="c")
            registered.append(new)
            with pytest.raises(Refused) as refused:
                await persons.register(pool, vault, new_person(citizen_no=known.citizen_no), operator="c")
            assert refused.value.code == Code.CITIZEN_NO_TAKEN
            assert not await persons.register(pool, vault, known, operator="c")
            await persons.change(pool, vault, known.person_no, Changes(region=f"R{number}-{turn}"), operator="c")
            async with transaction(pool) as connection:
                assert await persons.find_by_citizen_no(connection, vault, known.citizen_no) == known.person_no
                assert await persons.identity_matches(connection, vault, known.person_no, known.citizen_no)
                assert not await persons.identity_matches(connection, vault, known.person_no, citizen_no())

    async def rotation() -> None:
        try:
            await rotate(own, AFTER)
        finally:
            done.set()

    await asyncio.gather(rotation(), live(0, AFTER), live(1, AHEAD), live(2, AFTER))
    [use] = await rotate(own, AFTER)  # what was written under the old key after the first
    assert (use.key_id, use.persons) == (2, len(people) + len(registered))
    await assert_all_open(pool, people, ONLY_NEW)
    numbers = await pool.fetchval("SELECT count(DISTINCT citizen_index) FROM parties.persons")
    assert numbers == len(people) + len(registered)


async def test_what_was_interrupted_goes_on(own: Connection, pool: Pool, people: list[NewPerson]) -> None:
    def stop(stage: str, done: int, total: int) -> None:
        if done >= key_rotation.BATCH_ROWS:
            raise Stop

    with pytest.raises(Stop):
        await rotate(own, AFTER, stop)
    half = await key_rotation.uses_of_keys(own)
    assert [(use.key_id, use.persons) for use in half] == [(1, len(people) - 500), (2, 500)]
    await assert_all_open(pool, people, AFTER)
    await assert_all_open(pool, people, AHEAD)
    assert [use.key_id for use in await rotate(own, AFTER)] == [2]
    await assert_all_open(pool, people, ONLY_NEW)


async def test_a_killed_session_leaves_no_half_batch(
    own: Connection, owner: Any, pool: Pool, people: list[NewPerson]
) -> None:
    pid = own.get_server_pid()
    work = asyncio.create_task(rotate(own, AFTER))
    await asyncio.sleep(0.03)
    await pool.execute("SELECT pg_terminate_backend($1)", pid)
    await asyncio.gather(work, return_exceptions=True)
    await assert_all_open(pool, people, AFTER)
    assert [use.key_id for use in await rotate(owner, AFTER)] == [2]
    await assert_all_open(pool, people, ONLY_NEW)


async def test_what_others_hold_waits_for_nobody(
    own: Connection, owner: Any, people: list[NewPerson], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_rotation, "IDLE_ROUNDS_MAX", 2)
    injured = len(people[::100])
    async with owner.transaction():
        await owner.execute("SELECT FROM parties.persons WHERE person_no = $1 FOR UPDATE", people[7].person_no)
        assert await rotate(own, AFTER) == [KeyUse(1, 1, 0), KeyUse(2, len(people) - 1, injured)]
    assert await rotate(own, AFTER) == [KeyUse(2, len(people), injured)]


async def test_what_is_under_a_missing_key_stays_and_is_reported(own: Connection, people: list[NewPerson]) -> None:
    injured = len(people[::100])
    assert await rotate(own, ONLY_NEW) == [KeyUse(1, len(people), injured)]
    with pytest.raises(Refused) as refused:
        await rotate(own, Vault({}))
    assert refused.value.code == Code.ENCRYPTION_KEYS_MISSING
