"""Reconciliation over HTTP: totals, an upload and its run, breaks and their states, the result file."""

import io
import secrets
import zipfile
from typing import Any

import httpx
import pytest
from app.access.principal import Role
from tests.builders import add_institution, add_person, payment
from tests.harness import House
from tests.kinds import grant, outcomes
from tests.reconciling import UploadedRow, archive_of, row_of, today, zipped

RECONCILIATIONS = "/v1/reconciliations"


@pytest.fixture
async def institution(standing: House) -> str:
    """A hospital of this test alone."""
    code = f"H{secrets.token_hex(6)[:11]}"
    await add_institution(standing.pool, code)
    return code


@pytest.fixture
async def own(standing: House, institution: str) -> Any:
    """A client in the institution's name."""
    async with standing.client(await standing.keys.key(Role.INSTITUTION, institution)) as client:
        yield client


@pytest.fixture
async def operator(standing: House) -> Any:
    async with standing.client(await standing.keys.key(Role.OPERATOR)) as client:
        yield client


@pytest.fixture
async def day(standing: House, institution: str, person: str) -> list[UploadedRow]:
    """Two payments of today."""
    messages = [payment(institution=institution, person_no=person, amount=fen, med_type="11") for fen in (1_000, 500)]
    return [
        row_of(told, message) for told, message in zip(await outcomes(standing.pool, *messages), messages, strict=True)
    ]


def scope(institution: str) -> dict[str, str]:
    return {"institution": institution, "first_day": f"{today()}", "last_day": f"{today()}"}


async def compared(client: httpx.AsyncClient, institution: str, rows: list[UploadedRow]) -> dict[str, Any]:
    answer = await client.post(
        f"{RECONCILIATIONS}/details",
        params={**scope(institution), "with_message_ids": True},
        content=archive_of(rows, with_message_ids=True).read(),
    )
    assert answer.status_code in (200, 202), answer.text
    run: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{RECONCILIATIONS}/{run['run_id']}"
    while run["state"] == "waiting":
        run = (await client.get(answer.headers["location"])).json()
    return run


async def test_totals_are_answered_with_our_figures(
    own: httpx.AsyncClient, institution: str, day: list[UploadedRow]
) -> None:
    body = {**scope(institution), "clearing_type": "11", "stated": {"medfee": 1_500, "settlements": 2}}
    answer = await own.post(f"{RECONCILIATIONS}/totals", json=body)
    assert answer.status_code == 201, answer.text
    run = answer.json()
    assert (run["state"], run["is_equal"], run["description"]) == ("ok", True, "")
    assert run["ledger"] == {"medfee": 1_500, "fund_pay": 0, "account_pay": 1_500, "cash": 0, "settlements": 2}
    body["stated"] = {"account_pay": 1_499}
    run = (await own.post(f"{RECONCILIATIONS}/totals", json=body)).json()
    assert run["is_equal"] is False
    assert run["differences"] == [{"field": "account_pay", "stated": 1_499, "ours": 1_500, "more_here": 1}]
    listed = (await own.get(RECONCILIATIONS)).json()
    assert [(each["run_id"], each["state"]) for each in listed["runs"]] == [
        (run["run_id"], "ok"), (run["voided_by"] or listed["runs"][1]["run_id"], "void"),
    ]  # fmt: skip
    assert listed["next_before"] is None


async def test_family_money_is_inside_account_pay_or_told_apart(
    standing: House, own: httpx.AsyncClient, institution: str, person: str
) -> None:
    giver = f"P{secrets.token_hex(6)}"
    await add_person(standing.pool, giver, balance=300)
    await grant(standing.pool, giver, person)
    paid = payment(institution=institution, person_no=person, amount=10_300, med_type="11", use_mutual_aid=True)
    [told] = await outcomes(standing.pool, paid)
    assert (told.account_paid, told.mutual_aid_paid) == (10_000, 300)
    body = {**scope(institution), "stated": {"account_pay": 10_000}}
    inside = await own.post(f"{RECONCILIATIONS}/totals", json=body)
    apart = await own.post(f"{RECONCILIATIONS}/totals", json={**body, "account_includes_mutual_aid": False})
    assert [(each.json()["ledger"]["account_pay"], each.json()["is_equal"]) for each in (inside, apart)] == [
        (10_300, False),
        (10_000, True),
    ]


