"""Grants of mutual aid: authorise, list, order, unbind, and changes that meet each other."""

import asyncio
import secrets
from typing import Any, get_args

import httpx
import pytest
from app.codes import Code
from app.database import Pool, transaction
from app.parties import mutual_aid
from app.parties.mutual_aid import Grant, Relation
from tests.builders import add_person
from tests.card_desk import refused
from tests.harness import House

GRANTS = "/v1/mutual-aid-grants"


@pytest.fixture
async def family(pool: Pool) -> Pool:
    """The pool of a register with C and its relatives M, F and G."""
    for person_no in "CMFG":
        await add_person(pool, person_no)
    return pool


async def authorise(pool: Pool, beneficiary: str = "C", granter: str = "M", relation: Relation = "parent") -> Grant:
    async with transaction(pool) as connection:
        return await mutual_aid.authorise(connection, beneficiary, granter, relation, operator="clerk-1")


async def reorder(pool: Pool, *grant_ids: int, beneficiary: str = "C") -> bool:
    async with transaction(pool) as connection:
        return await mutual_aid.reorder(connection, beneficiary, grant_ids, operator="clerk-1")


async def unbind(pool: Pool, grant_id: int) -> tuple[Grant, bool]:
    async with transaction(pool) as connection:
        return await mutual_aid.unbind(connection, grant_id, operator="clerk-2")


async def granters_of(pool: Pool, beneficiary: str = "C") -> str:
    async with transaction(pool) as connection:
        return "".join([grant.granter for grant in await mutual_aid.grants_to(connection, beneficiary)])


async def test_grants_are_used_in_the_order_of_filing(family: Pool) -> None:
    mother, father = await authorise(family), await authorise(family, granter="F")
    grandmother = await authorise(family, granter="G", relation="grandparent")
    assert [grant.place for grant in (mother, father, grandmother)] == [1, 2, 3]
    assert (mother.relation, mother.authorised_by, mother.ended_at) == ("parent", "clerk-1", None)
    assert await granters_of(family) == "MFG"
    await authorise(family, beneficiary="G", granter="M", relation="child")
    async with transaction(family) as connection:
        assert [grant.beneficiary for grant in await mutual_aid.grants_by(connection, "M")] == ["C", "G"]


@pytest.mark.parametrize("relation", get_args(Relation))
async def test_the_database_knows_every_relation(family: Pool, relation: Relation) -> None:
    assert (await authorise(family, relation=relation)).relation == relation


async def test_a_grant_is_to_another_known_person_once(family: Pool) -> None:
    with refused(Code.INVALID_FIELD):
        await authorise(family, granter="C")
    for beneficiary, granter in (("C", "STRANGER"), ("STRANGER", "C")):
        with refused(Code.PERSON_UNKNOWN):
            await authorise(family, beneficiary, granter)
    await authorise(family)
    with refused(Code.GRANT_EXISTS):
        await authorise(family, relation="sibling")
    await authorise(family, beneficiary="M", granter="C", relation="child")  # the other way round is another grant


async def test_an_unbound_grant_is_ended_once_and_can_be_given_again(family: Pool) -> None:
    grant = await authorise(family)
    await authorise(family, granter="F")
    ended, changed = await unbind(family, grant.grant_id)
    assert changed
    assert ended.ended_by == "clerk-2"
    assert await unbind(family, grant.grant_id) == (ended, False)
    assert await granters_of(family) == "F"
    assert (await authorise(family)).place == 3
    assert await granters_of(family) == "FM"
    with refused(Code.GRANT_UNKNOWN):
        await unbind(family, 10**6)


async def test_the_order_is_set_by_a_list_of_all(family: Pool) -> None:
    m, f, g = [(await authorise(family, granter=granter)).grant_id for granter in "MFG"]
    assert await reorder(family, g, m, f)
    assert await granters_of(family) == "GMF"
    assert not await reorder(family, g, m, f)
    told = await family.fetch("SELECT person_no, event, fields, actor FROM parties.person_events")
    assert [tuple(row) for row in told] == [("C", "change", f"grants {m},{f},{g} to {g},{m},{f}", "clerk-1")]


