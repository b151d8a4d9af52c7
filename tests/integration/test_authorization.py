"""Who may call what: every route of the application, every role, what is one's own and what is another's.

It follows the application's own table of routes: a new one fails here until it is listed in app/access/policy.py and
until this test knows how to ask it for what is another's.
"""

import re
import secrets
from datetime import date
from typing import Any

import httpx
import pytest
from app.access.policy import OPEN, RULES, Own
from app.access.principal import Role
from app.codes import Code
from app.config import Settings
from app.main import create_app
from fastapi.routing import iter_route_contexts
from tests.builders import HOSPITAL, PHARMACY
from tests.callers import BANK
from tests.console import is_page
from tests.harness import PLAIN, House
from tests.national_calls import envelope
from tests.settlement_files import add_file

OTHER_BANK = "103"
NATIONAL = "POST /mbs/fmi/fsi/api/callFsiService/callService"

#: What stands in an address. Nothing of it is there, so that asking changes nothing; the owner is put in by its role.
ADDRESS = {
    "message_id": "NEVER-SENT",
    "person_no": "NOBODY",
    "card_no": "NO-CARD",
    "insurance": "medical",
    "event": "freeze",
    "grant_id": "999999999",
    "adjustment_id": "999999999",
    "file_no": "NO-FILE",
    "day": "1990-01-01",
    "break_id": "999999999",
    "letter_no": "999999999",
}

#: A reconciliation of each institution, which `caller` has opened.
RUNS = {HOSPITAL: "888000001", PHARMACY: "888000002"}

#: A settlement file of each bank, and of each institution its details, which `caller` has laid there.
DAY = date(2020, 1, 3)
FILES = {
    **{bank: f"20200103_{bank}_payment_v1.txt" for bank in (BANK, OTHER_BANK)},
    **{institution: f"20200103_{BANK}_detail_{institution}_v1.csv.gz" for institution in (HOSPITAL, PHARMACY)},
}


def payment(owner: str) -> dict[str, Any]:
    return {
        "institution": owner,
        "message_id": "AUTHORIZATION-1",
        "kind": "payment",
        "person_no": "NOBODY",
        "card": {"cert_type": "01"},
        "amount": 1,
    }


VERIFICATION = {"person_no": "NOBODY", "card_no": "NO-CARD", "service": "job_registration", "reason": "a test"}

#: What institutions and banks send where the address does not name the owner. Others send an empty object.
BODIES: dict[str, Any] = {
    "POST /v1/transactions": payment,
    "POST /v1/transactions/batch": lambda owner: [payment(owner)],
    "POST /v1/transactions/quote": payment,
    "POST /v1/card-verifications": lambda _: VERIFICATION,
    NATIONAL: lambda owner: envelope("9001", {"signIn": {"opter_no": "1", "mac": "", "ip": ""}}, fixmedins_code=owner),
    "POST /v1/reconciliations/totals": lambda owner: {
        "institution": owner,
        "first_day": "2026-01-01",
        "last_day": "2026-01-01",
        "stated": {"medfee": 1},
    },
}


#: What is asked for behind the address.
QUERIES: dict[str, Any] = {
    "GET /v1/transactions": lambda owner: {"institution": owner},
    "GET /v1/transactions/export": lambda owner: {"institution": owner, "day": "2026-01-01"},
    "GET /v1/transactions/feed": lambda owner: {"institution": owner},
    "POST /v1/reconciliations/details": lambda owner: {
        "institution": owner,
        "first_day": "2026-01-01",
        "last_day": "2026-01-01",
    },
    "GET /v1/reconciliations": lambda owner: {"institution": owner},
    "GET /v1/settlement-files": lambda owner: {"institution" if owner in RUNS else "bank": owner},
}


def routes() -> set[str]:
    """Of the application that is served, whatever kind they are; pages of the console have a test of their own."""
    app = create_app(Settings())
    found = set()
    for route in iter_route_contexts(app.routes):
        assert route.methods, f"{route.path}: say here how it is guarded"
        found |= {f"{method} {route.path}" for method in route.methods}
    pages = {name for name in found if is_page(name)}
    return found - pages - {name.replace("GET", "HEAD") for name in OPEN}


def test_every_route_is_listed_and_every_one_that_is_listed_is_there() -> None:
    assert routes() == {*OPEN, *RULES}


def test_an_auditor_only_reads() -> None:
    assert {name.split()[0] for name, rule in RULES.items() if Role.AUDITOR in rule.roles} == {"GET", "HEAD"}


async def ask(client: httpx.AsyncClient, name: str, owner: str, key: str | None) -> httpx.Response:
    method, path = name.split()
    values = {
        **ADDRESS,
        "institution": owner,
        "bank": owner,
        "run_id": RUNS.get(owner, RUNS[HOSPITAL]),
        "file_id": FILES[owner],
    }
    body = BODIES[name](owner) if name in BODIES else {}
    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    address = re.sub(r"\{(\w+)\}", lambda found: values[found[1]], path)
    query = QUERIES[name](owner) if name in QUERIES else None
    has_body = method not in ("GET", "HEAD")
    return await client.request(method, address, json=body if has_body else None, params=query, headers=headers)


