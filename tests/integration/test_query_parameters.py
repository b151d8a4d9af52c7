"""What stands behind the `?` of an address, for every route: one value each, and no names but those of the document."""

import re
from typing import Any

import httpx
import pytest
from app.access.policy import OPEN, RULES
from app.codes import Code
from app.config import Settings
from app.main import create_app
from tests.builders import HOSPITAL
from tests.callers import BANK
from tests.harness import House

PARAMETERS = {
    f"{method.upper()} {path}": [each for each in operation.get("parameters", ()) if each["in"] == "query"]
    for path, operations in create_app(Settings()).openapi()["paths"].items()
    for method, operation in operations.items()
}


def takes_one_value(parameter: dict[str, Any]) -> bool:
    schema = parameter["schema"]
    return all(each.get("type") != "array" for each in schema.get("anyOf", [schema]))


SINGLE = [(route, each["name"]) for route, found in PARAMETERS.items() for each in found if takes_one_value(each)]
READING_A_QUERY = sorted(
    route for route, found in PARAMETERS.items() if route not in OPEN and (found or route.startswith("GET "))
)


async def ask(house: House, route: str, query: str) -> httpx.Response:
    """In the name of someone who may, at an address of their own."""
    method, path = route.split()
    role = min(RULES[route].roles)
    own = {"institution": HOSPITAL, "bank": BANK}
    address = re.sub(r"\{(\w+)\}", lambda found: own.get(found[1], "1"), path)
    async with house.client(await house.keys.key(role)) as client:
        return await client.request(method, f"{address}?{query}")


def assert_refused(answer: httpx.Response, pointer: str) -> None:
    told = answer.json()
    assert (answer.status_code, told["code"]) == (422, Code.INVALID_FIELD)
    assert answer.headers["content-type"] == "application/problem+json"
    assert [each["pointer"] for each in told["errors"]] == [f"#{pointer}"]


@pytest.mark.parametrize(("route", "name"), SINGLE)
async def test_a_parameter_of_one_value_is_refused_with_two(standing: House, route: str, name: str) -> None:
    assert_refused(await ask(standing, route, f"{name}=1&{name}=1"), f"/query/{name}")


@pytest.mark.parametrize("route", READING_A_QUERY)
async def test_a_parameter_that_the_route_does_not_have_is_refused(standing: House, route: str) -> None:
    answer = await ask(standing, route, "istitution=X")
    assert_refused(answer, "/query")
    assert "istitution" not in answer.text


async def test_a_filter_of_many_values_takes_them(standing: House) -> None:
    answer = await ask(standing, "GET /v1/transactions", f"institution={HOSPITAL}&status=settled&status=held")
    assert answer.status_code == 200
