"""The audit log: every act and every look is in it, with who, what, whose and why, and nothing else of a person."""

import secrets
from typing import Any

import asyncpg
import httpx
import pytest
from app.access import audit
from app.access.audit import Deed
from app.access.principal import Principal, Role
from app.codes import Code
from app.database import Pool
from tests.builders import HOSPITAL, PHARMACY, add_card, payment_json
from tests.harness import House, owned
from tests.national_calls import ADDRESS as NATIONAL
from tests.national_calls import envelope
from tests.people import citizen_no, name


async def of(house: House, person_no: str) -> list[dict[str, Any]]:
    async with house.client(await house.keys.key(Role.AUDITOR, name="auditor-1")) as client:
        answer = await client.get("/v1/audit", params={"person_no": person_no})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["entries"]
    return found


async def test_a_look_tells_who_saw_whose_data_and_why(standing: House, client: httpx.AsyncClient, person: str) -> None:
    headers = [(b"Medsettle-Reason", "投诉 17".encode()), (b"X-Request-Id", b"till-7")]
    sent = await client.get(f"/v1/persons/{person}/accounts", headers=headers)
    assert sent.status_code == 200
    [entry] = await of(standing, person)
    assert entry.pop("happened_at")
    assert isinstance(entry.pop("entry_id"), int)
    assert entry.pop("credential").startswith("key ")
    assert entry == {
        "role": "agency", "name": "clerk-1", "route": "GET /v1/persons/{person_no}/accounts", "target": "",
        "reason": "投诉 17", "request_id": "till-7", "status": 200, "person_no": person,
    }  # fmt: skip


async def test_an_act_is_recorded_with_its_end(standing: House, client: httpx.AsyncClient, person: str) -> None:
    card_no = f"Z{secrets.token_hex(6)}"
    await add_card(standing.pool, card_no, person)
    assert (await client.post(f"/v1/cards/{card_no}/loss", json={"kind": "temporary"})).status_code == 200
    assert (await client.get(f"/v1/cards/{card_no}")).status_code == 200
    looked, acted = await of(standing, person)
    assert (acted["route"], acted["target"], acted["status"]) == (
        "POST /v1/cards/{card_no}/loss", f"card_no={card_no}", 200,
    )  # fmt: skip
    assert (looked["route"], looked["status"]) == ("GET /v1/cards/{card_no}", 200)


async def test_an_act_that_is_cut_off_is_there_without_an_end(pool: Pool) -> None:
    clerk = Principal(Role.AGENCY, "clerk-1", "key 1")
    await audit.begin(pool, clerk, Deed("POST /v1/cards", "", "", ""))
    async with pool.acquire() as connection:
        [entry], _ = await audit.read_audit(connection, person_no=None, name="clerk-1", cursor=None, limit=10)
    assert (entry.route, entry.status, entry.person_no) == ("POST /v1/cards", None, None)


async def test_what_is_refused_is_recorded(standing: House, client: httpx.AsyncClient, person: str) -> None:
    async with standing.client(await standing.keys.key(Role.INSTITUTION)) as hospital:
        assert (await hospital.get(f"/v1/persons/{person}/entries")).status_code == 403
        foreign = payment_json(institution=PHARMACY, person_no=person, message_id=f"N{secrets.token_hex(6)}")
        assert (await hospital.post("/v1/transactions", content=foreign)).status_code == 403
        in_anothers_name = envelope("5203", {"data": {}}, fixmedins_code=PHARMACY)
        assert (await hospital.post(NATIONAL, json=in_anothers_name)).json()["err_msg"].startswith("[not_yours]")
    [entry] = await of(standing, person)
    assert (entry["name"], entry["status"]) == (HOSPITAL, 403)
    async with standing.client(await standing.keys.key(Role.OPERATOR)) as operator:
        latest = (await operator.get("/v1/audit", params={"name": HOSPITAL, "limit": 2})).json()["entries"]
    assert [(each["route"], each["status"]) for each in latest] == [
        (f"POST {NATIONAL}", 403),
        ("POST /v1/transactions", 403),
    ]


async def test_an_institutions_own_transactions_are_no_look_and_quotes_are(
    standing: House, client: httpx.AsyncClient, person: str
) -> None:
    message_id = f"N{secrets.token_hex(6)}"
    message = payment_json(person_no=person, message_id=message_id)
    assert (await client.post("/v1/transactions", content=message)).is_success
    address = f"/v1/transactions/{HOSPITAL}/{message_id}"
    assert (await client.get(address)).is_success
    assert await of(standing, person) == []
    assert (await client.post("/v1/transactions/quote", content=payment_json(person_no=person))).is_success
    async with standing.client(await standing.keys.key(Role.OPERATOR)) as operator:
        assert (await operator.get(address)).is_success
    looks = [(entry["role"], entry["route"].split()[0]) for entry in await of(standing, person)]
    assert looks == [("operator", "GET"), ("institution", "POST"), ("auditor", "GET")]


