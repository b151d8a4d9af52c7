"""People as the agency keeps them. A citizen number is sent in a body and never comes back whole."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from app.codes import Code
from app.database import transaction
from app.errors import Refused
from app.parties import citizen_no as numbers
from app.parties import persons
from app.parties.citizen_no import Gender
from app.parties.csv_files import PATTERNS
from app.parties.persons import Changes, NewPerson, PersonalStatus
from app.routes.agency import Body, PersonNo, problems
from app.routes.guard import GuardedRoute, caller_of, concerning
from app.routes.services import services_of

router = APIRouter(prefix="/v1/persons", tags=["persons"], route_class=GuardedRoute)

CitizenNo = Annotated[str, StringConstraints(max_length=64), Field(description="GB 11643; kept sealed")]
Name = Annotated[str, StringConstraints(pattern=f"^{PATTERNS['person_name']}$"), Field(description="Kept sealed")]
Region = Annotated[str, StringConstraints(pattern=f"^{PATTERNS['region']}$")]


# What is sent


class Registration(Body):
    """gender is that of the citizen number."""

    person_no: PersonNo
    citizen_no: CitizenNo
    name: Name
    gender: Gender | None = None
    personal_status: PersonalStatus | None = None
    region: Region = ""


class Change(Body):
    """What is not sent stays as it is."""

    name: Name | None = None
    personal_status: PersonalStatus | None = None
    region: Region | None = None


class Search(Body):
    citizen_no: CitizenNo


# What is answered


class Person(BaseModel):
    """A person for display. The first four are null where only the number is known."""

    person_no: str
    citizen_no_masked: str | None
    name_masked: str | None
    gender: Gender | None
    personal_status: PersonalStatus | None
    region: str
    registered_at: datetime


# Routes


@router.post(
    "",
    status_code=201,
    response_model=Person,
    responses={200: {"model": Person, "description": "The same person is there already."}, **problems(400, 409, 422)},
    summary="Register a person, with an account that waits for the first card",
)
async def register(request: Request, response: Response, body: Registration) -> persons.Person:
    services = services_of(request)
    new = new_person(body)
    concerning(request, new.person_no)
    if not await persons.register(services.pool, services.vault, new, operator=caller_of(request)):
        response.status_code = 200
    return await _shown(request, body.person_no)


@router.get("/{person_no}", response_model=Person, responses=problems(404, 422), summary="A person, masked")
async def read(request: Request, person_no: PersonNo) -> persons.Person:
    return await _shown(request, person_no)


@router.patch(
    "/{person_no}",
    response_model=Person,
    responses=problems(400, 404, 422),
    summary="Change name, personal status or region; in force for the very next payment",
)
async def change(request: Request, person_no: PersonNo, body: Change) -> persons.Person:
    services = services_of(request)
    changes = Changes(body.name, body.personal_status, body.region)
    await persons.change(services.pool, services.vault, person_no, changes, operator=caller_of(request))
    return await _shown(request, person_no)


@router.post(
    "/search",
    response_model=Person,
    responses=problems(400, 404, 422),
    summary="Find a person by citizen number, which no address may hold",
)
async def search(request: Request, body: Search) -> persons.Person:
    services = services_of(request)
    wanted = _normalised(body.citizen_no)
    async with transaction(services.pool) as connection:
        person_no = await persons.find_by_citizen_no(connection, services.vault, wanted)
        concerning(request, person_no)
        return await persons.read_person(connection, services.vault, person_no)


async def _shown(request: Request, person_no: str) -> persons.Person:
    services = services_of(request)
    concerning(request, person_no)
    async with transaction(services.pool) as connection:
        return await persons.read_person(connection, services.vault, person_no)


def new_person(body: Registration) -> NewPerson:
    citizen_no = _normalised(body.citizen_no)
    gender = numbers.gender_of(citizen_no)
    if body.gender not in (None, gender):
        raise Refused(Code.INVALID_FIELD, "The gender is not that of the citizen number.", "/gender")
    if body.person_no.upper() == citizen_no:
        raise Refused(Code.INVALID_FIELD, "The person number is the citizen number, which stays sealed.", "/person_no")
    return NewPerson(body.person_no, citizen_no, body.name, gender, body.personal_status, body.region)


def _normalised(citizen_no: str) -> str:
    try:
        return numbers.normalised(citizen_no)
    except ValueError as error:
        raise Refused(Code.CITIZEN_NO_INVALID, f"The citizen number {error}.", "/citizen_no") from None
