"""No citizen number, name or note on health stands in clear in the database or in a log, whatever was done with it."""

import asyncio
import base64
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from app.embedded.cluster import pg_bin
from app.errors import LoadError
from app.installation import KEY_FILE
from app.loading import LoadFiles, load
from app.parties.persons import NewPerson
from app.parties.vault import Vault
from app.settlement.rules import RuleBook
from tests.builders import payment_json
from tests.harness import LONG_SESSION_MS, House, house_in, owned
from tests.people import name, new_person

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("personal data")]

LOADED, REGISTERED, REFUSED = 400, 60, 40


@pytest.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A house of its own: planted texts would spoil another."""
    async with house_in(
        tmp_path_factory.mktemp("private") / "house", log_level="DEBUG", kafka_session_timeout_ms=LONG_SESSION_MS
    ) as house:
        await house.start_worker()
        await house.start_api()
        await house.start_scheduler()
        yield house


@pytest.fixture(scope="module")
async def secrets(house: House, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Everything personal that was put in, by load and API, taken or refused."""
    folder = tmp_path_factory.mktemp("files")
    loaded = list({new.citizen_no: new for new in (new_person() for _ in range(LOADED))}.values())
    registered = [new_person() for _ in range(REGISTERED)]
    refused = [new_person() for _ in range(REFUSED)]
    notes = [f"伤情{name()}" for _ in registered]
    await _load(house, folder, loaded)
    said = await _refused_load(house, folder, refused, loaded[0])
    said += await _over_http(house, registered, notes, refused, loaded)
    await _over_kafka(house, loaded)
    people = loaded + registered + refused
    secrets = [new.citizen_no for new in people] + [new.name for new in people] + notes
    assert not found_in(said.encode(), secrets), "an answer or a report quotes it"
    return secrets


async def _load(house: House, folder: Path, people: list[NewPerson]) -> None:
    lines = [f"{new.person_no},{index},{new.citizen_no},{new.name},{new.gender}" for index, new in enumerate(people)]
    await _load_file(house, folder / "good.csv", lines)


async def _refused_load(house: House, folder: Path, people: list[NewPerson], known: NewPerson) -> str:
    """Bad files of every kind: numbers in wrong columns, wrong check characters, numbers of others."""
    wrong = [
        line
        for new in people[:10]
        for line in (
            f"{new.person_no},{new.citizen_no},{new.citizen_no},{new.name},{new.gender}",
            f"{new.name},1,{new.citizen_no[:-1]}-,{new.name},{new.gender}",
            f"{new.person_no},1,{new.name},{new.citizen_no},{new.citizen_no}",
            f"{new.citizen_no},1,{new.citizen_no},{new.name},{new.gender}",
            f'"{new.name},{new.citizen_no}',
        )
    ]
    taken = [f"{people[0].person_no},1,{known.citizen_no},{people[0].name},{known.gender}"]
    other = [f"{known.person_no},0,{people[0].citizen_no},{people[0].name},{people[0].gender}"]
    reports = []
    for number, lines in enumerate((wrong, taken, other)):
        with pytest.raises(LoadError) as error:
            await _load_file(house, folder / f"bad{number}.csv", lines)
        reports.append(str(error.value))
    return "\n".join(reports)


async def _load_file(house: House, file: Path, lines: list[str]) -> None:
    file.write_text("\n".join(["person_no,balance,citizen_no,name,gender", *lines]))
    vault = Vault.of(house.settings.data_keys)
    await load(house.pool, LoadFiles(persons=file), rules=RuleBook(house.settings.cut_off), vault=vault)


async def _over_http(
    house: House, registered: list[NewPerson], notes: list[str], refused: list[NewPerson], loaded: list[NewPerson]
) -> str:
    """Registrations, changes, notes and searches that succeed, and as many that do not; all that was answered."""
    async with house.client() as client:
        calls = []
        for new, note in zip(registered, notes, strict=True):
            body = {"person_no": new.person_no, "citizen_no": new.citizen_no, "name": new.name}
            assert (await client.post("/v1/persons", json=body)).status_code == 201
            injury = {"record_no": "W1", "kind": "injury", "happened_on": "2026-01-02", "note": note}
            injured = await client.post(f"/v1/persons/{new.person_no}/work-injuries", json=injury)
            assert injured.status_code == 201
            calls += [client.post("/v1/persons", json=body), client.get(f"/v1/persons/{new.person_no}")]
        for new in loaded[:50]:
            found = await client.post("/v1/persons/search", json={"citizen_no": new.citizen_no})
            assert found.json()["person_no"] == new.person_no
            calls.append(client.patch(f"/v1/persons/{new.person_no}", json={"name": new.name}))
        for new, known in zip(refused, loaded, strict=False):
            body = {"person_no": new.person_no, "citizen_no": new.citizen_no, "name": new.name}
            for wrong in (
                {"citizen_no": known.citizen_no},
                {"person_no": known.person_no},
                {"citizen_no": new.citizen_no[:-1]},
                {"citizen_no": new.name},
                {"name": f"{new.name}\n{new.citizen_no}"},
                {"person_no": new.citizen_no},
                {"person_no": new.name},
                {"gender": new.name},
                {"region": new.citizen_no + new.name},
                {new.name: new.citizen_no},
            ):
                calls.append(client.post("/v1/persons", json={**body, **wrong}))
            calls.append(client.post("/v1/persons/search", json={"citizen_no": new.citizen_no}))
            calls.append(client.post("/v1/persons", content=f'{{"name": "{new.name}", {new.citizen_no}'))
            calls.append(client.post("/v1/transactions", json={"person_no": new.name, "amount": new.citizen_no}))
        # So many at once as a pool serves before those behind are turned away.
        answers = [answer for at in range(0, len(calls), 40) for answer in await asyncio.gather(*calls[at : at + 40])]
        assert {answer.status_code for answer in answers} <= {200, 400, 404, 409, 422}
        assert sum(answer.status_code >= 400 for answer in answers) == 13 * len(refused)
        return "\n".join(answer.text for answer in answers)


