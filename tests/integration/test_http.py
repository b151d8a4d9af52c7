"""The HTTP interface of a real API process, seen as a hospital's system sees it."""

import asyncio
import re
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from app.codes import CATALOGUE, Code
from app.ledger.buckets import bucket_of
from pydantic import SecretStr
from tests.builders import HOSPITAL, PHARMACY, add_institution, add_person, payment_json
from tests.harness import PARTITIONS, House, copy_of, eventually, house_in

BATCH = "/v1/transactions/batch"


async def post(client: httpx.AsyncClient, value: bytes) -> httpx.Response:
    return await client.post("/v1/transactions", content=value)


async def settled(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    response = await post(client, payment_json(**fields))
    assert response.status_code == 201, response.text
    outcome: dict[str, Any] = response.json()
    return outcome


def new_id() -> str:
    return f"N{secrets.token_hex(8)}"


def assert_problem(response: httpx.Response, status: int, code: Code) -> dict[str, Any]:
    """RFC 9457, with a code of the catalogue."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert set(problem) - {"errors"} == {"type", "title", "status", "code", "detail", "request_id"}
    assert problem["request_id"] == response.headers["x-request-id"]
    assert (problem["code"], problem["status"]) == (code, status)
    assert problem["title"] == CATALOGUE[code].meaning
    assert problem["type"] == f"urn:medsettle:problem:{code}"
    assert problem["detail"]
    return problem


async def test_a_body_that_is_read_as_a_model_is_bounded(client: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * (1 << 16)

    for address in ("/v1/reconciliations/totals", "/v1/card-verifications", "/v1/persons"):
        assert_problem(await client.post(address, content=endless()), 413, Code.MESSAGE_TOO_LARGE)


# One transaction


async def test_a_first_message_is_created(client: httpx.AsyncClient, person: str) -> None:
    response = await post(client, payment_json(person_no=person, amount=10_500, metadata={"till": "7"}))
    outcome = response.json()
    assert response.status_code == 201
    assert response.headers["content-type"] == "application/json"
    assert re.fullmatch(r"\d{28}", outcome["settlement_id"])
    assert outcome["parts"] == [
        {"source": "account", "amount": 10_000, "part": "current"},
        {"source": "cash", "amount": 500},
    ]
    assert outcome["metadata"] == {"till": "7"}
    said = {name: outcome[name] for name in ("status", "code", "account_paid", "cash_due", "balance_after", "replayed")}
    assert said == {
        "status": "settled", "code": "ok", "account_paid": 10_000, "cash_due": 500, "balance_after": 0,
        "replayed": False,
    }  # fmt: skip


async def test_a_repeat_is_answered_200_with_the_stored_outcome(client: httpx.AsyncClient, person: str) -> None:
    value = payment_json(message_id=new_id(), person_no=person)
    first, repeat = await post(client, value), await post(client, value)
    assert (first.status_code, repeat.status_code) == (201, 200)
    assert repeat.json() == {**first.json(), "replayed": True}


async def test_a_conflict_is_answered_409_with_the_fields_that_differ(client: httpx.AsyncClient, person: str) -> None:
    """A conflict was an HTTP 500 in formancehq/ledger#1601."""
    message_id = new_id()
    first = await settled(client, message_id=message_id, person_no=person)
    response = await post(client, payment_json(message_id=message_id, person_no=person, amount=2, med_type="11"))
    conflict = response.json()
    assert response.status_code == 409
    assert (conflict["status"], conflict["code"]) == ("conflict", "message_conflict")
    assert conflict["differing_fields"] == ["amount", "med_type"]
    assert conflict["settlement_id"] == first["settlement_id"]
    assert conflict["account_paid"] == 0


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"person_no": "STRANGER"}, "declined", "person_unknown"),
        ({"card": {"cert_type": "03", "card_no": "NONE"}}, "declined", "card_unknown"),
        ({"amount": 10_001, "short_balance": "decline"}, "declined", "insufficient_funds"),
        ({"institution": "X00000000009"}, "rejected", "institution_unknown"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_decline_is_a_recorded_outcome(
    client: httpx.AsyncClient, person: str, fields: dict[str, Any], status: str, code: str
) -> None:
    outcome = await settled(client, **{"person_no": person, **fields, "message_id": new_id()})
    assert (outcome["status"], outcome["code"], outcome["parts"]) == (status, code, [])
    assert outcome["settlement_id"]


async def test_a_stored_outcome_can_be_asked_for(client: httpx.AsyncClient, person: str) -> None:
    outcome = await settled(client, message_id="a+b:c@d=e*f.g_h-i" + secrets.token_hex(4), person_no=person)
    response = await client.get(f"/v1/transactions/{HOSPITAL}/{outcome['message_id']}")
    assert response.status_code == 200
    assert response.json() == {**outcome, "replayed": True}


@pytest.mark.parametrize(
    "address",
    [
        f"{HOSPITAL}/NEVER-SENT",
        f"{PHARMACY}/%00",
        "x/y",
        "%F0%9F%8F%A5/%E8%8D%AF",
        "%FF/%FE",
        f"{HOSPITAL}/" + "9" * 5_000,
        f"{HOSPITAL}/a%7Cb",
        f"{HOSPITAL}/%27%20OR%201=1",
    ],
)
async def test_what_was_never_settled_is_not_found(client: httpx.AsyncClient, address: str) -> None:
    assert_problem(await client.get(f"/v1/transactions/{address}"), 404, Code.TRANSACTION_NOT_FOUND)


# The idempotency key as a header


async def post_with(client: httpx.AsyncClient, key: str, value: bytes) -> httpx.Response:
    return await client.post("/v1/transactions", content=value, headers={"Idempotency-Key": key})


@pytest.mark.parametrize("form", ["{}", '"{}"'])
async def test_the_key_may_be_sent_as_a_header_too(client: httpx.AsyncClient, person: str, form: str) -> None:
    message_id = new_id()
    value = payment_json(message_id=message_id, person_no=person)
    first, repeat = [await post_with(client, form.format(message_id), value) for _ in range(2)]
    assert (first.status_code, repeat.status_code) == (201, 200)
    assert "idempotency-replayed" not in first.headers
    assert repeat.headers["idempotency-replayed"] == "true"


async def test_the_key_may_stand_in_the_header_alone(client: httpx.AsyncClient, person: str) -> None:
    message_id = new_id()
    value = payment_json(message_id=None, person_no=person)
    assert (await post_with(client, message_id, value)).json()["message_id"] == message_id
    assert (await post_with(client, message_id, value)).status_code == 200


async def test_a_header_that_is_another_key_is_refused(client: httpx.AsyncClient, person: str) -> None:
    message_id = new_id()
    answer = await post_with(client, "OTHER", payment_json(message_id=message_id, person_no=person))
    problem = assert_problem(answer, 422, Code.IDEMPOTENCY_KEY_MISMATCH)
    assert problem["errors"][0]["pointer"] == "#/header/Idempotency-Key"
    answer = await client.get(f"/v1/transactions/{HOSPITAL}/{message_id}")
    assert_problem(answer, 404, Code.TRANSACTION_NOT_FOUND)


async def test_a_batch_has_no_key_for_all(client: httpx.AsyncClient) -> None:
    body = b"[" + payment_json() + b"]"
    answer = await client.post("/v1/transactions/batch", content=body, headers={"Idempotency-Key": "B1"})
    assert (answer.status_code, answer.json()["code"]) == (422, Code.IDEMPOTENCY_KEY_INVALID)
    assert answer.json()["errors"][0]["pointer"] == "#/header/Idempotency-Key"


@pytest.mark.parametrize("key", ["", '"', '""', "a b", '"a', "x" * 31, "a|b", "é"])
async def test_a_header_that_is_no_key_is_refused(client: httpx.AsyncClient, key: str) -> None:
    answer = await client.post(
        "/v1/transactions", content=payment_json(), headers={b"Idempotency-Key": key.encode("latin-1")}
    )
    assert_problem(answer, 422, Code.IDEMPOTENCY_KEY_INVALID)


# Request ids


async def test_a_request_is_named_by_its_sender(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health/live", headers={"X-Request-Id": "till-7.2026-11-22:0001"})
    assert answer.headers["x-request-id"] == "till-7.2026-11-22:0001"
    answer = await client.get("/v1/transactions/x/y", headers={"X-Request-Id": "till-7"})
    assert assert_problem(answer, 404, Code.TRANSACTION_NOT_FOUND)["request_id"] == "till-7"


@pytest.mark.parametrize("sent", ["", "a b", "x" * 65, "<script>", "11010519491231002X", "110105194912310"])
async def test_a_request_without_a_sane_name_is_given_one(client: httpx.AsyncClient, sent: str) -> None:
    answers = [await client.get("/health/live", headers={"X-Request-Id": sent}) for _ in range(2)]
    names = {answer.headers["x-request-id"] for answer in answers}
    assert len(names) == 2
    assert all(re.fullmatch("[0-9a-f]{32}", name) for name in names)


# What is refused


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b"\xef\xbb\xbf{}", b'"x"'])
async def test_what_is_no_json_object_is_a_bad_request(client: httpx.AsyncClient, body: bytes) -> None:
    assert_problem(await post(client, body), 400, Code.INVALID_JSON)


