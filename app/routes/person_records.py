"""What the card records of a person: insurances, payments, qualifications, injuries, the pension account."""

from collections.abc import Awaitable
from datetime import date, datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator

from app.config import ZONE
from app.parties import records
from app.parties.csv_columns import BALANCE_MAX
from app.parties.csv_files import ID
from app.parties.records import InjuryKind, Insurance, InsuranceState
from app.routes.agency import Body, PersonNo, problems
from app.routes.guard import GuardedRoute, caller_of
from app.routes.services import services_of
from app.routes.times import Day

router = APIRouter(prefix="/v1/persons/{person_no}", tags=["persons"], route_class=GuardedRoute)


def _first_of_month(month: date) -> date:
    if month.day != 1:
        raise ValueError("must be the first day of a month")
    return month


RecordNo = Annotated[str, StringConstraints(pattern=f"^{ID}{{1,64}}$")]
Text = Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$")]
Note = Annotated[str, StringConstraints(max_length=4_000, pattern=r"^[^\x00]+$"), Field(description="Kept sealed")]
Fen = Annotated[int, Field(strict=True, ge=0, le=BALANCE_MAX)]
Month = Annotated[Day, AfterValidator(_first_of_month), Field(description="Its first day")]
Year = Annotated[int | None, Query(ge=1990, le=2200, description="Year of the payments; else the present one")]


# What is sent


class InsuranceRelation(BaseModel):
    state: InsuranceState
    since: Day
    until: Day | None = None

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.until is not None and self.until < self.since:
            raise ValueError("until must not be earlier than since")
        return self


class InsurancePayment(BaseModel):
    """Amounts in fen."""

    insurance: Insurance
    month: Month
    wage_base: Fen
    person_paid: Fen
    employer_paid: Fen


class Qualification(BaseModel):
    certificate_no: RecordNo
    title: Text
    level: Text
    issued_on: Day


class WorkInjury(BaseModel):
    """grade: of the labour ability appraisal, 1 (worst) to 10; it may be sent later, with the same record."""

    record_no: RecordNo
    kind: InjuryKind
    happened_on: Day
    grade: Annotated[int, Field(strict=True, ge=1, le=10)] | None = None
    note: Note


class KeptPensionAccount(BaseModel):
    """The last known figure of an account that is kept elsewhere, in fen."""

    balance: Fen
    as_of: Day


class NewInsuranceRelation(InsuranceRelation, Body):
    pass


class NewInsurancePayment(InsurancePayment, Body):
    pass


class NewQualification(Qualification, Body):
    pass


class NewWorkInjury(WorkInjury, Body):
    pass


class NewPensionAccount(KeptPensionAccount, Body):
    pass


# What is answered


class KeptInsurance(InsuranceRelation):
    insurance: Insurance


class Records(BaseModel):
    insurances: list[KeptInsurance]
    payments: list[InsurancePayment]
    qualifications: list[Qualification]
    work_injuries: list[WorkInjury]
    pension_account: KeptPensionAccount | None


class Recorded(BaseModel):
    """`already_so`: the same had been sent before, and nothing was changed."""

    already_so: bool


_RECORDED = {200: {"model": Recorded, "description": "It was so already."}}


# Routes


@router.get("/records", response_model=Records, responses=problems(404, 422), summary="All records")
async def read_records(request: Request, person_no: PersonNo, payments_of_year: Year = None) -> records.Records:
    services = services_of(request)
    year = payments_of_year or datetime.now(ZONE).year
    return await records.read_records(services.pool, services.vault, person_no, payments_of_year=year)


@router.put(
    "/insurances/{insurance}",
    response_model=Recorded,
    responses=problems(400, 404, 422),
    summary="Set the state of an insurance",
)
async def set_insurance(
    request: Request, person_no: PersonNo, insurance: Insurance, body: NewInsuranceRelation
) -> Recorded:
    relation = records.InsuranceRelation(insurance, body.state, body.since, body.until)
    is_new = await records.set_insurance(services_of(request).pool, person_no, relation, operator=caller_of(request))
    return Recorded(already_so=not is_new)


@router.put(
    "/pension-account",
    response_model=Recorded,
    responses=problems(400, 404, 422),
    summary="Set the last known figure of the pension account",
)
async def set_pension_account(request: Request, person_no: PersonNo, body: NewPensionAccount) -> Recorded:
    account = records.PensionAccount(body.balance, body.as_of)
    is_new = await records.set_pension_account(
        services_of(request).pool, person_no, account, operator=caller_of(request)
    )
    return Recorded(already_so=not is_new)


_ADDING: dict[str, Any] = {
    "status_code": 201,
    "response_model": Recorded,
    "responses": {**_RECORDED, **problems(400, 404, 409, 422)},
}


@router.post("/insurance-payments", **_ADDING, summary="Record what was paid for a month")
async def add_insurance_payment(
    request: Request, response: Response, person_no: PersonNo, body: NewInsurancePayment
) -> Recorded:
    pool = services_of(request).pool
    payment = records.InsurancePayment(body.insurance, body.month, body.wage_base, body.person_paid, body.employer_paid)
    return await _recorded(
        response, records.add_insurance_payment(pool, person_no, payment, operator=caller_of(request))
    )


@router.post("/qualifications", **_ADDING, summary="Record a professional qualification")
async def add_qualification(
    request: Request, response: Response, person_no: PersonNo, body: NewQualification
) -> Recorded:
    pool = services_of(request).pool
    qualification = records.Qualification(body.certificate_no, body.title, body.level, body.issued_on)
    return await _recorded(
        response, records.add_qualification(pool, person_no, qualification, operator=caller_of(request))
    )


@router.post("/work-injuries", **_ADDING, summary="Record a work injury or an occupational disease")
async def add_work_injury(request: Request, response: Response, person_no: PersonNo, body: NewWorkInjury) -> Recorded:
    services = services_of(request)
    injury = records.WorkInjury(body.record_no, body.kind, body.happened_on, body.grade, body.note)
    return await _recorded(
        response, records.add_work_injury(services.pool, services.vault, person_no, injury, operator=caller_of(request))
    )


async def _recorded(response: Response, adding: Awaitable[bool]) -> Recorded:
    is_new = await adding
    response.status_code = 201 if is_new else 200
    return Recorded(already_so=not is_new)
