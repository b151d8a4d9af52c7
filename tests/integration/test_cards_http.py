"""Cards as a clerk at the agency or at a bank sees them over HTTP."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from app.codes import CATALOGUE, Code
from app.ledger.accounts import BUCKETS
from app.parties.persons import NewPerson, register
from pydantic import SecretStr
from tests.builders import HOSPITAL, add_institution, payment_json
from tests.card_desk import ANOTHER_CITIZEN, CITIZEN, RING, VAULT
from tests.harness import House, copy_of, house_in

NAME = "Nobody Inparticular"


@pytest.fixture(scope="module")
async def agency(house_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A house of its own, since its API has a key of personal data that no other house knows."""
    folder = copy_of(house_folder, tmp_path_factory.mktemp("agency") / "house")
    async with house_in(folder, data_keys=SecretStr(RING)) as house:
        await add_institution(house.pool, HOSPITAL)
        await house.start_api()
        yield house


@pytest.fixture(scope="module")
async def holder(agency: House) -> str:
    """The one person who has CITIZEN as number; each test cancels the card that it was given."""
    person_no = f"P{secrets.token_hex(6)}"
    await register(agency.pool, VAULT, NewPerson(person_no, CITIZEN, NAME, "male"), operator="clerk-1")
    return person_no


@pytest.fixture
async def desk(agency: House) -> AsyncIterator[httpx.AsyncClient]:
    async with agency.client() as client:
        yield client


@pytest.fixture
async def card(desk: httpx.AsyncClient, holder: str) -> AsyncIterator[str]:
    """An issued card of the holder."""
    body = new_card(person_no=holder)
    response = await desk.post("/v1/cards", json=body)
    assert response.status_code == 201, response.text
    yield body["card_no"]
    await desk.post(f"/v1/cards/{body['card_no']}/cancellation", json={})


def new_card(**overrides: Any) -> dict[str, Any]:
    fields = {
        "card_no": f"Z{secrets.token_hex(8)}",
        "card_sn": "SN1",
        "medium": "contact",
        "bank": "BANK01",
        "issued_on": "2026-01-01",
        "valid_to": "2036-01-01",
    }
    return {**fields, **overrides}


async def ask(desk: httpx.AsyncClient, card_no: str, what: str, **body: Any) -> dict[str, Any]:
    response = await desk.post(f"/v1/cards/{card_no}/{what}", json=body)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def assert_refused(desk: httpx.AsyncClient, path: str, status: int, code: Code, **body: Any) -> dict[str, Any]:
    response = await desk.post(path, json=body)
    problem: dict[str, Any] = response.json()
    assert (response.status_code, problem["code"], problem["title"]) == (status, code, CATALOGUE[code].meaning)
    return problem


IN_PERSON = {"bank": "BANK01", "citizen_no": CITIZEN}


async def test_a_card_is_issued_activated_and_read(desk: httpx.AsyncClient, holder: str, card: str) -> None:
    body = {"reference": "APPLICATION-1", **IN_PERSON}
    activated = await ask(desk, card, "activation", **body)
    assert (activated["state"], activated["activation_channel"], activated["already"]) == ("active", "bank", False)
    assert (await ask(desk, card, "activation", **body))["already"]
    read = (await desk.get(f"/v1/cards/{card}")).json()
    assert read == activated
    assert (read["person_no"], read["bank"], read["medium"]) == (holder, "BANK01", "contact")
    assert read["applications"] == {"social_security_usable": True, "debit": "off", "debit_usable": False}
    assert [(event["event"], event["operator"], event["place"]) for event in read["events"]] == [
        ("issue", "clerk-1", ""),
        ("activate", "clerk-1", "BANK01"),
    ]
    assert "card_sn" not in read


async def test_the_same_card_again_is_200_and_another_under_its_number_409(
    desk: httpx.AsyncClient, holder: str, card: str
) -> None:
    same = new_card(card_no=card, person_no=holder)
    again = await desk.post("/v1/cards", json=same)
    assert (again.status_code, again.json()["already"]) == (200, True)
    await assert_refused(desk, "/v1/cards", 409, Code.CARD_EXISTS, **{**same, "card_sn": "SN2"})
    await assert_refused(desk, "/v1/cards", 409, Code.ILLEGAL_TRANSITION, **new_card(person_no=holder))
    await assert_refused(desk, "/v1/cards", 404, Code.PERSON_UNKNOWN, **new_card(person_no="STRANGER"))