async def test_a_repeated_key_is_a_bad_request(client: httpx.AsyncClient) -> None:
    body = payment_json()[:-1] + b',"amount":5}'
    assert_problem(await post(client, body), 400, Code.DUPLICATE_KEY)


@pytest.mark.parametrize(
    ("fields", "code", "pointer"),
    [
        ({"amount": 1.5}, Code.INVALID_AMOUNT, "#/amount"),
        ({"amount": "1000"}, Code.INVALID_AMOUNT, "#/amount"),
        ({"amount": 0}, Code.INVALID_AMOUNT, "#/amount"),
        ({"person_no": None}, Code.INVALID_FIELD, "#/person_no"),
        ({"kind": "contribution", "card": None}, Code.KIND_UNKNOWN, "#/kind"),
        ({"card": {"cert_type": "03"}}, Code.CARD_MISSING, "#/card/card_no"),
        ({"card": {"cert_type": "03", "card_no": 7}}, Code.INVALID_FIELD, "#/card/card_no"),
        ({"metadata": {"a": "x" * 2_000}}, Code.INVALID_FIELD, "#/metadata"),
        ({"message_id": "a b"}, Code.MESSAGE_KEY_MISSING, "#/message_id"),
        ({"institution": None}, Code.MESSAGE_KEY_MISSING, "#/institution"),
    ],
)
async def test_a_malformed_message_is_refused_with_a_pointer_to_the_field(
    client: httpx.AsyncClient, fields: dict[str, Any], code: Code, pointer: str
) -> None:
    problem = assert_problem(await post(client, payment_json(**fields)), 422, code)
    [error] = problem["errors"]
    assert error["pointer"] == pointer
    assert error["detail"]


