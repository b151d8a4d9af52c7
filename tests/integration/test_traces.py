"""Traces of real processes at a real collector: a span for each batch and each request, and nothing personal in any."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from app.access.principal import Role
from app.database import Pool
from app.embedded.broker import ensure_topics
from app.embedded.ports import free_port
from app.embedded.process import Child
from pydantic import SecretStr
from tests.acknowledging import return_file, send_file
from tests.builders import HOSPITAL, Database, add_card, payment, payment_json
from tests.callers import As, Keys
from tests.clearing_days import open_places, post_yesterday, yesterday
from tests.collector import Collector, Told
from tests.filing import tell_bank
from tests.harness import PARTITIONS, House, eventually
from tests.people import new_person
from tests.settlement_files import SIGNING_KEY

pytestmark = pytest.mark.processes

STATUSES = ("settled", "declined", "rejected", "conflict", "replayed", "dead_letters")


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector().running() as collector:
        yield collector


@pytest.fixture
async def traced(
    standing: House, collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    """Processes beside the standing ones, with a topic of their own, and with all that FastAPI would tell by itself."""
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
    async with beside(standing, tmp_path, otlp_endpoint=collector.endpoint) as house:
        yield house


def beside(standing: House, folder: Path, **overrides: Any) -> Any:
    topic = f"traced.{secrets.token_hex(6)}"
    return standing.other(folder / "traced", topic_transactions=topic, consumer_group=topic, **overrides)


async def make_topic(house: House) -> None:
    await ensure_topics(house.settings.kafka_bootstrap_servers, {house.settings.topic_transactions: PARTITIONS})


def traceparent() -> str:
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def place(traceparent: str) -> str:
    """The id of the span that it names."""
    return traceparent.split("-")[2]


def lines_of(child: Child) -> list[dict[str, Any]]:
    return [json.loads(line) for line in child.log_text().splitlines() if line.startswith("{")]


def batches_of(collector: Collector) -> list[Told]:
    return collector.named("settle batch")


# Batches from Kafka


async def test_each_batch_has_one_span_that_counts_what_it_came_to(
    standing: House, traced: House, collector: Collector, person: str
) -> None:
    await make_topic(traced)
    ids = [f"T{number}-{person}" for number in range(12)]
    for message_id in ids:
        await traced.send(payment_json(message_id=message_id, person_no=person, amount=1), key=person.encode())
    for value in (
        payment_json(message_id=ids[0], person_no=person, amount=1),
        payment_json(message_id=ids[0], person_no=person, amount=2),
        payment_json(message_id=f"DECLINED-{person}", person_no=f"{person}-NOBODY"),
        payment_json(message_id=f"REJECTED-{person}", person_no=person, kind="wish"),
        b"{",
        payment_json(message_id=f"LAST-{person}", person_no=person, amount=1),
    ):
        await traced.send(value, key=person.encode())
    worker = await traced.start_worker()
    await standing.told(f"LAST-{person}")
    assert await traced.stop(worker) == 0

    batches = batches_of(collector)
    rows = await standing.pool.fetch(
        "SELECT DISTINCT batch_id FROM settlement.settlements WHERE institution = $1 AND message_id LIKE '%' || $2",
        HOSPITAL, person,
    )  # fmt: skip
    told = [batch_id for batch in batches for batch_id in batch.attributes["medsettle.batch_ids"]]
    assert sorted(told) == sorted(batch_id for (batch_id,) in rows)
    for batch in batches:
        attributes = batch.attributes
        assert attributes["medsettle.lanes"] == [number % 1024 for number in attributes["medsettle.batch_ids"]]
        size = attributes["messaging.batch.message_count"]
        assert size == sum(int(each.partition(":")[2]) for each in attributes["medsettle.partitions"])
        assert size == sum(attributes[f"medsettle.{status}"] for status in STATUSES)
        assert (batch.service, batch.kind, batch.parent) == ("medsettle-worker", "consumer", "")
    assert {status: sum(batch.attributes[f"medsettle.{status}"] for batch in batches) for status in STATUSES} == {
        "settled": 13, "declined": 1, "rejected": 1, "conflict": 1, "replayed": 1, "dead_letters": 1,
    }  # fmt: skip


async def test_the_stages_of_a_batch_are_parts_of_its_span_and_so_is_what_is_logged_of_it(
    standing: House, traced: House, collector: Collector, person: str
) -> None:
    await make_topic(traced)
    await traced.send(payment_json(message_id=f"POISON-{person}", person_no=person, amount=1))
    await traced.send(payment_json(message_id=f"STAGES-{person}", person_no=person, amount=1))
    worker = await traced.start_worker()
    await standing.told(f"STAGES-{person}")
    assert await traced.stop(worker) == 0

    batches = {batch.trace_id: batch for batch in batches_of(collector)}
    for trace_id, batch in batches.items():
        parts = [span for span in collector.spans if span.trace_id == trace_id and span is not batch]
        assert {span.name for span in parts if span.parent == batch.span_id} == {
            "decode", "settle", "publish outcomes", "commit",
        }  # fmt: skip
    [refused] = [line for line in lines_of(worker) if line["event"] == "message_refused"]
    assert batches[refused["trace_id"]].attributes["medsettle.dead_letters"] == 1


async def test_a_batch_is_linked_to_what_its_producers_were_doing(
    standing: House, traced: House, collector: Collector, person: str
) -> None:
    await make_topic(traced)
    first, second = traceparent(), traceparent()
    for number, header in enumerate((first, second, first, "nonsense", "")):
        value = payment_json(message_id=f"L{number}-{person}", person_no=person, amount=1)
        await traced.send(value, headers=[("traceparent", header.encode())])
    await standing_told_of(standing, traced, f"L4-{person}")
    links = [link for batch in batches_of(collector) for link in batch.links]
    assert set(links) == {place(first), place(second)}


async def standing_told_of(standing: House, traced: House, message_id: str) -> None:
    """Have a worker settle what was sent, and stop."""
    worker = await traced.start_worker()
    await standing.told(message_id)
    assert await traced.stop(worker) == 0


# Requests


async def test_a_request_is_a_part_of_its_callers_trace_and_linked_from_its_batch(
    traced: House, collector: Collector, person: str
) -> None:
    caller = traceparent()
    api = await traced.start_api()
    async with traced.client() as client:
        headers = {"traceparent": caller, "x-request-id": "R-1"}
        content = payment_json(message_id=f"R-{person}", person_no=person, amount=1)
        answer = await client.post("/v1/transactions", content=content, headers=headers)
        assert answer.status_code == 201
        await client.get("/health/live")
    assert await traced.stop(api) == 0

    [request] = [span for span in collector.spans if span.kind == "server"]
    assert request.name == "POST /v1/transactions"
    assert request.service == "medsettle-api"
    assert (request.trace_id, request.parent) == (caller.split("-")[1], place(caller))
    assert request.attributes == {
        "http.request.method": "POST",
        "http.route": "/v1/transactions",
        "http.response.status_code": 201,
        "medsettle.request_id": "R-1",
    }
    [batch] = batches_of(collector)
    assert batch.links == [request.span_id]
    assert batch.attributes["medsettle.origin"] == "http"
    assert (batch.attributes["messaging.batch.message_count"], batch.attributes["medsettle.settled"]) == (1, 1)
    # the sweeper may publish what others left, each in a trace of its own
    [publication] = [span for span in collector.named("publish outcomes") if span.trace_id == batch.trace_id]
    assert publication.parent == batch.span_id


async def test_a_large_group_has_one_span_with_a_part_for_each_of_its_batches(
    traced: House, collector: Collector, person: str
) -> None:
    payers = [f"{person}-{number}" for number in range(400)]  # nobody knows them: their payments are declined
    api = await traced.start_api()
    async with traced.client() as client:
        content = b",".join([payment_json(message_id=f"R{payer}", person_no=payer) for payer in payers])
        answer = await client.post("/v1/transactions/batch", content=b"[" + content + b"]")
        assert answer.status_code == 200
    assert await traced.stop(api) == 0

    [group] = batches_of(collector)
    assert group.attributes["medsettle.declined"] == 400
    assert len(group.attributes["medsettle.batch_ids"]) == 2
    assert [(part.parent, part.error) for part in collector.named("settle")] == [(group.span_id, "")] * 2


async def test_requests_of_one_connection_are_traces_of_their_own(traced: House, collector: Collector) -> None:
    api = await traced.start_api()
    reader, writer = await asyncio.open_connection(traced.settings.api_host, traced.settings.api_port)
    writer.write(b"GET /v1/keys HTTP/1.1\r\nhost: api\r\n\r\n" * 3)
    for _ in range(3):
        await reader.readuntil(b"HTTP/1.1 200")
    writer.close()
    assert await traced.stop(api) == 0
    requests = collector.named("GET /v1/keys")
    assert [request.parent for request in requests] == ["", "", ""]
    assert len({request.trace_id for request in requests}) == 3


async def test_a_request_that_fails_is_told_as_failed(standing: House, collector: Collector, tmp_path: Path) -> None:
    keyless = {"otlp_endpoint": collector.endpoint, "data_keys": SecretStr("")}
    async with standing.other(tmp_path / "keyless", **keyless) as house:
        api = await house.start_api()
        async with house.client(await house.keys.key(Role.AGENCY)) as client:
            answer = await client.post("/v1/persons/search", json={"citizen_no": new_person().citizen_no})
            assert answer.status_code == 503
        assert await house.stop(api) == 0
    [request] = [span for span in collector.spans if span.kind == "server"]
    assert (request.name, request.error) == ("POST /v1/persons/search", "503")


# Clearing


async def test_the_steps_of_clearing_have_spans(
    standing: House, collector: Collector, tmp_path: Path, pool: Pool, database: Database
) -> None:
    await open_places(pool)
    await tell_bank(pool, "BANK01")
    await post_yesterday(pool, payment(amount=700))
    overrides = {
        "database_url": SecretStr(database.app_url),
        "signing_key": SecretStr(SIGNING_KEY),
        "otlp_endpoint": collector.endpoint,
    }
    async with standing.other(tmp_path / "house", **overrides) as house:
        scheduler, api = await house.start_scheduler(), await house.start_api()

        async def is_filed() -> bool:
            state = "SELECT state FROM clearing.business_days WHERE business_day = $1"
            return bool(await pool.fetchval(state, yesterday()) == "filed")

        await eventually(is_filed)
        file = await send_file(pool, database)
        key = await Keys(database.owner_url).key(Role.BANK, "BANK01")
        async with httpx.AsyncClient(base_url=house.installation.base_url, auth=As(key), timeout=60) as bank:
            address = f"/v1/settlement-files/{file.file_id}/acknowledgment"
            assert (await bank.post(address, content=return_file(file, "0", file.lines))).status_code == 201
        assert (await house.stop(scheduler), await house.stop(api)) == (0, 0)

    day = {"medsettle.business_day": str(yesterday())}
    [seal] = collector.named("seal day")
    assert (seal.attributes, seal.events) == (day, ["waited", "taken", "booked"])
    written = collector.named("write files")[0]
    assert written.service == "medsettle-scheduler"
    assert written.attributes == {
        **day,
        "medsettle.files": written.attributes["medsettle.files"],
        "medsettle.banks_held": 0,
    }
    assert written.attributes["medsettle.files"] >= 2
    [taken] = collector.named("take acknowledgment")
    assert taken.attributes == {
        **day, "medsettle.file_id": file.file_id, "medsettle.code": "ok", "medsettle.paid": len(file.lines),
        "medsettle.failed": 0,
    }  # fmt: skip
    [request] = [span for span in collector.spans if span.span_id == taken.parent]
    assert request.name == "POST /v1/settlement-files/{file_id}/acknowledgment"


# What is never told


async def test_nothing_personal_is_in_any_byte_that_a_collector_gets(
    standing: House, traced: House, collector: Collector, person: str
) -> None:
    new = new_person()
    card_no, message_id = f"CARD{secrets.token_hex(6)}", f"PRIVATE-{person}"
    await add_card(standing.pool, card_no, person)
    await make_topic(traced)
    private = [("traceparent", traceparent().encode()), ("tracestate", f"a={new.citizen_no}".encode())]
    card = {"cert_type": "03", "card_no": card_no, "card_sn": "SN1"}
    value = payment_json(message_id=message_id, person_no=person, amount=1, card=card, metadata={"name": new.name})
    await traced.send(value, key=person.encode(), headers=private)
    await traced.send(f'{{"{new.citizen_no}'.encode(), key=person.encode())
    worker, api = await traced.start_worker(), await traced.start_api()
    await standing.told(message_id)
    key = await traced.keys.key(Role.AGENCY)
    headers = {"traceparent": traceparent(), "tracestate": f"a={new.citizen_no}", "baggage": f"n={new.citizen_no}"}
    async with traced.client(key) as client:
        body = {"person_no": new.person_no, "citizen_no": new.citizen_no, "name": new.name}
        assert (await client.post("/v1/persons", json=body, headers=headers)).status_code == 201
        for address in (
            f"/v1/persons/{person}/accounts",
            f"/v1/persons/{new.person_no}?name={new.citizen_no}",
            f"/v1/cards/{card_no}",
            f"/v1/{new.citizen_no}",
            f"/v1/transactions/{HOSPITAL}/{message_id}",
        ):
            await client.get(address, headers={**headers, "x-request-id": new.citizen_no})
        await client.post("/v1/persons", content=f'{{"name": "{new.name}", {new.citizen_no}', headers=headers)
        await client.post("/v1/persons/search", json={"citizen_no": new.citizen_no}, headers=headers)
    assert (await traced.stop(worker), await traced.stop(api)) == (0, 0)

    assert len([span for span in collector.spans if span.kind == "server"]) == 8
    assert batches_of(collector)
    data_key = traced.settings.data_keys.get_secret_value()
    secrets_sent = [new.citizen_no, new.name, new.person_no, person, card_no, message_id, key, data_key]
    assert [each for each in secrets_sent if each.encode() in collector.raw] == []
    assert {path for path, _ in collector.received} == {"/v1/traces"}


# A collector that is away


async def test_where_the_collector_is_away_everything_settles_and_the_log_says_it_once(
    standing: House, tmp_path: Path, person: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    async with beside(standing, tmp_path, otlp_endpoint=f"http://127.0.0.1:{free_port()}") as house:
        await make_topic(house)
        worker = await house.start_worker()
        for number in range(20):
            await house.send(payment_json(message_id=f"A{number}-{person}", person_no=person, amount=1))
            await standing.told(f"A{number}-{person}")

        async def is_said() -> bool:
            return "traces_not_taken" in worker.log_text()

        await eventually(is_said)
        assert await house.stop(worker) == 0
    said = [line for line in lines_of(worker) if line["level"] in ("warning", "error")]
    assert [line["event"] for line in said] == ["traces_not_taken"]


async def test_a_collector_that_never_answers_holds_up_neither_batches_nor_the_end(
    standing: House, collector: Collector, tmp_path: Path, person: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "600")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    collector.may_answer.clear()
    async with beside(standing, tmp_path, otlp_endpoint=collector.endpoint) as house:
        await make_topic(house)
        worker, api = await house.start_worker(), await house.start_api()
        async with house.client() as client:
            for number in range(20):
                await house.send(payment_json(message_id=f"N{number}-{person}", person_no=person, amount=1))
                await standing.told(f"N{number}-{person}")
                content = payment_json(message_id=f"NH{number}-{person}", person_no=person, amount=1)
                assert (await client.post("/v1/transactions", content=content)).status_code == 201
        assert collector.received
        # Killed, where it had not ended by the bound of its drain.
        assert (await house.stop(worker), await house.stop(api)) == (0, 0)
