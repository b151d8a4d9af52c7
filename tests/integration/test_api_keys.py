"""API keys: how they are kept, what they allow, how they end, and what an institution sees by a presented card."""

import secrets
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from app.access.api_keys import Binding, NewKey, create_key, list_keys, revoke_key, rotate_key
from app.access.principal import Role
from app.codes import Code
from app.database import Pool
from app.errors import UsageError
from tests.builders import HOSPITAL, PHARMACY, add_card, payment_json
from tests.harness import House, eventually, owned
from tests.tokens import running_issuer

DAY = timedelta(days=1)
AUDITOR = Binding(Role.AUDITOR, "auditor-1")
ADDRESS = "/v1/cards/NO-CARD"


async def made(house: House, binding: Binding = AUDITOR, *, lifetime: timedelta = DAY) -> NewKey:
    async with owned(house) as owner:
        return await create_key(owner, binding, lifetime=lifetime, created_by="tests")


async def status(house: House, key: str) -> int:
    async with house.client(key) as client:
        return (await client.get(ADDRESS)).status_code


async def test_a_key_is_kept_as_a_hash_alone(standing: House) -> None:
    new = await made(standing)
    row = await standing.pool.fetchval("SELECT k::text FROM access.api_keys AS k WHERE key_id = $1", new.key_id)
    secret = new.key.removeprefix(f"mds_{new.key_id}_")
    assert len(secret) == 43
    assert new.key_id in row
    assert secret not in row
    assert await status(standing, new.key) == 404


async def test_the_service_itself_can_make_no_key(pool: Pool) -> None:
    async with pool.acquire() as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await create_key(connection, AUDITOR, lifetime=DAY, created_by="an intruder")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("UPDATE access.api_keys SET revoked_at = NULL")


async def test_an_expired_key_is_refused(standing: House) -> None:
    new = await made(standing, lifetime=timedelta(seconds=5))
    assert await status(standing, new.key) == 404

    async def is_refused() -> bool:
        return await status(standing, new.key) == 401

    await eventually(is_refused)


async def test_a_revoked_key_is_soon_refused_by_every_process(standing: House, tmp_path: Path) -> None:
    new = await made(standing)
    async with standing.other(tmp_path) as other:
        await other.start_api()
        for house in (standing, other):
            assert await status(house, new.key) == 404
        async with owned(standing) as owner:
            assert await revoke_key(owner, new.key_id, revoked_by="tests")
            assert not await revoke_key(owner, new.key_id, revoked_by="tests")

        async def is_refused_everywhere() -> bool:
            return [await status(house, new.key) for house in (standing, other)] == [401, 401]

        await eventually(is_refused_everywhere)


async def test_a_rotated_key_is_good_as_long_as_the_overlap(standing: House) -> None:
    first = await made(standing)
    async with owned(standing) as owner:
        second = await rotate_key(owner, first.key_id, overlap=DAY, lifetime=DAY, created_by="tests")
        third = await rotate_key(owner, second.key_id, overlap=timedelta(0), lifetime=DAY, created_by="tests")
        known = {key.key_id: key for key in await list_keys(owner)}
        with pytest.raises(UsageError, match="revoked or expired"):
            await rotate_key(owner, second.key_id, overlap=DAY, lifetime=DAY, created_by="tests")
    assert [await status(standing, new.key) for new in (first, second, third)] == [404, 401, 404]
    assert (known[third.key_id].replaces, known[third.key_id].name) == (second.key_id, "auditor-1")


async def test_a_key_can_be_narrowed_to_scopes(standing: House) -> None:
    new = await made(standing, AUDITOR._replace(scopes=["cards:read"]))
    async with standing.client(new.key) as client:
        assert (await client.get(ADDRESS)).status_code == 404
        refused = await client.get("/v1/persons/NOBODY")
    assert (refused.status_code, refused.json()["code"]) == (403, Code.FORBIDDEN)


@pytest.mark.parametrize(
    "binding",
    [
        Binding(Role.INSTITUTION, "nobody's"),
        Binding(Role.BANK, "102", institution=HOSPITAL),
        Binding(Role.AGENCY, "clerk-1", institution=HOSPITAL),
        Binding(Role.AUDITOR, "auditor-1", scopes=["cards:eat"]),
    ],
)
async def test_a_key_is_bound_as_its_role_is(owner: "asyncpg.Connection[asyncpg.Record]", binding: Binding) -> None:
    with pytest.raises(UsageError):
        await create_key(owner, binding, lifetime=DAY, created_by="tests")


# What an institution sees of a person


async def test_an_institution_sees_the_account_by_the_card_that_is_presented(standing: House, person: str) -> None:
    card_no, other_card = f"Z{secrets.token_hex(6)}", f"Z{secrets.token_hex(6)}"
    await add_card(standing.pool, card_no, person)
    await add_card(standing.pool, other_card, person, state="lost")
    path = f"/v1/persons/{person}/accounts"
    async with standing.client(await standing.keys.key(Role.INSTITUTION)) as client:
        seen = await client.get(path, headers={"Medsettle-Card-No": card_no, "Medsettle-Card-Sn": "SN1"})
        assert seen.status_code == 200, seen.text
        assert (seen.json()["personal"]["balance"], seen.json()["debit"], seen.json()["pension"]) == (10_000, [], None)
        assert [card["card_no"] for card in seen.json()["cards"]] == [card_no]
        for headers, code in (
            ({"Medsettle-Card-No": card_no, "Medsettle-Card-Sn": "SN2"}, Code.CARD_NOT_PRESENTED),
            ({"Medsettle-Card-No": card_no}, Code.CARD_NOT_PRESENTED),
            ({"Medsettle-Card-No": other_card, "Medsettle-Card-Sn": "SN1"}, Code.CARD_LOST),
        ):
            refused = await client.get(path, headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (403, code)
        card = {"Medsettle-Card-No": card_no, "Medsettle-Card-Sn": "SN1"}
        past = await client.get(path, headers=card, params={"at": "2026-01-01T00:00:00Z"})
        assert (past.status_code, past.json()["code"]) == (403, Code.FORBIDDEN)
        stranger = await client.get("/v1/persons/NOBODY/accounts", headers={"Medsettle-Card-No": card_no})
        assert (stranger.status_code, stranger.json()["code"]) == (403, Code.CARD_NOT_PRESENTED)


# Tokens beside keys


async def test_a_token_opens_what_its_role_may_and_nothing_else(standing: House, tmp_path: Path, person: str) -> None:
    with running_issuer() as issuer:
        async with standing.other(tmp_path, **issuer.settings()) as house:
            await house.start_api()
            hospital = issuer.token(sub="till-1", medsettle_role="institution", medsettle_institution=HOSPITAL)
            async with house.client(hospital) as client:
                paid = await client.post("/v1/transactions", content=payment_json(person_no=person, message_id=person))
                assert paid.status_code == 201
                foreign = await client.get(f"/v1/transactions/{PHARMACY}/{person}")
                assert (foreign.status_code, foreign.json()["code"]) == (403, Code.NOT_YOURS)
            async with house.client(issuer.token(medsettle_role="auditor", exp=1)) as client:
                assert (await client.get(ADDRESS)).status_code == 401
            async with house.client(issuer.token()) as client:
                assert (await client.get(ADDRESS)).status_code == 404
            assert await status(house, (await made(standing)).key) == 404
    async with standing.client(issuer.token()) as client:  # where no issuer is named
        assert (await client.get(ADDRESS)).status_code == 401