async def test_a_look_at_a_receipt_names_the_person(standing: House, client: httpx.AsyncClient, person: str) -> None:
    message_id = f"N{secrets.token_hex(6)}"
    await client.post("/v1/transactions", content=payment_json(person_no=person, message_id=message_id))
    async with standing.client(await standing.keys.key(Role.OPERATOR)) as operator:
        answer = await operator.get(f"/v1/transactions/{HOSPITAL}/{message_id}/receipt")
    assert answer.status_code == 200, answer.text
    [entry] = await of(standing, person)
    assert (entry["role"], entry["route"]) == (
        "operator", "GET /v1/transactions/{institution}/{message_id}/receipt",
    )  # fmt: skip


async def test_a_long_message_id_is_no_citizen_number(standing: House, client: httpx.AsyncClient, person: str) -> None:
    message_id = f"{secrets.randbelow(10**28):028d}"
    await client.post("/v1/transactions", content=payment_json(person_no=person, message_id=message_id))
    async with standing.client(await standing.keys.key(Role.OPERATOR)) as operator:
        assert (await operator.get(f"/v1/transactions/{HOSPITAL}/{message_id}")).is_success
    [entry] = await of(standing, person)
    assert entry["target"] == f"institution={HOSPITAL} message_id={message_id}"


async def test_an_act_that_is_done_is_answered_so_although_its_end_cannot_be_recorded(
    standing: House, client: httpx.AsyncClient, person: str
) -> None:
    card_no = f"Z{secrets.token_hex(6)}"
    await add_card(standing.pool, card_no, person)
    async with owned(standing) as owner, owner.transaction():
        await owner.execute("LOCK TABLE access.audit_ends IN ACCESS EXCLUSIVE MODE")
        lost = await client.post(f"/v1/cards/{card_no}/loss", json={"kind": "temporary"})
    assert (lost.status_code, lost.json()["state"]) == (200, "temp_lost")
    async with standing.pool.acquire() as connection:
        entries, _ = await audit.read_audit(connection, person_no=None, name="clerk-1", cursor=None, limit=50)
    [entry] = [each for each in entries if each.target == f"card_no={card_no}"]
    assert (entry.route, entry.status) == ("POST /v1/cards/{card_no}/loss", None)


async def test_an_inquiry_by_the_national_interface_is_a_look(
    standing: House, client: httpx.AsyncClient, person: str
) -> None:
    card_no = f"Z{secrets.token_hex(6)}"
    await add_card(standing.pool, card_no, person)
    asked = {"mdtrt_cert_type": "03", "mdtrt_cert_no": card_no, "card_sn": "SN1", "psn_cert_type": "01",
             "certno": "", "psn_name": "", "begntime": "2026-11-22 10:30:00"}  # fmt: skip
    body = envelope("1101", {"data": asked})
    answer = (await client.post("/mbs/fmi/fsi/api/callFsiService/callService", json=body)).json()
    assert answer["infcode"] == 0, answer
    [entry] = await of(standing, person)
    assert (entry["role"], entry["name"]) == ("institution", HOSPITAL)


async def test_nothing_of_a_person_but_the_number_stands_in_it(standing: House, client: httpx.AsyncClient) -> None:
    number, called = citizen_no(), name()
    person_no = f"P{secrets.token_hex(6)}"
    body = {"person_no": person_no, "citizen_no": number, "name": called}
    sent = await client.post("/v1/persons", json=body, headers={"Medsettle-Reason": f"of {number}"})
    assert sent.status_code == 201
    await client.post("/v1/persons/search", json={"citizen_no": number})
    await client.get(f"/v1/persons/{number}")
    rows = await standing.pool.fetch("SELECT e::text FROM access.audit_entries AS e")
    rows += await standing.pool.fetch("SELECT n::text FROM access.audit_ends AS n")
    text = "".join(row[0] for row in rows)
    assert person_no in text
    assert number not in text
    assert called not in text


@pytest.mark.parametrize(
    "statement",
    ["UPDATE access.audit_entries SET name = 'nobody'", "DELETE FROM access.audit_entries",
     "UPDATE access.audit_ends SET status = 200", "DELETE FROM access.audit_ends", "TRUNCATE access.audit_ends"],
)  # fmt: skip
async def test_the_service_can_change_nothing_of_it(pool: Pool, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute(statement)


async def test_pages_follow_each_other(standing: House, client: httpx.AsyncClient, person: str) -> None:
    for _ in range(3):
        await client.get(f"/v1/persons/{person}/entries")
    async with standing.client(await standing.keys.key(Role.AUDITOR, name="auditor-1")) as auditor:
        first = (await auditor.get("/v1/audit", params={"person_no": person, "limit": 2})).json()
        rest = {"person_no": person, "cursor": first["next_cursor"]}
        second = (await auditor.get("/v1/audit", params=rest)).json()
    assert [len(page["entries"]) for page in (first, second)] == [2, 1]
    assert second["next_cursor"] is None


async def test_the_log_is_for_operators_and_auditors(standing: House) -> None:
    async with standing.client(await standing.keys.key(Role.AGENCY)) as client:
        assert (await client.get("/v1/audit")).json()["code"] == Code.FORBIDDEN