async def test_an_order_names_each_open_grant_once(family: Pool) -> None:
    m, f = [(await authorise(family, granter=granter)).grant_id for granter in "MF"]
    of_another = (await authorise(family, beneficiary="G", granter="M", relation="child")).grant_id
    for incomplete in ((m,), (m, f, m), ()):
        with refused(Code.INVALID_FIELD):
            await reorder(family, *incomplete)
    with refused(Code.GRANT_UNKNOWN):
        await reorder(family, m, f, of_another)
    await unbind(family, f)
    with refused(Code.GRANT_UNKNOWN):
        await reorder(family, f, m)
    with refused(Code.PERSON_UNKNOWN):
        await reorder(family, beneficiary="STRANGER")
    assert await granters_of(family) == "M"


async def test_grants_both_ways_at_once_never_lock_in_a_circle(family: Pool) -> None:
    """Both persons are locked by one call, in one order."""

    async def give_and_take(beneficiary: str, granter: str) -> None:
        for _ in range(30):
            grant = await authorise(family, beneficiary, granter, "sibling")
            await unbind(family, grant.grant_id)

    await asyncio.gather(give_and_take("C", "M"), give_and_take("M", "C"), give_and_take("C", "F"))
    assert await granters_of(family) == ""


async def test_two_clerks_who_authorise_the_same_at_once_make_one_grant(family: Pool) -> None:
    found = await asyncio.gather(*(authorise(family) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(each, Grant) for each in found) == 1
    assert await granters_of(family) == "M"


# Over HTTP


@pytest.fixture
async def relatives(standing: House) -> list[str]:
    """A child and two parents of this test alone."""
    persons = [f"P{secrets.token_hex(6)}" for _ in range(3)]
    for person_no in persons:
        await add_person(standing.pool, person_no)
    return persons


async def test_a_clerk_authorises_orders_and_unbinds(client: httpx.AsyncClient, relatives: list[str]) -> None:
    child, *parents = relatives
    made: list[dict[str, Any]] = []
    for parent in parents:
        body = {"beneficiary": child, "granter": parent, "relation": "parent"}
        response = await client.post(GRANTS, json=body)
        assert response.status_code == 201, response.text
        made.append(response.json())
        again = await client.post(GRANTS, json=body)
        assert (again.status_code, again.json()["code"]) == (409, Code.GRANT_EXISTS)
    first, second = (grant["grant_id"] for grant in made)
    order = {"beneficiary": child, "grant_ids": [second, first]}
    for already in (False, True):
        response = await client.put(f"{GRANTS}/order", json=order)
        assert ([grant["grant_id"] for grant in response.json()["grants"]], response.json()["already"]) == (
            [second, first], already,
        )  # fmt: skip
    for already in (False, True):
        response = await client.post(f"{GRANTS}/{first}/unbinding")
        assert (response.json()["ended_by"], response.json()["already"]) == ("clerk-1", already)
    listed = (await client.get(GRANTS, params={"beneficiary": child})).json()["grants"]
    assert [grant["granter"] for grant in listed] == [parents[1]]
    listed = (await client.get(GRANTS, params={"granter": parents[1]})).json()["grants"]
    assert [grant["beneficiary"] for grant in listed] == [child]


async def test_grants_are_asked_for_from_one_side(client: httpx.AsyncClient) -> None:
    for params in ({}, {"beneficiary": "A", "granter": "B"}):
        response = await client.get(GRANTS, params=params)
        assert (response.status_code, response.json()["code"]) == (422, Code.INVALID_FIELD)


async def test_an_unknown_grant_and_an_unknown_relation_are_refused(
    client: httpx.AsyncClient, relatives: list[str]
) -> None:
    response = await client.post(f"{GRANTS}/999999/unbinding")
    assert (response.status_code, response.json()["code"]) == (404, Code.GRANT_UNKNOWN)
    child, parent, _ = relatives
    body = {"beneficiary": child, "granter": parent, "relation": "cousin"}
    response = await client.post(GRANTS, json=body)
    assert (response.status_code, response.json()["code"]) == (422, Code.INVALID_FIELD)