async def _over_kafka(house: House, people: list[NewPerson]) -> None:
    """Messages with personal data where none belongs: fields that nobody reads, wrong fields, and no JSON at all."""
    for number, new in enumerate(people[:20]):
        extra = {"citizen_no": new.citizen_no, "name": new.name, "ecToken": new.citizen_no, "pin": new.citizen_no}
        message = json.loads(payment_json(message_id=f"PRIVATE{number}", person_no=new.person_no))
        await house.send(json.dumps(message | extra).encode())
        await house.send(json.dumps(message | {"message_id": f"WRONG{number}", "kind": new.name}).encode())
        await house.send(f'{{"{new.citizen_no}": {new.name}'.encode())
        await house.told(f"PRIVATE{number}")
        await house.told(f"WRONG{number}")
    await house.dead_letters.having(lambda record: True, count=20)


# What is found


def found_in(content: bytes, secrets: list[str]) -> set[str]:
    """Those that stand in the content as text, as JSON escapes, as the hex of a bytea or as base64."""
    lower = content.lower()
    return {
        secret
        for secret in secrets
        if any(form in lower for form in (secret.lower().encode(), _escaped(secret), secret.encode().hex().encode()))
        or base64.b64encode(secret.encode())[:-4] in content
    }


def _escaped(secret: str) -> bytes:
    return json.dumps(secret)[1:-1].lower().encode()


def dump_of(house: House) -> bytes:
    """All of the database as text."""
    command = [str(pg_bin("pg_dump")), "--dbname", house.installation.owner_url]
    return subprocess.run(command, check=True, capture_output=True).stdout


def logs_of(house: House) -> bytes:
    """Without what Kafka calls a log: there are the messages themselves, as institutions sent them."""
    logs = sorted(log for log in house.installation.data_dir.rglob("*.log*") if not log.stem.isdigit())
    assert {"api.log", "worker.log", "scheduler.log"} <= {log.name for log in logs}
    assert len(logs) > 3, "Postgres and the broker write some too"
    return b"\n".join(log.read_bytes() for log in logs)


async def test_nothing_personal_stands_in_clear(house: House, secrets: list[str]) -> None:
    dump = dump_of(house)
    assert dump.count(b"COPY parties.") > 10
    persons = await house.pool.fetchval("SELECT count(*) FROM parties.persons WHERE key_id IS NOT NULL")
    assert persons == len(secrets) / 2 - REGISTERED / 2 - REFUSED
    assert not found_in(dump, secrets)
    assert not found_in(logs_of(house), secrets)


async def test_the_search_finds_what_is_planted(house: House, secrets: list[str]) -> None:
    citizen, other, person, note = secrets[0], secrets[1], secrets[-REGISTERED - 1], secrets[-1]
    async with owned(house) as owner:
        async with owner.transaction():
            await owner.execute(
                "INSERT INTO parties.qualifications VALUES ('P', 'Q', $1, '', now()), ('P', 'R', $2, '', now())",
                citizen, person,
            )  # fmt: skip
            await owner.execute(
                "INSERT INTO parties.work_injuries VALUES ('P', 'W', 'injury', now(), NULL, 1, $1)", note.encode()
            )
        assert found_in(dump_of(house), secrets) == {citizen, person, note}
        await owner.execute("DELETE FROM parties.qualifications WHERE person_no = 'P'")
        await owner.execute("DELETE FROM parties.work_injuries WHERE person_no = 'P'")
    assert not found_in(dump_of(house), secrets)
    with (house.installation.data_dir / "planted.log").open("w") as log:
        log.write(f"{json.dumps({'person': person})}\n{base64.b64encode(other.encode()).decode()}\n")
    assert found_in(logs_of(house), secrets) == {person, other}


def test_the_key_is_kept_for_its_owner_alone(house: House) -> None:
    file = house.installation.data_dir / KEY_FILE
    assert file.stat().st_mode & 0o777 == 0o600
    key = house.settings.data_keys.get_secret_value()
    assert file.read_text().strip() == key
    assert key.encode() not in dump_of(house) + logs_of(house)


async def test_the_same_house_has_the_same_key_again(tmp_path: Path) -> None:
    keys = []
    for _ in range(2):
        async with house_in(tmp_path / "house") as house:
            keys.append(house.settings.data_keys.get_secret_value())
    assert keys[0] == keys[1]
