"""Reconciliation: an institution's totals and rows against the ledger, and the breaks that operators work through."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from tempfile import TemporaryFile
from typing import IO, Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.clearing.reconciliation import breaks, desk, runs
from app.clearing.reconciliation.archive import ARCHIVE_BYTES_MAX
from app.clearing.reconciliation.breaks import Break, OpenBreak
from app.clearing.reconciliation.result_file import memo, write_result
from app.clearing.reconciliation.runs import Run
from app.clearing.reconciliation.scope import Scope, Stated
from app.clearing.reconciliation.uploads import take_in
from app.codes import Code
from app.errors import Overloaded
from app.routes.agency import Body, problems
from app.routes.body import spool_body
from app.routes.guard import GuardedRoute, caller_of, principal_of, refuse_foreign
from app.routes.problems import problem
from app.routes.services import services_of
from app.routes.times import Day

router = APIRouter(prefix="/v1/reconciliations", tags=["reconciliation"], route_class=GuardedRoute)

_UPLOADS_AT_ONCE = 2
# So long an answer waits for the run to end; a small one has by then.
_WAIT_SECONDS_MAX = 2.0
_READ_BYTES = 256 << 10
_STATED_MAX = 10**18

InstitutionCode = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9]{12}$")]
Office = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9]{0,6}$")]
InsuranceType = Annotated[str, StringConstraints(pattern="^([0-9]{3,6})?$")]
ClearingType = Literal["", "11", "21", "41", "99"]
Amount = Annotated[int, Field(ge=-_STATED_MAX, le=_STATED_MAX, strict=True, description="fen")]
StatedQuery = Annotated[int | None, Query(ge=-_STATED_MAX, le=_STATED_MAX)]
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]
PageSize = Annotated[int, Query(ge=1, le=1_000)]


class StatedSums(Body):
    """What the institution says, net; what is left out is not compared. Something is stated."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    medfee: Amount | None = None
    fund_pay: Amount | None = None
    account_pay: Amount | None = None
    cash: Amount | None = None
    settlements: Annotated[int, Field(ge=-_STATED_MAX, le=_STATED_MAX, strict=True)] | None = None

    @model_validator(mode="after")
    def _states_something(self) -> "StatedSums":
        if all(stated is None for stated in self.model_dump().values()):
            raise ValueError("states nothing to compare")
        return self


class TotalsRequest(Body):
    """Office, insurance type and clearing type are empty for every one. Days are business days, both included."""

    institution: InstitutionCode
    first_day: Day
    last_day: Day
    settlement_office: Office = ""
    insurance_type: InsuranceType = ""
    clearing_type: ClearingType = ""
    includes_refunds: bool = True
    stated: StatedSums


class LedgerSums(BaseModel):
    """Fen, net. medfee = fund_pay + account_pay + cash."""

    medfee: int
    fund_pay: int
    account_pay: int
    cash: int
    settlements: int


class DifferenceAnswer(BaseModel):
    """more_here: how much the ledger has more than the institution; below zero, less."""

    field: str
    stated: int
    ours: int
    more_here: int


class RowCounts(BaseModel):
    equal: int
    centre_more: int
    institution_more: int
    differs: int
    not_arrived: int


class RunAnswer(BaseModel):
    """waiting: to be compared. ok: was compared, `is_equal` says with what result. failed: could not be, `code` says
    why. void: a later run of the same scope took its place. What is not known yet is null; `rows` are of details."""

    run_id: int
    kind: runs.Kind
    state: runs.State
    institution: str
    first_day: date
    last_day: date
    settlement_office: str
    insurance_type: str
    clearing_type: str
    includes_refunds: bool
    account_includes_mutual_aid: bool
    is_equal: bool | None
    ledger: LedgerSums | None
    differences: list[DifferenceAnswer]
    rows: RowCounts | None
    description: str
    code: Code | None
    requested_by: str
    requested_at: datetime
    finished_at: datetime | None
    voided_by: int | None


class Runs(BaseModel):
    """Newest first. `next_before` asks for the next page; null on the last one."""

    runs: list[RunAnswer]
    next_before: int | None


class BreakAnswer(BaseModel):
    """Fen; null on the side that does not have the row. `fields`: which differ. `memo`: what it is, in words."""

    break_id: int
    run_id: int
    kind: breaks.Kind
    state: breaks.State
    line: int | None
    settlement_id: str | None
    message_id: str | None
    treatment_id: str | None
    person_no: str
    gives_back: bool
    medfee: int | None
    fund_pay: int | None
    account_pay: int | None
    their_medfee: int | None
    their_fund_pay: int | None
    their_account_pay: int | None
    fields: list[str]
    reason: str | None
    memo: str
    first_found_at: datetime
    changed_by: str | None
    changed_at: datetime | None
    note: str | None


