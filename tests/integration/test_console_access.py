"""The console's door: who may see which page, sessions, forms of other sites, and the headers of every answer."""

import re
import secrets
from datetime import timedelta

import httpx
import pytest
from app.access.policy import OPEN_PAGES, PAGES, Own, Recorded
from app.access.principal import Role
from app.config import Settings
from app.console.door import HEADERS
from app.main import create_app
from fastapi.routing import iter_route_contexts
from tests.builders import HOSPITAL, PHARMACY
from tests.console import Desk, is_page
from tests.harness import House, owned

ADDRESS = {
    "institution": HOSPITAL,
    "message_id": "NEVER-SENT",
    "version": "0",
    "name": "console.css",
    "path:path": "nowhere",
    "letter_no": "999999999",
    "day": "1990-01-01",
    "run_id": "999999999",
    "break_id": "999999999",
}
STREAM = "GET /console/overview/stream"
ENDS_THE_SESSION = "POST /console/sign-out"


def test_every_page_is_listed_and_every_one_that_is_listed_is_there() -> None:
    app = create_app(Settings())
    found = {f"{method} {route.path}" for route in iter_route_contexts(app.routes) for method in route.methods or ()}
    assert {name for name in found if is_page(name)} == {*OPEN_PAGES, *PAGES}


def test_an_auditor_only_looks_and_every_page_of_institutions_says_how_they_are_held_to_their_own() -> None:
    by_forms = {name for name, rule in PAGES.items() if name.startswith("POST") and Role.AUDITOR in rule.roles}
    acts = {name for name in by_forms if PAGES[name].recorded is Recorded.ACTS}
    assert acts == {ENDS_THE_SESSION}
    assert [name for name, rule in PAGES.items() if Role.INSTITUTION in rule.roles and rule.own is None] == []


def address_of(name: str, institution: str = HOSPITAL) -> str:
    values = {**ADDRESS, "institution": institution}
    return re.sub(r"\{([\w:]+)\}", lambda found: values.get(found[1], "1"), name.split()[1])


async def ask(desk: Desk, name: str, institution: str = HOSPITAL) -> httpx.Response:
    address = address_of(name, institution)
    if name.startswith("POST"):
        return await desk.send(address, reason="a test", person_no="NOBODY", query="NEVER-SENT")
    async with desk.http.stream("GET", address) as answer:
        if name != STREAM or answer.status_code != 200:
            await answer.aread()
        return answer


@pytest.mark.parametrize("name", sorted(PAGES))
async def test_nobody_sees_a_page_without_signing_in(standing: House, name: str) -> None:
    async with Desk(standing) as desk:
        answer = await ask(desk, name)
    if name == STREAM:
        assert answer.status_code == 401
    else:
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/console/sign-in")


@pytest.mark.parametrize("name", sorted(PAGES))
async def test_each_role_sees_what_the_table_says(standing: House, name: str) -> None:
    for role in Role:
        async with Desk(standing) as desk:
            signed_in = await desk.sign_in(await standing.keys.key(role))
            assert signed_in.status_code == 303, role
            answer = await ask(desk, name)
        if role in PAGES[name].roles:
            assert answer.status_code not in (401, 403), (role, answer.status_code)
            assert answer.status_code < 500, role
        else:
            assert answer.status_code == 403, role
            assert "forbidden" in answer.text


@pytest.mark.parametrize("name", sorted(name for name, rule in PAGES.items() if rule.own is Own.BY_ADDRESS))
async def test_an_institution_sees_no_page_of_another(standing: House, name: str) -> None:
    async with Desk(standing) as desk:
        await desk.sign_in(await standing.keys.key(Role.INSTITUTION, HOSPITAL))
        answer = await ask(desk, name, PHARMACY)
    assert answer.status_code == 403
    assert "not_yours" in answer.text


