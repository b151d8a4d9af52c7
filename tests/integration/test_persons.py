"""People as a clerk registers, finds and changes them over HTTP, and what a race makes of it."""

import asyncio
from typing import Any

import httpx
import pytest
from app.codes import CATALOGUE, Code
from app.database import Pool, transaction
from app.errors import Refused
from app.parties import persons
from app.parties.citizen_no import masked
from app.parties.vault import Vault, new_entry
from pydantic import SecretStr
from tests.builders import add_person
from tests.harness import House
from tests.people import citizen_no, name, new_person, person_no

OLD, NEW = new_entry(1), new_entry(2)
VAULT = Vault.of(SecretStr(OLD))
ROTATED = Vault.of(SecretStr(f"{NEW},{OLD}"))


def registration(**overrides: Any) -> dict[str, Any]:
    fields = {"person_no": person_no(), "citizen_no": citizen_no(), "name": name()}
    return {**fields, **overrides}


async def registered(client: httpx.AsyncClient, **overrides: Any) -> dict[str, Any]:
    body = registration(**overrides)
    response = await client.post("/v1/persons", json=body)
    assert response.status_code == 201, response.text
    return body


def assert_problem(response: httpx.Response, status: int, code: Code, *unseen: str) -> None:
    problem = response.json()
    assert (response.status_code, problem["code"], problem["title"]) == (status, code, CATALOGUE[code].meaning)
    assert not [text for text in unseen if text in response.text]


async def events(pool: Pool, person: str) -> list[tuple[str, str, str]]:
    query = "SELECT event, fields, actor FROM parties.person_events WHERE person_no = $1 ORDER BY event_id"
    return [tuple(row) for row in await pool.fetch(query, person)]


# Over HTTP


async def test_a_person_is_registered_and_shown_masked(client: httpx.AsyncClient, standing: House) -> None:
    body = registration(personal_status="employed", region="330100")
    response = await client.post("/v1/persons", json=body)
    assert response.status_code == 201
    shown = response.json()
    assert shown.pop("registered_at")
    assert shown == {
        "person_no": body["person_no"],
        "citizen_no_masked": masked(body["citizen_no"]),
        "name_masked": "测*****",
        "gender": "male" if int(body["citizen_no"][16]) % 2 else "female",
        "personal_status": "employed",
        "region": "330100",
    }
    assert (await client.get(f"/v1/persons/{body['person_no']}")).json() == response.json()
    account = await standing.pool.fetchrow(
        "SELECT state, terms, balance FROM ledger.accounts WHERE owner = $1", body["person_no"]
    )
    assert account is not None
    assert tuple(account) == ("dormant", "330100", 0)
    [event] = await events(standing.pool, body["person_no"])
    assert event == ("register", "person_no, citizen_no, name, gender, personal_status, region", "clerk-1")


async def test_the_same_registration_again_is_success(client: httpx.AsyncClient, standing: House) -> None:
    body = await registered(client, region="R1")
    for again in (body, {**body, "citizen_no": body["citizen_no"].lower()}, {**body, "region": ""}):
        assert (await client.post("/v1/persons", json=again)).status_code == 200
    assert len(await events(standing.pool, body["person_no"])) == 1


async def test_other_content_of_a_registered_person_is_refused(client: httpx.AsyncClient) -> None:
    body = await registered(client)
    for differing in ({"name": name()}, {"citizen_no": citizen_no()}, {"region": "R2"}, {"personal_status": "retired"}):
        response = await client.post("/v1/persons", json={**body, **differing})
        assert_problem(response, 409, Code.PERSON_EXISTS, body["name"], body["citizen_no"], *differing.values())
        assert next(iter(differing)) in response.json()["detail"]


async def test_one_citizen_number_is_one_person(client: httpx.AsyncClient) -> None:
    body = await registered(client)
    again = registration(citizen_no=body["citizen_no"])
    response = await client.post("/v1/persons", json=again)
    assert_problem(response, 409, Code.CITIZEN_NO_TAKEN, body["citizen_no"], body["person_no"])
    assert_problem(await client.get(f"/v1/persons/{again['person_no']}"), 404, Code.PERSON_UNKNOWN)


async def test_a_person_known_by_number_alone_gets_an_identity(client: httpx.AsyncClient, standing: House) -> None:
    known = person_no()
    await add_person(standing.pool, known, balance=700)
    shown = (await client.get(f"/v1/persons/{known}")).json()
    assert (shown["citizen_no_masked"], shown["name_masked"], shown["gender"]) == (None, None, None)
    refused = await client.patch(f"/v1/persons/{known}", json={"name": name()})
    assert_problem(refused, 422, Code.INVALID_FIELD)
    changed = await client.patch(f"/v1/persons/{known}", json={"region": "R9"})
    assert changed.status_code == 200
    await registered(client, person_no=known)
    shown = (await client.get(f"/v1/persons/{known}")).json()
    assert (shown["name_masked"], shown["region"]) == ("测*****", "R9")
    account = await standing.pool.fetchrow("SELECT state, balance FROM ledger.accounts WHERE owner = $1", known)
    assert account is not None
    assert tuple(account) == ("normal", 700)


async def test_a_person_is_found_by_citizen_number(client: httpx.AsyncClient) -> None:
    body = await registered(client)
    found = await client.post("/v1/persons/search", json={"citizen_no": body["citizen_no"].lower()})
    assert (found.status_code, found.json()["person_no"]) == (200, body["person_no"])
    assert body["citizen_no"] not in found.text
    unknown = citizen_no()
    assert_problem(
        await client.post("/v1/persons/search", json={"citizen_no": unknown}), 404, Code.PERSON_UNKNOWN, unknown
    )