async def test_a_malformed_message_is_not_recorded(client: httpx.AsyncClient, person: str) -> None:
    message_id = new_id()
    assert_problem(await post(client, payment_json(message_id=message_id, amount=0)), 422, Code.INVALID_AMOUNT)
    assert_problem(await client.get(f"/v1/transactions/{HOSPITAL}/{message_id}"), 404, Code.TRANSACTION_NOT_FOUND)
    assert (await settled(client, message_id=message_id, person_no=person))["replayed"] is False


async def test_a_message_that_the_database_refuses_is_answered(client: httpx.AsyncClient, person: str) -> None:
    response = await post(client, payment_json(message_id=f"POISON{new_id()}", person_no=person))
    problem = assert_problem(response, 422, Code.REFUSED_BY_DATABASE)
    assert person not in response.text
    assert problem["detail"] == "SQLSTATE 23514, constraint planted"


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_that_is_too_large_is_refused(client: httpx.AsyncClient, chunked: bool) -> None:
    body = payment_json(unknown="x" * 70_000)

    async def chunks() -> Any:
        for first in range(0, len(body), 1_000):
            yield body[first : first + 1_000]

    response = await client.post("/v1/transactions", content=chunks() if chunked else body)
    assert_problem(response, 413, Code.MESSAGE_TOO_LARGE)