async def test_a_scope_narrows_the_console_as_it_does_the_api(standing: House) -> None:
    async with owned(standing) as owner, Desk(standing) as desk:
        key = await standing.keys.key(Role.AUDITOR, name=f"narrow-{secrets.token_hex(3)}")
        narrow = "UPDATE access.api_keys SET scopes = $2 WHERE key_id = $1"
        await owner.execute(narrow, key.split("_")[1], ["audit:read"])
        assert (await desk.sign_in(key)).status_code == 403  # a key that was narrowed for a machine opens no console
        await owner.execute(narrow, key.split("_")[1], ["audit:read", "console:use"])
        assert (await desk.sign_in(key)).status_code == 303
        assert (await desk.http.get("/console/audit")).status_code == 200
        assert (await desk.http.get("/console/overview")).status_code == 403


# Sessions


async def test_a_false_key_opens_nothing_and_is_not_repeated(standing: House) -> None:
    async with Desk(standing) as desk:
        answer = await desk.sign_in("mds_abcdefabcdef_not-a-key")
        assert answer.status_code == 401
        assert "not-a-key" not in answer.text
        assert (await desk.http.get("/console/home")).status_code == 303


async def test_signing_in_changes_the_cookie_and_leads_back_to_the_page(standing: House) -> None:
    async with Desk(standing) as desk:
        await desk.http.get("/console/sign-in")
        guest = desk.http.cookies["medsettle_console"]
        answer = await desk.sign_in(await standing.keys.key(Role.OPERATOR), to="/console/audit")
        assert answer.headers["location"] == "/console/audit"
        assert desk.http.cookies["medsettle_console"] != guest
        cookie = answer.headers["set-cookie"].lower()
        assert {"httponly", "samesite=strict", "path=/console"} <= {part.strip() for part in cookie.split(";")}
        assert "secure" not in cookie  # plain http on this machine


async def test_the_cookie_is_secure_wherever_else_the_console_is(standing: House) -> None:
    async with Desk(standing) as desk:
        answer = await desk.http.get("/console/sign-in", headers={"host": "console.example"})
    assert "; Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    "to", ["https://elsewhere.example/", "//elsewhere.example", "/console/\\elsewhere", "/v1/audit"]
)
async def test_nobody_is_led_elsewhere(standing: House, to: str) -> None:
    async with Desk(standing) as desk:
        answer = await desk.sign_in(await standing.keys.key(Role.OPERATOR), to=to)
    assert answer.headers["location"] == "/console/overview"


async def test_a_session_ends_when_its_user_signs_out(standing: House) -> None:
    async with Desk(standing) as desk:
        await desk.sign_in(await standing.keys.key(Role.OPERATOR))
        cookie = desk.http.cookies["medsettle_console"]
        assert (await desk.send("/console/sign-out")).status_code == 303
        desk.http.cookies.set("medsettle_console", cookie, path="/console")
        assert (await desk.http.get("/console/home")).status_code == 303


@pytest.mark.parametrize(
    "ending",
    [
        "UPDATE access.api_keys SET revoked_at = now(), revoked_by = 'tests' WHERE name = $1",
        "UPDATE access.api_keys SET expires_at = now() WHERE name = $1",
        "UPDATE access.console_sessions SET used_at = now() - interval '31 minutes' WHERE name = $1",
        "UPDATE access.console_sessions SET expires_at = now() WHERE name = $1",
    ],
)
async def test_a_session_ends_with_its_key_without_use_and_with_its_time(standing: House, ending: str) -> None:
    name = f"leaver-{secrets.token_hex(4)}"
    async with Desk(standing) as desk, owned(standing) as owner:
        await desk.sign_in(await standing.keys.key(Role.OPERATOR, name=name))
        assert (await desk.http.get("/console/home")).status_code == 200
        await owner.execute(ending, name)
        assert (await desk.http.get("/console/home")).status_code == 303


_LASTS = "SELECT expires_at - started_at FROM access.console_sessions WHERE name = $1"


