"""The card as a certificate: does it identify this person now, and to what is the person entitled."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field, StringConstraints

from app.codes import Code
from app.database import transaction
from app.errors import Refused
from app.ledger.history import find_account
from app.parties import card_verifications
from app.parties.card_verifications import Question, Verification, read_verifications
from app.parties.entitlements import SERVICES, Service, entitlement, read_facts
from app.routes.agency import Body, CardNo, CardSn, PersonNo, problems
from app.routes.guard import GuardedRoute, caller_of, concerning
from app.routes.inquiry import Cursor, Limit
from app.routes.services import services_of

router = APIRouter(prefix="/v1", tags=["certificate"], route_class=GuardedRoute)

Reason = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class EntitlementAnswer(BaseModel):
    service: Service
    holds: bool
    basis: str


class Entitlements(BaseModel):
    """insurances: the state of each one that the person has."""

    person_no: str
    personal_status: str | None
    insurances: dict[str, str]
    services: list[EntitlementAnswer]


class VerificationRequest(Body):
    """card_sn: as the reader gave it. reason: shown to the holder; no personal data."""

    person_no: PersonNo
    card_no: CardNo
    card_sn: CardSn | None = None
    service: Service
    reason: Reason


class VerificationAnswer(BaseModel):
    """code: ok, or why the card does not identify the person. entitled and basis: for an identified person alone."""

    verification_id: int
    person_no: str
    card_no: str
    service: str
    operator: str
    reason: str
    identified: bool
    code: str
    entitled: bool
    basis: Annotated[str | None, Field(description="Told in the answer to the question, not in the record")] = None
    asked_at: datetime


class Verifications(BaseModel):
    verifications: list[VerificationAnswer]
    next_cursor: str | None


# Routes


@router.get(
    "/persons/{person_no}/entitlements", summary="Services a person is entitled to", responses=problems(404, 422)
)
async def read_entitlements(request: Request, person_no: Annotated[PersonNo, Path()]) -> Entitlements:
    async with transaction(services_of(request).pool) as connection:
        facts = await read_facts(connection, person_no)
    return Entitlements(
        person_no=person_no,
        personal_status=facts.personal_status,
        insurances=dict(facts.insurances),
        services=[EntitlementAnswer(**entitlement(service, facts)._asdict()) for service in SERVICES],
    )


@router.post("/card-verifications", summary="Ask whether a card identifies a person, for a named service",
             status_code=201, responses=problems(400, 422))  # fmt: skip
async def verify_card(body: VerificationRequest, request: Request) -> VerificationAnswer:
    """201 whatever the answer is: every question is recorded, and the holder may read the record."""
    services = services_of(request)
    concerning(request, body.person_no)
    question = Question(body.person_no, body.card_no, body.card_sn, body.service, caller_of(request), body.reason)
    async with transaction(services.pool) as connection:
        answer = await card_verifications.verify_card(connection, question, await services.rules.today(connection))
    return _verification(answer.recorded, answer.basis)


@router.get("/persons/{person_no}/card-verifications", summary="Who asked what by this person's card, newest first",
            responses=problems(404, 422))  # fmt: skip
async def list_verifications(
    request: Request, person_no: Annotated[PersonNo, Path()], cursor: Cursor = None,
    limit: Limit = 100,
) -> Verifications:  # fmt: skip
    async with transaction(services_of(request).pool) as connection:
        if await find_account(connection, person_no, "personal") is None:
            raise Refused(Code.PERSON_UNKNOWN, "No insured person has this number.")
        found, behind = await read_verifications(
            connection, person_no, cursor=None if cursor is None else int(cursor), limit=limit
        )
    return Verifications(
        verifications=[_verification(each) for each in found], next_cursor=None if behind is None else str(behind)
    )


def _verification(recorded: Verification, basis: str | None = None) -> VerificationAnswer:
    fields = recorded._asdict()
    return VerificationAnswer(operator=fields.pop("asked_by"), basis=basis, **fields)