@pytest.mark.parametrize("address", ["/", "/v1", "/v1/transaction", "/v1/transactions/a/b/c", "/consoles"])
async def test_an_unknown_address_is_not_found(client: httpx.AsyncClient, address: str) -> None:
    assert_problem(await client.get(address), 404, Code.NOT_FOUND)


@pytest.mark.parametrize(("method", "address"), [("GET", BATCH), ("DELETE", BATCH), ("PUT", BATCH)])
async def test_a_wrong_method_is_named(client: httpx.AsyncClient, method: str, address: str) -> None:
    response = await client.request(method, address)
    assert_problem(response, 405, Code.METHOD_NOT_ALLOWED)
    assert response.headers["allow"] == "POST"


# Batches


async def test_each_item_of_a_batch_is_answered_in_its_place(client: httpx.AsyncClient, person: str) -> None:
    taken = new_id()
    items = [
        payment_json(message_id=taken, person_no=person, amount=100),
        b"{}",
        payment_json(person_no=person, amount=0, message_id="BAD"),
        payment_json(message_id=taken, person_no=person, amount=100),
        payment_json(message_id=taken, person_no=person, amount=101),
        payment_json(message_id=f"POISON{new_id()}", person_no=person),
        b'{"a":1,"a":2}',
        b"17",
        payment_json(message_id=new_id(), person_no="STRANGER"),
        payment_json(message_id=new_id(), person_no=person, amount=9_900),
    ]
    response = await client.post(BATCH, content=b"[" + b",".join(items) + b"]")
    assert response.status_code == 200
    outcomes = response.json()
    assert [(outcome["status"], outcome["code"]) for outcome in outcomes] == [
        ("settled", "ok"),
        ("rejected", "message_key_missing"),
        ("rejected", "invalid_amount"),
        ("settled", "ok"),
        ("conflict", "message_conflict"),
        ("rejected", "refused_by_database"),
        ("rejected", "message_key_missing"),
        ("rejected", "invalid_json"),
        ("declined", "person_unknown"),
        ("settled", "ok"),
    ]
    assert [outcome["replayed"] for outcome in outcomes].index(True) == 3
    assert outcomes[2]["message_id"] == "BAD"
    assert outcomes[2]["detail"]
    assert outcomes[9]["balance_after"] == 0


async def test_a_batch_of_5000_is_settled_in_one_go(client: httpx.AsyncClient, standing: House, person: str) -> None:
    before = await standing.pool.fetchval("SELECT count(*) FROM ledger.batches")
    ids = [new_id() for _ in range(5_000)]
    items = [payment_json(message_id=message_id, person_no=person, amount=1) for message_id in ids]
    response = await client.post(BATCH, content=b"[" + b",".join(items) + b"]")
    outcomes = response.json()
    assert [outcome["message_id"] for outcome in outcomes] == ids
    assert [outcome["balance_after"] for outcome in outcomes] == list(range(9_999, 4_999, -1))
    assert await standing.pool.fetchval("SELECT count(*) FROM ledger.batches") == before + 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"[" + b",".join([b"{}"] * 5_001) + b"]", 422, Code.BATCH_INVALID),
        (b"[]", 422, Code.BATCH_INVALID),
        (b"{}", 422, Code.BATCH_INVALID),
        (b"7", 422, Code.BATCH_INVALID),
        (b"[{}", 400, Code.INVALID_JSON),
        (b"[" * 100_000, 400, Code.INVALID_JSON),
        (b"", 400, Code.INVALID_JSON),
        (b'["' + b"x" * (8 * 1024 * 1024) + b'"]', 413, Code.MESSAGE_TOO_LARGE),
    ],
    ids=["5001", "none", "object", "number", "truncated", "deep", "empty", "8 MiB"],
)
async def test_a_body_that_is_no_batch_is_refused(
    client: httpx.AsyncClient, body: bytes, status: int, code: Code
) -> None:
    assert_problem(await client.post(BATCH, content=body), status, code)