async def test_activation_is_refused_elsewhere_and_for_another(desk: httpx.AsyncClient, card: str) -> None:
    path = f"/v1/cards/{card}/activation"
    await assert_refused(desk, path, 409, Code.WRONG_BANK, **{**IN_PERSON, "bank": "BANK02"})
    await assert_refused(desk, path, 409, Code.IDENTITY_MISMATCH, **{**IN_PERSON, "citizen_no": ANOTHER_CITIZEN})
    await assert_refused(desk, "/v1/cards/NONE/activation", 404, Code.CARD_UNKNOWN, **IN_PERSON)
    problem = await assert_refused(desk, path, 422, Code.INVALID_FIELD, bank="BANK01", citizen_no="99999919900307")
    assert "99999919900307" not in str(problem)


async def test_without_a_key_nobody_is_identified(
    agency: House, desk: httpx.AsyncClient, card: str, tmp_path: Path
) -> None:
    async with agency.other(tmp_path, data_keys=SecretStr("")) as keyless:
        await keyless.start_api()
        async with keyless.client() as client:
            path = f"/v1/cards/{card}/activation"
            await assert_refused(client, path, 503, Code.ENCRYPTION_KEYS_MISSING, **IN_PERSON)
    assert (await desk.get(f"/v1/cards/{card}")).json()["state"] == "issued"


async def test_a_lost_card_pays_nothing_on_the_very_next_payment(
    desk: httpx.AsyncClient, holder: str, card: str
) -> None:
    await ask(desk, card, "activation", **IN_PERSON)

    async def pay() -> str:
        message = payment_json(
            message_id=f"N{secrets.token_hex(8)}",
            person_no=holder,
            card={"cert_type": "03", "card_no": card, "card_sn": "SN1"},
        )
        return str((await desk.post("/v1/transactions", content=message)).json()["code"])

    assert await pay() == Code.OK
    lost = await ask(desk, card, "loss", kind="temporary")
    assert (lost["state"], lost["already"], lost["applications"]["social_security_usable"]) == (
        "temp_lost", False, False,
    )  # fmt: skip
    assert await pay() == Code.CARD_LOST
    assert (await ask(desk, card, "loss", kind="temporary"))["already"]
    formal = await ask(desk, card, "loss", kind="formal", reference="REPORT-1")
    assert (formal["state"], formal["events"][-1]["reference"]) == ("lost", "REPORT-1")
    assert (await ask(desk, card, "recovery"))["state"] == "active"
    assert (await ask(desk, card, "recovery"))["already"]
    assert await pay() == Code.OK
    locked = await ask(desk, card, "pin-lock", place="BANK01")
    assert (locked["state"], locked["events"][-1]["place"]) == ("pin_locked", "BANK01")
    assert await pay() == Code.CARD_PIN_LOCKED
    unlocked = await ask(desk, card, "pin-unlock", verified_by="TERMINAL-7", reference="U-1")
    assert unlocked["events"][-1]["reference"] == "verified by TERMINAL-7: U-1"
    assert await pay() == Code.OK


@pytest.mark.parametrize(
    ("what", "body", "pointer"),
    [
        ("loss", {"kind": "formal"}, "#"),
        ("loss", {"kind": "stolen"}, "#/kind"),
        ("pin-unlock", {"verified_by": "T", "reference": "U", "pin": "123456"}, "#"),
        ("pin-unlock", {"verified_by": "T"}, "#/reference"),
        ("debit-application", {"action": "switch_on", "bank": "BANK01"}, "#"),
        ("recovery", {"reference": "R\u0000"}, "#/reference"),
    ],
)
async def test_a_request_that_breaks_its_form_changes_nothing(
    desk: httpx.AsyncClient, card: str, what: str, body: dict[str, Any], pointer: str
) -> None:
    problem = await assert_refused(desk, f"/v1/cards/{card}/{what}", 422, Code.INVALID_FIELD, **body)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert "123456" not in str(problem)
    assert [event["event"] for event in (await desk.get(f"/v1/cards/{card}")).json()["events"]] == ["issue"]


