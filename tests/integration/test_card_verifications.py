"""The card as a certificate: the codes of a payment, the table of services, and the record for the holder."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from app.codes import Code
from app.database import Pool, transaction
from app.parties.card_verifications import Answer, Question, read_verifications, verify_card
from app.parties.csv_files import CARD_STATES
from app.parties.entitlements import SERVICES, Facts, Service, entitlement, read_facts
from app.settlement.messages import Card
from app.settlement.rules import RuleBook
from app.settlement.settle import settle
from tests.builders import HOSPITAL, MIDNIGHT, add_card, add_institution, add_person, payment

TODAY = datetime.now(UTC).date()


@pytest.fixture
async def people(pool: Pool) -> Pool:
    """P1 with 100 fen and card C1, P2 with card C2."""
    await add_institution(pool, HOSPITAL)
    await add_person(pool, "P1", balance=100)
    await add_person(pool, "P2")
    await add_card(pool, "C1", "P1")
    await add_card(pool, "C2", "P2")
    return pool


async def ask(pool: Pool, **overrides: Any) -> Answer:
    fields: dict[str, Any] = {
        "person_no": "P1", "card_no": "C1", "card_sn": None, "service": "job_registration", "asked_by": "clerk-1",
        "reason": "application 7",
    }  # fmt: skip
    async with transaction(pool) as connection:
        return await verify_card(connection, Question(**{**fields, **overrides}), TODAY)


async def code_of_payment(pool: Pool, person_no: str, card_no: str, card_sn: str | None) -> str:
    message = payment(person_no=person_no, amount=1, card=Card("03", card_no, card_sn))
    return (await settle(pool, [message], rules=RuleBook(MIDNIGHT))).answers[0].outcome.code


# Who is identified


@pytest.mark.parametrize("state", CARD_STATES)
@pytest.mark.parametrize("valid_to", [date(2099, 1, 1), date(2020, 1, 1)])
@pytest.mark.parametrize("card_sn", [None, "SN1", "OTHER"])
async def test_the_codes_are_those_of_a_payment(people: Pool, state: str, valid_to: date, card_sn: str | None) -> None:
    await people.execute("UPDATE parties.cards SET state = $1, valid_to = $2 WHERE card_no = 'C1'", state, valid_to)
    answer = await ask(people, card_sn=card_sn)
    expected = await code_of_payment(people, "P1", "C1", card_sn)
    assert (answer.recorded.code, answer.recorded.identified) == (expected, expected == "ok")
    assert (answer.recorded.entitled, answer.basis is not None) == (expected == "ok", expected == "ok")


@pytest.mark.parametrize(
    ("person_no", "card_no", "code"),
    [
        ("P1", "C1", Code.OK),
        ("P1", "C2", Code.CARD_OF_ANOTHER_PERSON),
        ("P1", "C9", Code.CARD_UNKNOWN),
        ("P9", "C1", Code.PERSON_UNKNOWN),
        ("P9", "C9", Code.PERSON_UNKNOWN),
    ],
)
async def test_a_card_identifies_its_holder_alone(people: Pool, person_no: str, card_no: str, code: Code) -> None:
    answer = await ask(people, person_no=person_no, card_no=card_no)
    assert answer.recorded.code == code == await code_of_payment(people, person_no, card_no, None)


async def test_an_old_medical_card_serves_at_the_doctors_alone(people: Pool) -> None:
    await people.execute(
        "INSERT INTO parties.cards (card_no, person_no, card_sn, state, valid_to, kind)"
        " VALUES ('OLD', 'P1', 'SN1', 'active', '2099-12-31', 'medical')"
    )
    codes = {service: (await ask(people, card_no="OLD", service=service)).recorded.code for service in SERVICES}
    assert codes.pop("medical_treatment") == "ok"
    assert set(codes.values()) == {"card_not_active"}


# What the person is entitled to


def facts(*insurances: str, status: str | None = "employed", injured: bool = False, savings: bool = False) -> Facts:
    """Insurances as `medical normal`."""
    return Facts(dict(each.split(" ") for each in insurances), status, injured, savings)


ALL = ("pension", "medical", "work_injury", "unemployment", "maternity")


@pytest.mark.parametrize(
    ("known", "services"),
    [
        (facts(status=None), {"job_registration", "employment_training", "unemployment_registration"}),
        (facts(status="retired"), {"job_registration", "employment_training"}),
        (
            facts(*(f"{name} normal" for name in ALL)),
            set(SERVICES) - {"unemployment_benefit"},
        ),
        (
            facts(*(f"{name} suspended" for name in ALL), status="unemployed"),
            {"job_registration", "employment_training", "unemployment_registration", "unemployment_benefit"},
        ),
        (
            facts("medical suspended", savings=True, status="retired"),
            {"medical_treatment", "job_registration", "employment_training"},
        ),
        (facts("medical ended", savings=True, status="retired"), {"job_registration", "employment_training"}),
        (facts("unemployment ended", status="retired"), {"job_registration", "employment_training"}),
        (
            facts("work_injury ended", injured=True, status="retired"),
            {"job_registration", "employment_training", "labour_ability_appraisal", "work_injury_benefit"},
        ),
        (facts("pension normal", status="retired"), {"pension_affairs", "job_registration", "employment_training"}),
    ],
)
def test_the_table_of_services(known: Facts, services: set[Service]) -> None:
    found = {service: entitlement(service, known) for service in SERVICES}
    assert {service for service, each in found.items() if each.holds} == services
    assert all(each.basis for each in found.values())


async def test_facts_come_from_the_registers(people: Pool) -> None:
    await people.execute("UPDATE parties.persons SET personal_status = 'unemployed' WHERE person_no = 'P1'")
    await people.execute(
        "INSERT INTO parties.insurances (person_no, insurance, state, since)"
        " VALUES ('P1', 'medical', 'suspended', '2020-01-01'), ('P1', 'pension', 'normal', '2020-01-01')"
    )
    await people.execute(
        "INSERT INTO parties.work_injuries (person_no, record_no, kind, happened_on, key_id, note)"
        " VALUES ('P2', 'R1', 'injury', '2020-01-01', 1, ''::bytea)"
    )
    async with transaction(people) as connection:
        assert await read_facts(connection, "P1") == Facts(
            {"medical": "suspended", "pension": "normal"}, "unemployed", False, True
        )
        assert await read_facts(connection, "P2") == Facts({}, None, True, False)
    answer = await ask(people, service="medical_treatment")
    assert (answer.recorded.entitled, answer.basis) == (
        True, "medical insurance suspended, savings while suspended",
    )  # fmt: skip
    await people.execute("UPDATE ledger.accounts SET state = 'frozen' WHERE owner = 'P1'")
    assert not (await ask(people, service="medical_treatment")).recorded.entitled


# The record


async def test_every_question_is_on_the_holders_record(people: Pool) -> None:
    for number in range(5):
        await ask(people, asked_by=f"clerk-{number}", card_no="C2" if number == 3 else "C1")
    await ask(people, person_no="P2", card_no="C2")
    async with transaction(people) as connection:
        first, cursor = await read_verifications(connection, "P1", cursor=None, limit=3)
        rest, end = await read_verifications(connection, "P1", cursor=cursor, limit=3)
    found = [(each.asked_by, each.reason, each.code) for each in first + rest]
    assert found == [
        (f"clerk-{number}", "application 7", "card_of_another_person" if number == 3 else "ok")
        for number in (4, 3, 2, 1, 0)
    ]
    assert end is None


async def test_a_lost_card_identifies_nobody_from_the_report_on(people: Pool) -> None:
    assert (await ask(people)).recorded.identified
    await people.execute("UPDATE parties.cards SET state = 'temp_lost' WHERE card_no = 'C1'")
    answer = await ask(people)
    assert (answer.recorded.code, answer.recorded.entitled, answer.basis) == ("card_lost", False, None)
