"""Reconciliation: an institution's totals and rows against the ledger. The breaks stand in `reconciliation_breaks`."""

from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import IO, Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from app.clearing.reconciliation import desk, runs
from app.clearing.reconciliation.archive import ARCHIVE_BYTES_MAX
from app.clearing.reconciliation.result_file import write_result
from app.clearing.reconciliation.runs import Run
from app.clearing.reconciliation.scope import Scope, Stated
from app.clearing.reconciliation.uploads import take_in
from app.codes import Code
from app.routes.agency import problems
from app.routes.body import spool_body
from app.routes.guard import GuardedRoute, caller_of, principal_of, refuse_foreign
from app.routes.problems import problem
from app.routes.reconciliation_bodies import (
    ClearingType,
    InstitutionCode,
    InsuranceType,
    Number,
    Office,
    PageSize,
    RunAnswer,
    Runs,
    StatedQuery,
    TotalsRequest,
    run_answer,
)
from app.routes.services import services_of
from app.routes.times import Day

router = APIRouter(prefix="/v1/reconciliations", tags=["reconciliation"], route_class=GuardedRoute)

# So long an answer waits for the run to end; a small one has by then.
_WAIT_SECONDS_MAX = 2.0
_READ_BYTES = 256 << 10


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
    return run_answer(run)


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
    account_includes_mutual_aid: bool = True,
    with_message_ids: Annotated[bool, Query(description="The eighth column is the message id.")] = False,
    medfee: StatedQuery = None,
    fund_pay: StatedQuery = None,
    account_pay: StatedQuery = None,
    cash: StatedQuery = None,
    settlements: StatedQuery = None,
) -> Any:
    """The file is taken in whole or refused whole, and is gone when its run ends. Ask for the run until it is `ok` or
    `failed`; then its breaks and its result file are there. A later run of the same scope voids it.

    `account_includes_mutual_aid`: whether family money is in `acct_pay` of the file, or told apart."""
    refuse_foreign(request, institution)
    services, caller = services_of(request), caller_of(request)
    sought = Scope(
        institution, first_day, last_day, settlement_office, insurance_type, clearing_type, includes_refunds,
        account_includes_mutual_aid,
    )  # fmt: skip
    stated = Stated(medfee, fund_pay, account_pay, cash, settlements)
    with services.reconciliation_files.taken(), TemporaryFile() as archive:
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
    return run_answer(run)


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
    return Runs(
        runs=[run_answer(each) for each in found], next_before=found[-1].run_id if len(found) == limit else None
    )


@router.get("/{run_id}", summary="A reconciliation and what it came to", responses=problems(404, 422))
async def get_reconciliation(run_id: Number, request: Request) -> RunAnswer:
    return run_answer(await own_run(request, run_id))


@router.get("/{run_id}/result", summary="The result file: a zip of the rows that are not equal",
            response_class=Response,
            responses={
                200: {"description": "See docs/contract/reconciliation-file.md.",
                      "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}},
                **problems(404, 409, 422),
            })  # fmt: skip
async def get_result(run_id: Number, request: Request) -> Response:
    await own_run(request, run_id)
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


async def own_run(request: Request, run_id: int) -> Run:
    """Raises Refused where there is none, Forbidden where it is another institution's."""
    run = await runs.read_run(services_of(request).pool, run_id)
    refuse_foreign(request, run.scope.institution)
    return run
