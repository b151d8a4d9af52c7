"""The API is killed between calls of the national interface and their replies: repeats find what was settled."""

import asyncio
import secrets
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from app.verify import verify
from tests.builders import HOSPITAL, PHARMACY, add_institution, add_person
from tests.harness import House, copy_of, eventually, house_in
from tests.national_calls import cancellation, envelope, purchase, registration, send, settlement

pytestmark = pytest.mark.chaos

_PERSONS = 20
_BALANCE, _FEE, _DRUGS = 100_000, 10_500, 4_250


async def test_every_call_settles_once_however_often_the_api_is_killed(house_folder: Path, tmp_path: Path) -> None:
    async with house_in(copy_of(house_folder, tmp_path / "house")) as house:
        await add_institution(house.pool, HOSPITAL)
        await add_institution(house.pool, PHARMACY, kind="pharmacy")
        persons = [f"P{secrets.token_hex(6)}" for _ in range(_PERSONS)]
        for person in persons:
            await add_person(house.pool, person, balance=_BALANCE)
        api = await house.start_api()
        client = house.client()
        tills = [asyncio.create_task(_till(client, person)) for person in persons]
        for least in (30, 120):
            await _until_settled(house, least)
            api.kill()
            api = await house.start_api()
        setl_ids = [setl_id for till in tills for setl_id in await till]
        await client.aclose()
        # Five payments, five purchases, and one purchase back, each under a number of its own.
        assert len(set(setl_ids)) == len(setl_ids) == 11 * _PERSONS
        rows = await house.pool.fetch("SELECT balance FROM ledger.accounts WHERE owner = ANY ($1)", persons)
        assert {row["balance"] for row in rows} == {_BALANCE - 5 * _FEE - 4 * _DRUGS}
        assert (await verify(house.settings.database_url.get_secret_value())).violations == []


async def _until_settled(house: House, least: int) -> None:
    async def are_settled() -> bool:
        return await house.settled() >= least

    await eventually(are_settled)


async def _till(client: httpx.AsyncClient, person: str) -> list[str]:
    """The setl_id of each reply."""
    data = registration(psn_no=person, ipt_otp_no=f"OTP-{person}")
    mdtrt_id = (await _ask(client, envelope("2201", {"data": data})))["data"]["mdtrt_id"]
    told = []
    for _ in range(5):
        data = settlement(psn_no=person, mdtrt_id=mdtrt_id)
        told.append((await _ask(client, envelope("2207", {"data": data})))["setlinfo"])
        told.append(
            (await _ask(client, envelope("2102", purchase(psn_no=person), fixmedins_code=PHARMACY)))["setlinfo"]
        )
    back = {"data": cancellation(told[1])}
    told.append((await _ask(client, envelope("2103", back, fixmedins_code=PHARMACY)))["setlinfo"])
    return [each["setl_id"] for each in told]


async def _ask(client: httpx.AsyncClient, call: dict[str, Any]) -> dict[str, Any]:
    """The output. Where no envelope comes back the outcome is unknown, and the same is sent again."""
    while True:
        try:
            response = await send(client, call)
        except httpx.TransportError:
            await asyncio.sleep(0.05)
            continue
        if response.status_code == 200:
            found = orjson.loads(response.content)
            assert found["infcode"] == 0, found["err_msg"]
            output: dict[str, Any] = found["output"]
            return output