async def test_a_session_lasts_eight_hours_at_most_and_no_longer_than_its_key(standing: House) -> None:
    name = f"lasting-{secrets.token_hex(4)}"
    async with Desk(standing) as desk, owned(standing) as owner:
        key = await standing.keys.key(Role.OPERATOR, name=name)
        await desk.sign_in(key)
        assert timedelta(hours=7, minutes=59) < await owner.fetchval(_LASTS, name) <= timedelta(hours=8)
        await owner.execute("DELETE FROM access.console_sessions WHERE name = $1", name)
        await owner.execute("UPDATE access.api_keys SET expires_at = now() + interval '1 hour' WHERE name = $1", name)
        await desk.sign_in(key)
        assert await owner.fetchval(_LASTS, name) <= timedelta(hours=1)


async def test_neither_key_nor_cookie_is_kept(standing: House) -> None:
    async with Desk(standing) as desk, owned(standing) as owner:
        key = await standing.keys.key(Role.OPERATOR, name=f"kept-{secrets.token_hex(4)}")
        await desk.sign_in(key)
        rows = await owner.fetch("SELECT s::text AS text FROM access.console_sessions AS s")
    text = " ".join(row["text"] for row in rows)
    assert key.split("_")[2] not in text
    assert desk.http.cookies["medsettle_console"] not in text


async def test_signing_in_and_out_stand_in_the_audit_log(standing: House) -> None:
    name = f"audited-{secrets.token_hex(4)}"
    async with Desk(standing) as desk:
        await desk.sign_in(await standing.keys.key(Role.OPERATOR, name=name))
        await desk.send("/console/sign-out")
    rows = await standing.pool.fetch("SELECT route FROM access.audit_entries WHERE name = $1 ORDER BY entry_id", name)
    assert [row["route"] for row in rows] == ["POST /console/sign-in", "POST /console/sign-out"]


# Forms of other sites


@pytest.mark.parametrize("name", sorted(name for name in (*PAGES, *OPEN_PAGES) if name.startswith("POST")))
async def test_no_form_is_taken_without_the_token_of_its_session(standing: House, name: str) -> None:
    async with Desk(standing) as desk, Desk(standing) as other:
        await desk.sign_in(await standing.keys.key(Role.OPERATOR))
        await other.sign_in(await standing.keys.key(Role.OPERATOR, name="other"))
        for fields in ({}, {"form_token": ""}, {"form_token": await other.token()}):
            answer = await desk.http.post(address_of(name), data={"reason": "a test", **fields})
            assert answer.status_code == 403, fields
        assert (await desk.http.get("/console/home")).status_code == 200


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null"])
async def test_no_form_is_taken_from_another_site(standing: House, origin: str) -> None:
    async with Desk(standing) as desk:
        await desk.sign_in(await standing.keys.key(Role.OPERATOR))
        fields = {"form_token": await desk.token()}
        answer = await desk.http.post("/console/sign-out", data=fields, headers={"origin": origin})
        assert answer.status_code == 403
        assert (await desk.http.get("/console/home")).status_code == 200


# Every answer


@pytest.mark.parametrize("name", sorted(name for name in (*PAGES, *OPEN_PAGES)))
async def test_every_answer_has_the_headers(standing: House, name: str) -> None:
    async with Desk(standing) as desk:
        await desk.sign_in(await standing.keys.key(Role.AUDITOR))
        answer = await ask(desk, name)
    assert {header: answer.headers.get(header) for header in HEADERS} == HEADERS
    if "/static/" not in name:
        assert answer.headers["cache-control"] == "no-store"


async def test_a_page_says_what_went_wrong_in_words_and_in_the_language_of_the_browser(standing: House) -> None:
    async with Desk(standing) as desk:
        for language, said in (("en", "There is nothing at this address."), ("zh-CN", "此地址没有内容。")):
            answer = await desk.http.get("/console/nowhere", headers={"accept-language": language})
            assert answer.status_code == 404
            assert said in answer.text
