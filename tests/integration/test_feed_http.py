"""Lists, exports and feeds of an institution, of a real API process and a real worker."""

import asyncio
import gzip
import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from app.codes import Code
from tests.builders import add_institution, add_person, payment_json
from tests.harness import House, copy_of, eventually, house_in
from tests.integration.test_http import assert_problem, post

LIST, EXPORT, FEED = "/v1/transactions", "/v1/transactions/export", "/v1/transactions/feed"
STREAM = {"Accept": "text/event-stream"}


@pytest.fixture
async def institution(standing: House) -> str:
    """A hospital of this test alone."""
    code = f"H{secrets.token_hex(6)[:11].upper()}"
    await add_institution(standing.pool, code)
    return code


async def settle(client: httpx.AsyncClient, institution: str, person: str, count: int, **fields: Any) -> list[str]:
    """Message ids, in the order in which they were settled."""
    ids = []
    for _ in range(count):
        response = await post(
            client, payment_json(**{"institution": institution, "person_no": person, "amount": 10, **fields})
        )
        assert response.status_code == 201
        ids.append(response.json()["message_id"])
    return ids


async def projected(client: httpx.AsyncClient, institution: str, count: int) -> list[dict[str, Any]]:
    """The first page of the list, once it holds so many."""
    found: list[dict[str, Any]] = []

    async def enough() -> bool:
        answer = await client.get(LIST, params={"institution": institution, "limit": 500, "order": "oldest_first"})
        found[:] = answer.json()["transactions"]
        return len(found) >= count

    await eventually(enough)
    return found


def ids_of(outcomes: list[dict[str, Any]]) -> list[str]:
    return [outcome["message_id"] for outcome in outcomes]


# Pages


async def test_a_list_goes_page_by_page(client: httpx.AsyncClient, institution: str, person: str) -> None:
    ids = await settle(client, institution, person, 5)
    await projected(client, institution, 5)
    for order, expected in (("oldest_first", ids), ("newest_first", ids[::-1])):
        found: list[str] = []
        params = {"institution": institution, "limit": "2", "order": order}
        while True:
            page = (await client.get(LIST, params=params)).json()
            found += ids_of(page["transactions"])
            if page["next_cursor"] is None:
                break
            params["cursor"] = page["next_cursor"]
        assert found == expected


async def test_a_listed_transaction_is_the_stored_outcome(
    client: httpx.AsyncClient, institution: str, person: str
) -> None:
    first = (await post(client, payment_json(institution=institution, person_no=person, metadata={"till": "7"}))).json()
    assert await projected(client, institution, 1) == [first]


async def test_a_list_is_filtered(client: httpx.AsyncClient, institution: str, person: str) -> None:
    paid = await settle(client, institution, person, 2)
    [declined] = await settle(client, institution, person, 1, short_balance="decline", person_no="STRANGER")
    [deposit] = await settle(client, institution, person, 1, kind="registration", amount=None, visit="outpatient")
    outcomes = await projected(client, institution, 4)

    async def found(**params: Any) -> list[str]:
        answer = await client.get(LIST, params={"institution": institution, "order": "oldest_first", **params})
        return ids_of(answer.json()["transactions"])

    assert await found(status="declined", code="person_unknown") == [declined]
    assert await found(kind=["payment", "registration"]) == [*paid, declined, deposit]
    assert await found(kind="registration") == [deposit]
    assert await found(business_day=outcomes[0]["business_day"]) == [*paid, declined, deposit]
    assert await found(business_day="2020-01-01") == []
    assert await found(**{"from": outcomes[1]["settled_at"], "to": outcomes[3]["settled_at"]}) == [paid[1], declined]


@pytest.mark.parametrize(
    "params",
    [
        {"cursor": "x"}, {"cursor": "9" * 19}, {"limit": "0"}, {"limit": "501"}, {"order": "up"}, {"status": "paid"},
        {"kind": "x"}, {"code": "x"}, {"from": "2026-01-01"}, {"from": "2026-01-01T00:00:00"}, {"business_day": "x"},
        {"institution": "x"}, {"institution": "H0000000000\x00"},
    ],
    ids=lambda params: "-".join(f"{name}={value}" for name, value in params.items()),
)  # fmt: skip
async def test_a_bad_parameter_is_named(client: httpx.AsyncClient, institution: str, params: dict[str, str]) -> None:
    answer = await client.get(LIST, params={"institution": institution, **params})
    problem = assert_problem(answer, 422, Code.INVALID_FIELD)
    assert problem["errors"][0]["pointer"] == f"#/query/{next(iter(params))}"


async def test_a_mistyped_filter_does_not_find_everything(client: httpx.AsyncClient, institution: str) -> None:
    answer = await client.get(LIST, params={"institution": institution, "buisness_day": "2026-01-01"})
    assert_problem(answer, 422, Code.INVALID_FIELD)


# A day as a file


async def test_an_export_holds_what_was_answered_before(
    client: httpx.AsyncClient, institution: str, person: str
) -> None:
    answers = [await post(client, payment_json(institution=institution, person_no=person, amount=1)) for _ in range(3)]
    outcomes = [answer.json() for answer in answers]
    params = {"institution": institution, "day": outcomes[0]["business_day"]}
    plain = await client.get(EXPORT, params=params, headers={"Accept-Encoding": "identity"})
    assert plain.headers["content-type"] == "application/x-ndjson"
    assert "content-encoding" not in plain.headers
    assert [orjson.loads(line) for line in plain.content.splitlines()] == outcomes
    async with client.stream("GET", EXPORT, params=params, headers={"Accept-Encoding": "br, gzip"}) as packed:
        assert packed.headers["content-encoding"] == "gzip"
        raw = b"".join([chunk async for chunk in packed.aiter_raw()])
    assert gzip.decompress(raw) == plain.content
    empty = await client.get(EXPORT, params={**params, "day": "2020-01-01"})
    assert (empty.status_code, empty.content) == (200, b"")