def said(answer: httpx.Response) -> tuple[int, str | None]:
    """Status and code; the answer to HEAD has no code."""
    return answer.status_code, None if answer.request.method == "HEAD" else answer.json()["code"]


def refusal(name: str, status: int, code: Code) -> tuple[int, str | None]:
    """What `said` is to be."""
    return status, None if name.startswith("HEAD") else code


@pytest.fixture
async def caller(standing: House) -> Any:
    for institution, run_id in RUNS.items():
        await standing.pool.execute(
            "INSERT INTO reconciliation.runs (run_id, kind, state, institution, first_day, last_day, settlement_office,"
            " insurance_type, clearing_type, includes_refunds, requested_by, code) OVERRIDING SYSTEM VALUE VALUES"
            " ($1, 'totals', 'failed', $2, '2026-01-01', '2026-01-01', '', '', '', true, 'tests',"
            " 'reconciliation_failed') ON CONFLICT DO NOTHING",
            int(run_id), institution,
        )  # fmt: skip
    if await standing.pool.fetchval("SELECT 1 FROM clearing.files WHERE file_id = $1", FILES[BANK]) is None:
        for bank in (BANK, OTHER_BANK):
            await add_file(standing.pool, bank, b"x", day=DAY)
        for institution in (HOSPITAL, PHARMACY):
            await add_file(standing.pool, BANK, b"x", day=DAY, kind="detail_csv", institution=institution)
    async with httpx.AsyncClient(base_url=standing.installation.base_url, timeout=60, verify=PLAIN) as client:
        yield client


@pytest.mark.parametrize("name", sorted(OPEN))
async def test_what_is_open_needs_no_key(caller: httpx.AsyncClient, name: str) -> None:
    assert (await ask(caller, name, HOSPITAL, None)).status_code == 200


@pytest.mark.parametrize("name", sorted(RULES))
async def test_nobody_gets_in_without_a_good_key(standing: House, caller: httpx.AsyncClient, name: str) -> None:
    caller.headers["x-forwarded-for"] = f"2001:db8::{secrets.token_hex(2)}:{secrets.token_hex(2)}"
    anonymous = await ask(caller, name, HOSPITAL, None)
    assert said(anonymous) == refusal(name, 401, Code.UNAUTHENTICATED)
    assert anonymous.headers["www-authenticate"] == 'Bearer realm="medsettle"'
    assert anonymous.headers["content-type"] == "application/problem+json"
    key = await standing.keys.key(Role.AGENCY)
    for false in (key[:-1] + ("A" if key[-1] != "A" else "B"), "x", f"mds_{secrets.token_hex(6)}_x"):
        stranger = await ask(caller, name, HOSPITAL, false)
        assert said(stranger) == refusal(name, 401, Code.UNAUTHENTICATED), false
        assert stranger.headers["www-authenticate"] == 'Bearer realm="medsettle", error="invalid_token"'


@pytest.mark.parametrize("name", sorted(RULES))
async def test_each_role_gets_in_where_the_table_says_so(standing: House, caller: httpx.AsyncClient, name: str) -> None:
    for role in Role:
        owner = BANK if role is Role.BANK else HOSPITAL
        answer = await ask(caller, name, owner, await standing.keys.key(role, owner))
        if role not in RULES[name].roles:
            assert said(answer) == refusal(name, 403, Code.FORBIDDEN), role
        elif role is Role.INSTITUTION and RULES[name].own is Own.BY_CARD:
            assert_sees_nothing_without_a_card(answer)
        else:
            assert answer.status_code not in (401, 403), (role, answer.text)
            assert answer.status_code < 500, (role, answer.text)


BOUND = [
    (name, role) for name, rule in sorted(RULES.items()) for role in (Role.INSTITUTION, Role.BANK) if role in rule.roles
]


@pytest.mark.parametrize(("name", "role"), BOUND)
async def test_nobody_reaches_what_is_anothers(
    standing: House, caller: httpx.AsyncClient, name: str, role: Role
) -> None:
    own, foreign = (BANK, OTHER_BANK) if role is Role.BANK else (HOSPITAL, PHARMACY)
    before = await standing.pool.fetchval("SELECT count(*) FROM settlement.settlements")
    answer = await ask(caller, name, foreign, await standing.keys.key(role, own))
    if RULES[name].own is Own.BY_CARD:
        assert_sees_nothing_without_a_card(answer)
    elif name == "POST /v1/transactions/batch":
        [item] = answer.json()
        assert (answer.status_code, item["status"], item["code"]) == (200, "rejected", Code.NOT_YOURS)
    elif name == NATIONAL:
        assert (answer.status_code, answer.json()["infcode"]) == (200, -1)
        assert answer.json()["err_msg"].startswith("[not_yours]")
    else:
        assert said(answer) == refusal(name, 403, Code.NOT_YOURS)
    assert await standing.pool.fetchval("SELECT count(*) FROM settlement.settlements") == before


def assert_sees_nothing_without_a_card(answer: httpx.Response) -> None:
    told = answer.json()
    if answer.status_code == 201:  # a verification, which says no and is recorded
        assert (told["identified"], told["entitled"], told["basis"]) == (False, False, None)
    else:
        assert (answer.status_code, told["code"]) == (403, Code.CARD_NOT_PRESENTED)