# Many at once


async def waiting(client: httpx.AsyncClient) -> int:
    text = (await client.get("/metrics")).text
    found = re.search(r"^medsettle_http_waiting_messages (\S+)$", text, re.MULTILINE)
    assert found
    return int(float(found.group(1)))


# Fen; together more than the person has.
AMOUNTS = range(10, 910, 10)


async def test_requests_that_wait_are_settled_together(standing: House, client: httpx.AsyncClient, person: str) -> None:
    before = await standing.pool.fetchval("SELECT count(*) FROM ledger.batches")
    async with asyncio.TaskGroup() as requests, standing.locked(person):
        answers = [
            requests.create_task(post(client, payment_json(message_id=f"{n}-{person}", person_no=person, amount=n)))
            for n in AMOUNTS
        ]

        async def all_wait() -> bool:
            return await waiting(client) == len(AMOUNTS)

        await eventually(all_wait)
    responses = [answer.result() for answer in answers]
    assert [response.status_code for response in responses] == [201] * len(AMOUNTS)
    for amount, response in zip(AMOUNTS, responses, strict=True):
        outcome = response.json()
        assert (outcome["amount"], outcome["message_id"]) == (amount, f"{amount}-{person}")
    assert sum(response.json()["account_paid"] for response in responses) == 10_000
    # The first one goes alone; those that arrived behind it go 50 together.
    assert await standing.pool.fetchval("SELECT count(*) FROM ledger.batches") <= before + 1 + 2


async def test_more_than_may_wait_is_refused_and_told_when_to_come_again(
    standing: House, person: str, tmp_path: Path
) -> None:
    async with standing.other(tmp_path, http_queue_max=5) as house, house.client() as client:
        await house.start_api()
        async with asyncio.TaskGroup() as requests, house.locked(person):
            answers = [
                requests.create_task(post(client, payment_json(message_id=new_id(), person_no=person, amount=1)))
                for _ in range(5)
            ]

            async def all_wait() -> bool:
                return await waiting(client) == 5

            await eventually(all_wait)
            refused = await post(client, payment_json(message_id=new_id(), person_no=person))
            refused_batch = await client.post(BATCH, content=b"[" + payment_json(message_id=new_id()) + b"]")
        for response in (refused, refused_batch):
            assert_problem(response, 503, Code.OVERLOADED)
            assert int(response.headers["retry-after"]) > 0
        assert [answer.result().status_code for answer in answers] == [201] * 5
        assert (await settled(client, message_id=new_id(), person_no=person))["replayed"] is False


async def test_a_client_that_goes_away_harms_no_other(standing: House, client: httpx.AsyncClient, person: str) -> None:
    gone, stays = new_id(), new_id()
    async with asyncio.TaskGroup() as requests, standing.locked(person), standing.client() as impatient:
        leaving = requests.create_task(post(impatient, payment_json(message_id=gone, person_no=person)))

        async def waits() -> bool:
            return await waiting(client) == 1

        await eventually(waits)
        leaving.cancel()
        answer = requests.create_task(post(client, payment_json(message_id=stays, person_no=person)))
    assert answer.result().status_code == 201
    assert (await client.get(f"/v1/transactions/{HOSPITAL}/{gone}")).status_code == 200
    assert await waiting(client) == 0