@pytest.mark.parametrize("accepted", ["gzip;q=0", "identity", "br;q=1", "*;q=0.0"])
async def test_nobody_is_sent_gzip_unasked(client: httpx.AsyncClient, institution: str, accepted: str) -> None:
    answer = await client.get(
        EXPORT, params={"institution": institution, "day": "2026-01-01"}, headers={"Accept-Encoding": accepted}
    )
    assert "content-encoding" not in answer.headers


# The feed


async def test_a_feed_is_followed_by_its_cursor(client: httpx.AsyncClient, institution: str, person: str) -> None:
    ids = await settle(client, institution, person, 3)
    await projected(client, institution, 3)
    first = (await client.get(FEED, params={"institution": institution, "limit": 2})).json()
    assert [event["cursor"] for event in first["events"]] == ["1", "2"]
    assert ids_of([event["outcome"] for event in first["events"]]) == ids[:2]
    second = (await client.get(FEED, params={"institution": institution, "cursor": first["next_cursor"]})).json()
    assert ids_of([event["outcome"] for event in second["events"]]) == ids[2:]
    last = (await client.get(FEED, params={"institution": institution, "cursor": second["next_cursor"]})).json()
    assert last == {"events": [], "next_cursor": "3"}
    latest = (await client.get(FEED, params={"institution": institution, "cursor": "latest"})).json()
    assert latest == {"events": [], "next_cursor": "3"}


async def test_who_waits_is_answered_when_something_is_settled(
    client: httpx.AsyncClient, institution: str, person: str
) -> None:
    waiting = asyncio.create_task(client.get(FEED, params={"institution": institution, "wait": 30}))
    await asyncio.sleep(0.5)
    assert not waiting.done()
    ids = await settle(client, institution, person, 1)
    assert ids_of([event["outcome"] for event in (await waiting).json()["events"]]) == ids


async def test_who_waits_in_vain_is_answered_with_nothing(client: httpx.AsyncClient, institution: str) -> None:
    answer = await client.get(FEED, params={"institution": institution, "wait": 1})
    assert answer.json() == {"events": [], "next_cursor": "0"}


async def test_what_came_by_kafka_is_told_too(
    standing: House, client: httpx.AsyncClient, institution: str, person: str
) -> None:
    value = payment_json(institution=institution, person_no=person)
    await standing.send(value, key=person.encode())
    answer = await client.get(FEED, params={"institution": institution, "wait": 30})
    [event] = answer.json()["events"]
    assert event["outcome"]["message_id"] == orjson.loads(value)["message_id"]


@asynccontextmanager
async def streamed(
    client: httpx.AsyncClient, institution: str, **headers: str
) -> AsyncIterator[AsyncIterator[tuple[str, dict[str, Any]]]]:
    """Id and outcome of each event of a stream."""
    async with client.stream(
        "GET", FEED, params={"institution": institution}, headers={**STREAM, **headers}
    ) as response:
        assert response.headers["content-type"].startswith("text/event-stream")

        async def events() -> AsyncGenerator[tuple[str, dict[str, Any]], None]:
            number = ""
            async for line in response.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "id":
                    number = value
                elif name == "data":
                    yield number, orjson.loads(value)

        async with aclosing(events()) as stream:
            yield stream


async def test_a_stream_tells_what_was_and_what_comes(client: httpx.AsyncClient, institution: str, person: str) -> None:
    before = await settle(client, institution, person, 2)
    async with streamed(client, institution) as events:
        told = [await anext(events), await anext(events)]
        after = await settle(client, institution, person, 1)
        told.append(await anext(events))
    assert [(number, outcome["message_id"]) for number, outcome in told] == [
        ("1", before[0]), ("2", before[1]), ("3", after[0]),
    ]  # fmt: skip


async def test_a_stream_goes_on_where_it_broke_off(client: httpx.AsyncClient, institution: str, person: str) -> None:
    ids = await settle(client, institution, person, 3)
    async with streamed(client, institution, **{"Last-Event-ID": "2"}) as events:
        number, outcome = await anext(events)
    assert (number, outcome["message_id"]) == ("3", ids[2])
    answer = await client.get(FEED, params={"institution": institution}, headers={**STREAM, "Last-Event-ID": "x"})
    assert_problem(answer, 422, Code.INVALID_FIELD)


async def test_open_streams_end_when_the_service_stops(house_folder: Path, tmp_path: Path) -> None:
    """They end whole; what is cut off at the drain bound ends in the midst of a chunk."""
    async with house_in(copy_of(house_folder, tmp_path / "house"), drain_seconds_max=30) as house:
        await add_institution(house.pool)
        await add_person(house.pool, balance=1_000)
        api = await house.start_api()
        async with house.client() as client:
            poll = asyncio.create_task(
                client.get(FEED, params={"institution": "H00000000001", "cursor": "latest", "wait": 30})
            )
            async with client.stream("GET", FEED, params={"institution": "H00000000001"}, headers=STREAM) as response:
                lines = response.aiter_lines()
                assert await anext(lines) == "retry: 2000"
                for _ in range(5):  # the poll was sent before these, so it is in hand once they are answered
                    await asyncio.sleep(0.2)
                    assert (await client.get("/health/live")).is_success
                await house.stop(api)
                assert [line async for line in lines if line] == []
            assert (await poll).json()["events"] == []