async def test_a_validity_that_ends_before_it_begins_is_refused(desk: httpx.AsyncClient, holder: str) -> None:
    body = new_card(person_no=holder, valid_to="2025-12-31")
    await assert_refused(desk, "/v1/cards", 422, Code.INVALID_FIELD, **body)


async def test_the_debit_application_is_switched_apart(agency: House, desk: httpx.AsyncClient, card: str) -> None:
    await ask(desk, card, "activation", **IN_PERSON)
    path = f"/v1/cards/{card}/debit-application"
    asked = {"action": "switch_on", **IN_PERSON}
    await assert_refused(desk, path, 422, Code.CREDIT_NOT_SUPPORTED, **asked, credit=True)
    await assert_refused(desk, path, 422, Code.CREDIT_NOT_SUPPORTED, **asked, currency="USD")
    switched = await ask(desk, card, "debit-application", **asked)
    assert switched["applications"] == {"social_security_usable": True, "debit": "on", "debit_usable": True}
    assert (await ask(desk, card, "debit-application", **asked))["already"]
    owner = f"BANK01/{switched['person_no']}"
    account = await agency.pool.fetchrow("SELECT * FROM ledger.accounts WHERE owner = $1", owner)
    assert account is not None
    assert (account["kind"], account["balance"], account["state"]) == ("debit", 0, "normal")
    assert 0 <= account["bucket"] < BUCKETS
    lost = await ask(desk, card, "loss", kind="temporary")
    assert lost["applications"] == {"social_security_usable": False, "debit": "on", "debit_usable": False}
    assert (await ask(desk, card, "recovery"))["applications"]["debit_usable"]
    closed = await ask(desk, card, "debit-application", action="close", bank="BANK01")
    assert closed["applications"]["debit"] == "closed"
    problem = await assert_refused(desk, path, 409, Code.ILLEGAL_TRANSITION, **asked)
    assert "closed" in problem["detail"]


async def test_a_damaged_card_is_replaced(desk: httpx.AsyncClient, card: str) -> None:
    new = new_card()
    replaced = await ask(desk, card, "replacement", reason="damage", new_card=new)
    assert (replaced["state"], replaced["replaced_by"]) == ("replaced", new["card_no"])
    assert (await ask(desk, card, "replacement", reason="damage", new_card=new))["already"]
    assert (await desk.get(f"/v1/cards/{new['card_no']}")).json()["state"] == "issued"
    problem = await assert_refused(desk, f"/v1/cards/{card}/recovery", 409, Code.ILLEGAL_TRANSITION)
    assert problem["detail"] == "A card in state replaced does not allow recover."
    await ask(desk, new["card_no"], "cancellation")


_ROUTERS = ("/v1/cards", "/v1/mutual-aid-grants", "/v1/persons/{person_no}/account/")


async def test_each_request_is_documented_with_an_example_and_its_problems(desk: httpx.AsyncClient) -> None:
    document = (await desk.get("/openapi.json")).json()
    schemas = document["components"]["schemas"]
    asked = [
        (path, route)
        for path, routes in document["paths"].items()
        for route in routes.values()
        if path.startswith(_ROUTERS) and "requestBody" in route
    ]
    assert len(asked) == 12
    for path, route in asked:
        schema = schemas[route["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]]
        [example] = schema["examples"]
        assert set(schema.get("required", ())) <= set(example) <= set(schema["properties"]), path
        assert {"400", "404", "422", "503"} <= set(route["responses"]), path


async def test_no_citizen_number_or_name_stands_in_the_log(agency: House, desk: httpx.AsyncClient, card: str) -> None:
    await ask(desk, card, "activation", **IN_PERSON)
    await assert_refused(
        desk, f"/v1/cards/{card}/activation", 409, Code.IDENTITY_MISMATCH, bank="BANK01", citizen_no=ANOTHER_CITIZEN
    )
    log = (agency.installation.data_dir / "api.log").read_text()
    for secret in (CITIZEN, ANOTHER_CITIZEN, NAME):
        assert secret not in log