async def test_status_region_and_name_are_changed(client: httpx.AsyncClient, standing: House) -> None:
    body = await registered(client)
    path, new_name = f"/v1/persons/{body['person_no']}", "Ann"
    change = {"name": new_name, "personal_status": "retired", "region": "330200"}
    for _ in range(2):
        response = await client.patch(path, json=change)
        assert response.status_code == 200
        shown = response.json()
        assert (shown["name_masked"], shown["personal_status"], shown["region"]) == ("A**", "retired", "330200")
    terms = await standing.pool.fetchval("SELECT terms FROM ledger.accounts WHERE owner = $1", body["person_no"])
    assert terms == "330200"
    assert (await events(standing.pool, body["person_no"]))[1:] == [
        ("change", "name, personal_status, region", "clerk-1")
    ]
    found = await client.post("/v1/persons/search", json={"citizen_no": body["citizen_no"]})
    assert found.json()["person_no"] == body["person_no"]
    assert_problem(await client.patch("/v1/persons/NOBODY", json=change), 404, Code.PERSON_UNKNOWN, new_name)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"citizen_no": "999999199003071230"}, Code.CITIZEN_NO_INVALID),
        ({"citizen_no": "1"}, Code.CITIZEN_NO_INVALID),
        ({"citizen_no": "9" * 65}, Code.INVALID_FIELD),
        ({"citizen_no": "11010519491231002X", "gender": "male"}, Code.INVALID_FIELD),
        ({"citizen_no": "999999199003071234", "person_no": "999999199003071234"}, Code.INVALID_FIELD),
        ({"name": ""}, Code.INVALID_FIELD),
        ({"name": " Blank"}, Code.INVALID_FIELD),
        ({"name": "Two\nlines"}, Code.INVALID_FIELD),
        ({"name": "N" * 101}, Code.INVALID_FIELD),
        ({"gender": "other"}, Code.INVALID_FIELD),
        ({"personal_status": "asleep"}, Code.INVALID_FIELD),
        ({"region": "a b"}, Code.INVALID_FIELD),
        ({"operator": "clerk-9"}, Code.INVALID_FIELD),
        ({"age": 7}, None),
    ],
)
async def test_wrong_input_is_refused_and_not_repeated(
    client: httpx.AsyncClient, fields: dict[str, Any], code: Code | None
) -> None:
    body = registration(**fields)
    response = await client.post("/v1/persons", json=body)
    assert response.status_code == 422
    assert code is None or response.json()["code"] == code
    assert body["citizen_no"] not in response.text or len(body["citizen_no"]) < 2
    assert body["name"] not in response.text or not body["name"]


# Beside others


async def outcomes(*calls: Any) -> list[Any]:
    """What each call came to: its answer or the code of its refusal."""
    answers = await asyncio.gather(*calls, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, Refused):
            raise answer
    return [answer.code if isinstance(answer, Refused) else answer for answer in answers]


async def test_of_many_who_register_one_person_one_does(pool: Pool) -> None:
    for _ in range(10):
        new = new_person()
        answers = await outcomes(*[persons.register(pool, VAULT, new, operator=f"c{i}") for i in range(4)])
        assert sorted(answers) == [False, False, False, True]
        assert len(await events(pool, new.person_no)) == 1


async def test_of_many_who_register_one_number_one_gets_it(pool: Pool) -> None:
    """Also where half of them work under the next key, whose index the unique index cannot compare."""
    for _ in range(10):
        number = citizen_no()
        vaults = [ROTATED, Vault.of(SecretStr(f"{OLD},{NEW}")), ROTATED]
        answers = await outcomes(
            *[persons.register(pool, vault, new_person(citizen_no=number), operator="c") for vault in vaults]
        )
        assert sorted(map(str, answers)) == sorted([Code.CITIZEN_NO_TAKEN, Code.CITIZEN_NO_TAKEN, "True"])


async def test_a_number_is_taken_under_every_key_of_the_ring(pool: Pool) -> None:
    new = new_person()
    assert await persons.register(pool, VAULT, new, operator="c")
    assert not await persons.register(pool, ROTATED, new, operator="c")
    with pytest.raises(Refused) as refused:
        await persons.register(pool, ROTATED, new._replace(person_no=person_no()), operator="c")
    assert refused.value.code == Code.CITIZEN_NO_TAKEN
    async with transaction(pool) as connection:
        assert await persons.find_by_citizen_no(connection, ROTATED, new.citizen_no) == new.person_no


async def test_an_identity_is_compared(pool: Pool) -> None:
    new = new_person()
    await persons.register(pool, VAULT, new, operator="c")
    await add_person(pool, "BARE")
    async with transaction(pool) as connection:
        for vault in (VAULT, ROTATED):
            assert await persons.identity_matches(connection, vault, new.person_no, new.citizen_no)
            assert await persons.identity_matches(connection, vault, new.person_no, new.citizen_no.lower())
            for person, number in [(new.person_no, citizen_no()), ("BARE", new.citizen_no), ("NONE", new.citizen_no)]:
                assert not await persons.identity_matches(connection, vault, person, number)
        with pytest.raises(Refused) as refused:
            await persons.identity_matches(connection, Vault({}), new.person_no, new.citizen_no)
        assert refused.value.code == Code.ENCRYPTION_KEYS_MISSING