class Breaks(BaseModel):
    """`next_after` asks for the next page; null on the last one."""

    breaks: list[BreakAnswer]
    next_after: int | None


class OpenBreakAnswer(BreakAnswer):
    """age_days: since a run found it first."""

    institution: str
    first_day: date
    last_day: date
    age_days: int


class OpenBreaks(BaseModel):
    """The oldest first. `next_after` asks for the next page; null on the last one."""

    breaks: list[OpenBreakAnswer]
    next_after: str | None


class Note(Body):
    """note: of the case, without names or citizen numbers."""

    note: Annotated[str, StringConstraints(max_length=breaks.NOTE_MAX, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""


# Runs


@router.post("/totals", summary="Compare an institution's totals with the ledger's", status_code=201,
             responses=problems(400, 404, 422))  # fmt: skip
async def reconcile_totals(body: TotalsRequest, request: Request) -> RunAnswer:
    """Answered at once, and kept; a later one of the same scope voids it."""
    refuse_foreign(request, body.institution)
    services = services_of(request)
    sought = Scope(**body.model_dump(exclude={"stated"}))
    run = await desk.reconcile_totals(
        services.settings.database_url.get_secret_value(),
        sought,
        Stated(**body.stated.model_dump()),
        requested_by=caller_of(request),
    )
    return _run(run)


_ZIP_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A zip of one UTF-8 text, a row a line: see docs/contract/reconciliation-file.md.",
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post("/details", summary="Compare an institution's rows with the ledger's", status_code=202,
             response_model=RunAnswer, openapi_extra=_ZIP_BODY,
             responses={
                 200: {"description": "Compared already; what it came to.", "model": RunAnswer},
                 202: {"description": "Taken in; it is compared as soon as it is its turn."},
                 **problems(404, 413, 422),
             })  # fmt: skip
async def reconcile_details(
    request: Request,
    response: Response,
    institution: Annotated[InstitutionCode, Query()],
    first_day: Day,
    last_day: Day,
    settlement_office: Annotated[Office, Query()] = "",
    insurance_type: Annotated[InsuranceType, Query()] = "",
    clearing_type: ClearingType = "",
    includes_refunds: bool = True,
    with_message_ids: Annotated[bool, Query(description="The eighth column is the message id.")] = False,
    medfee: StatedQuery = None,
    fund_pay: StatedQuery = None,
    account_pay: StatedQuery = None,
    cash: StatedQuery = None,
    settlements: StatedQuery = None,
) -> Any:
    """The file is taken in whole or refused whole, and is gone when its run ends. Ask for the run until it is `ok` or
    `failed`; then its breaks and its result file are there. A later run of the same scope voids it."""
    refuse_foreign(request, institution)
    services, caller = services_of(request), caller_of(request)
    sought = Scope(institution, first_day, last_day, settlement_office, insurance_type, clearing_type, includes_refunds)
    stated = Stated(medfee, fund_pay, account_pay, cash, settlements)
    with _place(request), TemporaryFile() as archive:
        if not await spool_body(request, archive, ARCHIVE_BYTES_MAX):
            return problem(413, Code.ARCHIVE_TOO_LARGE)
        upload = await take_in(
            services.settings.database_url.get_secret_value(),
            institution,
            archive,
            with_message_ids=with_message_ids,
            received_by=caller,
        )
    run = await desk.reconcile_details(services.pool, upload.upload_id, sought, stated, requested_by=caller)
    run = await desk.settled_run(services.pool, run, seconds_max=_WAIT_SECONDS_MAX)
    response.status_code = 202 if run.state == "waiting" else 200
    response.headers["Location"] = f"/v1/reconciliations/{run.run_id}"
    return _run(run)


@contextmanager
def _place(request: Request) -> Iterator[None]:
    """One of the few uploads that a process takes in at a time. Raises Overloaded."""
    state = request.app.state
    taken = getattr(state, "reconciliation_uploads", 0)
    if taken >= _UPLOADS_AT_ONCE:
        raise Overloaded(f"{taken} files are being taken in; send this one again in a while.")
    state.reconciliation_uploads = taken + 1
    try:
        yield
    finally:
        state.reconciliation_uploads -= 1


@router.get("", summary="Reconciliations, newest first", responses=problems(422))
async def list_reconciliations(
    request: Request,
    institution: Annotated[InstitutionCode | None, Query(description="An institution sees its own alone.")] = None,
    state: runs.State | None = None,
    before: Annotated[int, Query(ge=1, le=2**63 - 1)] = 2**63 - 1,
    limit: PageSize = 100,
) -> Runs:
    own = principal_of(request).institution
    if institution is not None:
        refuse_foreign(request, institution)
    found = await runs.list_runs(
        services_of(request).pool, institution=own or institution, state=state, before=before, limit=limit
    )
    return Runs(runs=[_run(each) for each in found], next_before=found[-1].run_id if len(found) == limit else None)


@router.get("/open-breaks", summary="Breaks that nobody is done with, the oldest first", responses=problems(422))
async def list_open_breaks(
    request: Request,
    institution: Annotated[InstitutionCode | None, Query()] = None,
    age_days_min: Annotated[int, Query(ge=0, le=36_500)] = 0,
    after: Annotated[str | None, Query(pattern="^[0-9]{1,16}-[0-9]{1,18}$")] = None,
    limit: PageSize = 100,
) -> OpenBreaks:
    found = await breaks.open_breaks(
        services_of(request).pool, institution=institution, age_days_min=age_days_min, after=after, limit=limit
    )
    return OpenBreaks(
        breaks=[_open_break(each) for each in found], next_after=found[-1].cursor if len(found) == limit else None
    )


@router.get("/{run_id}", summary="A reconciliation and what it came to", responses=problems(404, 422))
async def get_reconciliation(run_id: Number, request: Request) -> RunAnswer:
    return _run(await _own_run(request, run_id))


@router.get("/{run_id}/breaks", summary="The breaks of a reconciliation, in pages", responses=problems(404, 422))
async def list_breaks(
    run_id: Number,
    request: Request,
    kind: breaks.Kind | None = None,
    state: breaks.State | None = None,
    after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
    limit: PageSize = 100,
) -> Breaks:
    await _own_run(request, run_id)
    found = await breaks.breaks_of(services_of(request).pool, run_id, kind=kind, state=state, after=after, limit=limit)
    return Breaks(
        breaks=[_break(each) for each in found], next_after=found[-1].break_id if len(found) == limit else None
    )


@router.get("/{run_id}/result", summary="The result file: a zip of the rows that are not equal",
            response_class=Response,
            responses={
                200: {"description": "See docs/contract/reconciliation-file.md.",
                      "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}},
                **problems(404, 409, 422),
            })  # fmt: skip
async def get_result(run_id: Number, request: Request) -> Response:
    await _own_run(request, run_id)
    made = TemporaryFile()  # noqa: SIM115 - closed when it is sent
    try:
        await write_result(services_of(request).pool, run_id, made)
    except BaseException:
        made.close()
        raise
    return StreamingResponse(
        _read(made),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="reconciliation-{run_id}.zip"'},
    )


def _read(made: IO[bytes]) -> Iterator[bytes]:
    with made:
        made.seek(0)
        while chunk := made.read(_READ_BYTES):
            yield chunk


async def _own_run(request: Request, run_id: int) -> Run:
    """Raises Refused where there is none, Forbidden where it is another institution's."""
    run = await runs.read_run(services_of(request).pool, run_id)
    refuse_foreign(request, run.scope.institution)
    return run


# Breaks


@router.post("/{run_id}/breaks/{break_id}/check", summary="Note that somebody looked at a break",
             responses=problems(400, 404, 409, 422))  # fmt: skip
async def check_break(run_id: Number, break_id: Number, body: Note, request: Request) -> BreakAnswer:
    pool = services_of(request).pool
    return _break(await breaks.check_break(pool, run_id, break_id, by=caller_of(request), note=body.note))


@router.post("/{run_id}/breaks/{break_id}/level", summary="Note that a break is done with",
             responses=problems(400, 404, 409, 422))  # fmt: skip
async def level_break(run_id: Number, break_id: Number, body: Note, request: Request) -> BreakAnswer:
    """Both sides say the same now, or it was settled otherwise. It moves no money."""
    pool = services_of(request).pool
    return _break(await breaks.level_break(pool, run_id, break_id, by=caller_of(request), note=body.note))


# Answers


def _run(run: Run) -> RunAnswer:
    return RunAnswer(
        **asdict(run.scope),
        run_id=run.run_id,
        kind=run.kind,
        state=run.state,
        is_equal=run.is_equal,
        ledger=None if run.sums is None else LedgerSums(**run.sums._asdict()),
        differences=[
            DifferenceAnswer(field=each.field, stated=each.stated, ours=each.ours, more_here=each.more_here)
            for each in run.differences
        ],
        rows=None if run.rows is None else RowCounts(**run.rows._asdict()),
        description=run.description,
        code=None if run.code is None else Code(run.code),
        requested_by=run.requested_by,
        requested_at=run.requested_at,
        finished_at=run.finished_at,
        voided_by=run.voided_by,
    )


def _break(found: Break) -> BreakAnswer:
    return BreakAnswer(**found._asdict(), memo=memo(found))


def _open_break(found: OpenBreak) -> OpenBreakAnswer:
    return OpenBreakAnswer(
        **found.found._asdict(),
        memo=memo(found.found),
        institution=found.institution,
        first_day=found.first_day,
        last_day=found.last_day,
        age_days=found.age_days,
    )