async def test_totals_that_state_nothing_are_refused(own: httpx.AsyncClient, institution: str) -> None:
    answer = await own.post(f"{RECONCILIATIONS}/totals", json={**scope(institution), "stated": {}})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_field")


async def test_rows_are_compared_and_breaks_worked_through(
    own: httpx.AsyncClient, operator: httpx.AsyncClient, institution: str, day: list[UploadedRow]
) -> None:
    coming = UploadedRow(None, day[0].person_no, 70, 70, message_id="COMING")
    run = await compared(own, institution, [day[0].with_(medfee=999), coming])
    assert (run["state"], run["is_equal"]) == ("ok", False)
    assert run["rows"] == {"equal": 0, "centre_more": 1, "institution_more": 0, "differs": 1, "not_arrived": 1}
    address = f"{RECONCILIATIONS}/{run['run_id']}"
    first = (await own.get(f"{address}/breaks", params={"limit": 2})).json()
    rest = (await own.get(f"{address}/breaks", params={"limit": 2, "after": first["next_after"]})).json()
    found = [*first["breaks"], *rest["breaks"]]
    assert [each["kind"] for each in found] == ["centre_more", "differs", "not_arrived"]
    assert (found[1]["fields"], found[1]["their_medfee"], found[1]["medfee"]) == (["medfee"], 999, 1_000)
    assert rest["next_after"] is None
    assert [each["kind"] for each in (await own.get(f"{address}/breaks", params={"kind": "differs"})).json()["breaks"]
            ] == ["differs"]  # fmt: skip

    one = f"{address}/breaks/{found[1]['break_id']}"
    assert (await own.post(f"{one}/level", json={})).status_code == 403
    checked = (await operator.post(f"{one}/check", json={"note": "asked them"})).json()
    assert (checked["state"], checked["changed_by"], checked["note"]) == ("checked", "clerk-1", "asked them")
    assert (await operator.post(f"{one}/level", json={})).json()["state"] == "levelled"
    again = await operator.post(f"{one}/check", json={})
    assert (again.status_code, again.json()["code"]) == (409, "break_closed")
    answer = await operator.get(f"{RECONCILIATIONS}/open-breaks", params={"institution": institution, "limit": 1})
    [oldest] = answer.json()["breaks"]
    assert (oldest["kind"], oldest["age_days"], oldest["institution"]) == ("centre_more", 0, institution)
    answer = await operator.get(
        f"{RECONCILIATIONS}/open-breaks", params={"institution": institution, "after": answer.json()["next_after"]}
    )
    assert [each["kind"] for each in answer.json()["breaks"]] == ["not_arrived"]

    result = await own.get(f"{address}/result")
    assert (result.status_code, result.headers["content-type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(result.content)) as opened:
        lines = opened.read("result.txt").decode().splitlines()
    assert [line.split("\t")[4] for line in lines] == ["1", "3", "4"]


async def test_a_bad_file_is_refused_with_its_code(own: httpx.AsyncClient, institution: str) -> None:
    async def refusal(content: bytes) -> tuple[int, str]:
        answer = await own.post(f"{RECONCILIATIONS}/details", params=scope(institution), content=content)
        return answer.status_code, answer.json()["code"]

    assert await refusal(b"") == (422, "archive_invalid")
    assert await refusal(zipped("a\tb\n", "../up.txt").read()) == (422, "archive_invalid")
    assert await refusal(zipped("a\tb\n").read()) == (422, "file_columns_invalid")
    assert await refusal(zipped("张三".encode("gb18030")).read()) == (422, "file_encoding_invalid")


async def test_another_institutions_reconciliation_is_not_told(
    standing: House, own: httpx.AsyncClient, institution: str, day: list[UploadedRow]
) -> None:
    run = await compared(own, institution, day)
    async with standing.client(await standing.keys.key(Role.INSTITUTION)) as other:
        for path in ("", "/breaks", "/result"):
            answer = await other.get(f"{RECONCILIATIONS}/{run['run_id']}{path}")
            assert (answer.status_code, answer.json()["code"]) == (403, "not_yours")
        assert (await other.get(RECONCILIATIONS, params={"institution": institution})).status_code == 403
        listed = (await other.get(RECONCILIATIONS)).json()["runs"]
        assert institution not in {each["institution"] for each in listed}
    answer = await own.get(f"{RECONCILIATIONS}/{2**40}")
    assert (answer.status_code, answer.json()["code"]) == (404, "reconciliation_unknown")