async def test_one_message_by_many_requests_at_once_is_settled_once(client: httpx.AsyncClient, person: str) -> None:
    for _ in range(5):
        value = payment_json(message_id=new_id(), person_no=person, amount=1)
        responses = await asyncio.gather(*(post(client, value) for _ in range(20)))
        assert Counter(response.status_code for response in responses) == {201: 1, 200: 19}
        assert len({response.json()["settlement_id"] for response in responses}) == 1


async def test_the_same_message_by_http_and_kafka_at_once_is_settled_once(
    standing: House, client: httpx.AsyncClient, person: str
) -> None:
    ids = [new_id() for _ in range(50)]
    values = [payment_json(message_id=message_id, person_no=person, amount=1) for message_id in ids]
    async with asyncio.TaskGroup() as both:
        requests = [both.create_task(post(client, value)) for value in values]
        for value in values:
            both.create_task(standing.send(value, key=person.encode()))
    responses = [request.result() for request in requests]
    for message_id, response in zip(ids, responses, strict=True):
        assert response.status_code in {200, 201}
        by_http = {**response.json(), "replayed": False}
        for told in await standing.told(message_id):
            assert {**told.outcome, "replayed": False} == by_http
    assert await standing.pool.fetchval("SELECT balance FROM ledger.accounts WHERE owner = $1", person) == 9_950


# Outcomes on their way to Kafka


async def test_what_came_by_http_is_told_on_the_topic(standing: House, client: httpx.AsyncClient, person: str) -> None:
    outcome = await settled(client, message_id=new_id(), person_no=person, metadata={"a": 1})
    [told] = await standing.told(outcome["message_id"])
    assert told.outcome == outcome
    assert told.record.key == person.encode()
    assert told.record.partition == bucket_of(person) % PARTITIONS


@pytest.mark.processes
async def test_what_was_settled_while_the_broker_could_not_be_reached_is_told_later(
    standing: House, person: str, tmp_path: Path
) -> None:
    away = {"kafka_bootstrap_servers": "127.0.0.1:1", "drain_seconds_max": 1}
    async with standing.other(tmp_path, **away) as house, house.client() as client:
        await house.start_api()
        outcomes = [await settled(client, message_id=new_id(), person_no=person, amount=1) for _ in range(3)]
    for outcome in outcomes:
        assert (await standing.told(outcome["message_id"]))[0].outcome == outcome


# Operation


async def test_health_says_what_is(client: httpx.AsyncClient) -> None:
    for word, status in (("live", "live"), ("startup", "started"), ("ready", "ready")):
        response = await client.get(f"/health/{word}")
        assert (response.status_code, response.json()) == (200, {"status": status})


async def test_a_database_without_the_schema_is_not_ready(standing: House, tmp_path: Path) -> None:
    url = standing.postgres.url("medsettle", standing.postgres.password, "postgres")
    async with standing.other(tmp_path, database_url=SecretStr(url)) as house, house.client() as client:
        house.installation._start("api")

        async def answers() -> bool:
            try:
                return (await client.get("/health/live")).is_success
            except httpx.TransportError:
                return False

        await eventually(answers)
        response = await client.get("/health/ready")
        assert (response.status_code, response.json()) == (503, {"status": "database not migrated"})


