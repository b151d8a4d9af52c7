"""What holds for every route: problems without internals, ids, and a name of its own in the contract."""

from collections import Counter
from typing import Any

import httpx
import pytest
from app.codes import Code
from app.config import Settings
from app.main import create_app
from fastapi import FastAPI
from tests.harness import PLAIN

METHODS = {"get", "put", "post", "delete", "patch"}


@pytest.fixture
def app() -> FastAPI:
    return create_app(Settings())


def client_of(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://medsettle", verify=PLAIN)


def operations(app: FastAPI) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in app.openapi()["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]


async def test_a_failure_that_nobody_foresaw_tells_no_internals(
    app: FastAPI, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fail() -> None:
        raise ZeroDivisionError("the person 99000000000001")

    app.add_api_route("/fail", fail)
    async with client_of(app) as client:
        answer = await client.get("/fail", headers={"X-Request-Id": "till-7"})
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == "till-7"
    assert answer.json()["code"] == Code.INTERNAL_ERROR
    assert answer.json()["request_id"] == "till-7"
    assert "99000000000001" not in answer.text
    told = capsys.readouterr()
    assert "99000000000001" not in told.out + told.err


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/transactions/", "/v1/nothing", "/%00"])
async def test_an_unknown_address_is_a_problem(app: FastAPI, path: str) -> None:
    async with client_of(app) as client:
        answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, Code.NOT_FOUND)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/transactions", "GET, POST"),
        ("PUT", "/v1/transactions/batch", "POST"),
        ("POST", "/health/live", "GET"),
        ("POST", "/v1/persons/P1", "GET, PATCH"),
    ],
)
async def test_another_method_is_told_those_that_are_allowed(
    app: FastAPI, method: str, path: str, allowed: str
) -> None:
    async with client_of(app) as client:
        answer = await client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (405, Code.METHOD_NOT_ALLOWED)
    assert answer.headers["allow"] == allowed


def test_every_operation_has_a_name_of_its_own(app: FastAPI) -> None:
    names = Counter(operation["operationId"] for _, operation in operations(app))
    assert [name for name, count in names.items() if count > 1] == []


def test_every_refusal_is_a_problem(app: FastAPI) -> None:
    """But a conflict, which is an outcome."""
    schema = {"$ref": "#/components/schemas/Problem"}
    wrong = [
        f"{name} {status}"
        for name, operation in operations(app)
        for status, answer in operation["responses"].items()
        if int(status) >= 400
        and answer.get("content") != {"application/problem+json": {"schema": schema}}
        and not (status == "409" and "Outcome" in str(answer["content"]))
    ]
    assert wrong == ["GET /health/ready 503"]


def test_the_contract_tells_every_code(app: FastAPI) -> None:
    told = app.openapi()["info"]["description"]
    assert [code for code in Code if f"| `{code}` |" not in told] == []
