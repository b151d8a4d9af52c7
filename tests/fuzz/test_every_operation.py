"""Every operation of the contract, with requests made from it, good and bad, against real processes.

Nothing may be answered with a 5xx, with a status or a media type that the contract does not have, or with a body or
headers of another form; what breaks the contract is refused, and so is who has no key. MEDSETTLE_FUZZ_EXAMPLES says how
many requests of each kind an operation gets; where it is empty the same five are made each time.
"""

import os
from datetime import date
from typing import Any

import pytest
import schemathesis
from app.access.policy import RULES
from app.access.principal import Role
from app.config import Settings
from app.main import create_app
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import CheckFunction
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    unsupported_method,
)
from tests.builders import HOSPITAL, add_person
from tests.callers import BANK
from tests.harness import House
from tests.settlement_files import add_file

EXAMPLES = int(os.environ.get("MEDSETTLE_FUZZ_EXAMPLES") or 0)
PERSON = "PFUZZ1"
FILE = "20200102_102_payment_v1.txt"

schema = schemathesis.openapi.from_dict(create_app(Settings()).openapi())


@schemathesis.serializer("application/vnd.apache.parquet", "application/zip")
def _as_it_is(_: object, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


# Rules that no schema tells, such as check digits, who issued a card, and that a time is not to come.
ALWAYS_EXCUSED: list[CheckFunction] = [positive_data_acceptance]
EXCUSED: dict[str, list[CheckFunction]] = {
    # What is wrong with an item is said in its place.
    "POST /v1/transactions/batch": [negative_data_rejection],
    # `search` is an address of its own and could be a person's number too, with the methods of that.
    "POST /v1/persons/search": [allow_header_conformance],
    # So are these, and could be a run.
    "POST /v1/reconciliations/totals": [allow_header_conformance, unsupported_method],
    "POST /v1/reconciliations/details": [allow_header_conformance, unsupported_method],
    # And these, and could be the number of a letter.
    "POST /v1/dead-letters/replay": [allow_header_conformance, unsupported_method],
    "POST /v1/dead-letters/discard": [allow_header_conformance, unsupported_method],
    # Whatever comes is answered in the national interface's own words, with 200.
    "POST /mbs/fmi/fsi/api/callFsiService/callService": [negative_data_rejection],
}


@pytest.fixture(scope="session")
async def keys(standing: House) -> dict[Role, str]:
    await add_person(standing.pool, PERSON, balance=10**9)
    file = await add_file(standing.pool, BANK, b"0123456789", day=date(2020, 1, 2))
    assert file.file_id == FILE
    return {role: await standing.keys.key(role) for role in Role}


@schema.parametrize()
@settings(
    max_examples=EXAMPLES or 5,
    derandomize=not EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_is_what_the_contract_says(case: Case[Any], standing: House, keys: dict[Role, str]) -> None:
    name = case.operation.label
    rule = RULES.get(name)
    headers = {} if rule is None else {"Authorization": f"Bearer {keys[min(rule.roles)]}"}
    _name_what_is_there(case)
    case.headers.pop("Content-Length", None)  # a wrong one is no HTTP, and refused before any contract
    excused = [*ALWAYS_EXCUSED, *EXCUSED.get(name, [])]
    if any(isinstance(value, list) and len(value) == 1 for value in case.query.values()):
        excused.append(negative_data_rejection)  # in an address a list of one is its one value
    case.call_and_validate(base_url=standing.installation.base_url, headers=headers, excluded_checks=excused)


def _name_what_is_there(case: Case[Any]) -> None:
    """Half of the good requests are about an institution, a person and a file that are there. Nobody waits."""
    if str(case.query.get("wait", "")).isdecimal():
        case.query["wait"] = 0
    meta = case.meta
    assert meta is not None
    if meta.generation.mode is GenerationMode.NEGATIVE or len(repr(case.body)) % 2:
        return
    for container in (case.path_parameters, case.query, case.body):
        if isinstance(container, dict):
            for name, value in (("institution", HOSPITAL), ("person_no", PERSON), ("file_id", FILE)):
                if isinstance(container.get(name), str):
                    container[name] = value