async def test_while_postgres_is_away_requests_are_told_to_come_again_and_then_they_are_served(
    house_folder: Path, tmp_path: Path
) -> None:
    async with house_in(copy_of(house_folder, tmp_path / "house")) as house, house.client() as client:
        await add_institution(house.pool)
        await add_person(house.pool, balance=10_000)
        await house.start_api()
        await settled(client, message_id="BEFORE")
        await house.postgres.stop()
        for response in (
            await post(client, payment_json(message_id="MEANWHILE")),
            await client.post(BATCH, content=b"[" + payment_json(message_id="MEANWHILE") + b"]"),
            await client.get(f"/v1/transactions/{HOSPITAL}/BEFORE"),
        ):
            assert_problem(response, 503, Code.DATABASE_UNAVAILABLE)
            assert int(response.headers["retry-after"]) > 0
        assert (await client.get("/health/ready")).status_code == 503
        assert (await client.get("/health/live")).status_code == 200
        await house.postgres.restart()
        assert (await settled(client, message_id="MEANWHILE"))["balance_after"] == 8_000
        assert (await client.get("/health/ready")).status_code == 200


async def test_no_citizen_number_shows_in_metrics_or_logs(
    standing: House, client: httpx.AsyncClient, person: str
) -> None:
    card = {"cert_type": "03", "card_no": f"Z{new_id()}", "card_sn": f"S{new_id()}"}
    for fields in ({}, {"amount": 0}, {"message_id": f"POISON{new_id()}"}):
        await post(client, payment_json(**{"message_id": new_id(), "person_no": person, "card": card, **fields}))
        await standing.send(payment_json(**{"message_id": new_id(), "person_no": person, "card": card, **fields}))
    await standing.told((await settled(client, message_id=new_id(), person_no=person))["message_id"])
    data_dir = standing.installation.data_dir
    logs = "".join((data_dir / f"{name}.log").read_text() for name in ("api", "worker"))
    text = (await client.get("/metrics")).text + logs
    for secret in (person, card["card_no"], card["card_sn"]):
        assert secret not in text


# The document


async def test_the_openapi_document_is_whole(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    assert {"title", "version"} <= document["info"].keys()
    schemas = document["components"]["schemas"]
    assert {"Message", "Outcome", "Problem", "Card", "Part"} <= schemas.keys()
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for operation in operations:
        assert operation["summary"]
        assert all(response["description"] for response in operation["responses"].values())
    for reference in re.findall(r'"\$ref":\s*"([^"]+)"', orjson.dumps(document).decode()):
        _, kind, name = reference.removeprefix("#/").split("/")
        assert name in document["components"][kind]
    for pattern in re.findall(r'"pattern":\s*("(?:[^"\\]|\\.)*")', orjson.dumps(document).decode()):
        re.compile(orjson.loads(pattern))


async def test_the_document_names_every_answer_that_these_tests_have_seen(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert {"201", "200", "409", "400", "413", "422", "503"} <= paths["/v1/transactions"]["post"]["responses"].keys()
    assert {"200", "400", "413", "422", "503"} <= paths[BATCH]["post"]["responses"].keys()
    assert {"200", "404", "503"} <= paths["/v1/transactions/{institution}/{message_id}"]["get"]["responses"].keys()


async def test_outcomes_have_the_fields_of_the_document(client: httpx.AsyncClient, person: str) -> None:
    schemas = (await client.get("/openapi.json")).json()["components"]["schemas"]
    outcome = await settled(client, message_id=new_id(), person_no=person)
    assert outcome.keys() == schemas["Outcome"]["properties"].keys()
    problem = (await post(client, b"")).json()
    assert problem.keys() <= schemas["Problem"]["properties"].keys()
    assert set(schemas["Problem"]["required"]) <= problem.keys()


async def test_the_example_of_the_document_is_a_message(client: httpx.AsyncClient) -> None:
    operation = (await client.get("/openapi.json")).json()["paths"]["/v1/transactions"]["post"]
    example = operation["requestBody"]["content"]["application/json"]["example"]
    response = await post(client, orjson.dumps({**example, "message_id": new_id()}))
    assert response.json()["code"] == "person_unknown"


async def test_the_documents_page_is_served(client: httpx.AsyncClient) -> None:
    assert (await client.get("/docs")).status_code == 200
