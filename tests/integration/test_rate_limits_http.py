"""Too many requests of one client are answered 429, and nobody else is held up."""

import asyncio
import secrets
from collections.abc import Iterator
from itertools import count, repeat
from pathlib import Path

import httpx
from app.access.principal import Role
from app.codes import Code
from tests.harness import House, eventually
from tests.national_calls import ADDRESS as NATIONAL
from tests.national_calls import envelope, settlement

ADDRESS = "/v1/cards/NO-CARD"


async def test_a_client_that_looks_too_often_is_told_when_to_come_again(standing: House, tmp_path: Path) -> None:
    async with standing.other(tmp_path, rate_limit_looks_per_second=1) as house:
        await house.start_api()
        async with (
            house.client(await house.keys.key(Role.AUDITOR)) as auditor,
            house.client(await house.keys.key(Role.OPERATOR)) as operator,
        ):
            answers = await asyncio.gather(*(auditor.get(ADDRESS) for _ in range(8)))
            other = await operator.get(ADDRESS)
    assert [answer.status_code for answer in answers].count(404) >= 2
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"] == Code.RATE_LIMITED
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.headers["ratelimit-policy"] == '"looks";q=2;w=2'
    assert refused.headers["ratelimit"].startswith('"looks";r=0;t=')
    assert other.status_code == 404


async def test_looks_over_the_national_interface_are_looks(standing: House, tmp_path: Path) -> None:
    inquiry = envelope("1101", {"data": {"mdtrt_cert_type": "02", "mdtrt_cert_no": "11010519491231002X"}})
    async with standing.other(tmp_path, rate_limit_looks_per_second=1) as house:
        await house.start_api()
        async with house.client() as hospital:
            answers = await asyncio.gather(*(hospital.post(NATIONAL, json=inquiry) for _ in range(8)))
            settled = await hospital.post(NATIONAL, json=envelope("2207", {"data": settlement()}))
    assert [answer.status_code for answer in answers].count(200) >= 2
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["code"] == Code.RATE_LIMITED
    assert refused.headers.get_list("ratelimit-policy") == ['"looks";q=2;w=2']
    assert settled.status_code == 200


async def test_each_answer_tells_what_is_left(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/contributions/NO-FILE")
    assert answer.headers["ratelimit-policy"] == '"requests";q=20000;w=2'
    assert answer.headers["ratelimit"].startswith('"requests";r=1999')


async def test_who_tries_keys_is_slowed_down(standing: House, tmp_path: Path) -> None:
    async with standing.other(tmp_path, trusted_proxies="") as house:
        await house.start_api()
        good = await house.keys.key(Role.AUDITOR)
        async with house.client(good) as client:
            assert (await client.get(ADDRESS)).status_code == 404
            await slowed_down(house, repeat("198.51.100.7"))
            assert (await client.get(ADDRESS)).status_code == 404


async def test_behind_a_trusted_proxy_who_tries_keys_holds_up_no_other_address(standing: House, tmp_path: Path) -> None:
    async with standing.other(tmp_path, trusted_proxies="127.0.0.0/8") as house:
        await house.start_api()
        await slowed_down(house, repeat("198.51.100.7"))
        async with house.client(await house.keys.key(Role.OPERATOR)) as client:
            assert (await client.get(ADDRESS, headers={"x-forwarded-for": "198.51.100.8"})).status_code == 404


async def test_where_no_proxy_is_trusted_nobody_chooses_their_address(standing: House, tmp_path: Path) -> None:
    async with standing.other(tmp_path, trusted_proxies="") as house:
        await house.start_api()
        await slowed_down(house, (f"198.51.{number // 256 % 256}.{number % 256}" for number in count()))


async def slowed_down(house: House, forwarded: Iterator[str]) -> None:
    """Try false keys, each as if it came from the next address, until one of them is not even looked at."""

    async def status(client: httpx.AsyncClient) -> int:
        headers = {"authorization": f"Bearer mds_{secrets.token_hex(6)}_x", "x-forwarded-for": next(forwarded)}
        return (await client.get(ADDRESS, headers=headers)).status_code

    few = httpx.Limits(max_connections=20)
    async with httpx.AsyncClient(base_url=house.installation.base_url, timeout=60, limits=few) as client:

        async def is_slowed_down() -> bool:
            found = set(await asyncio.gather(*(status(client) for _ in range(100))))
            assert found <= {401, 429}
            return 429 in found

        await eventually(is_slowed_down)
