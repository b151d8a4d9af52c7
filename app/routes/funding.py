"""Money that the agency moves: contribution files, and corrections by hand that two clerks make."""

import asyncio
from contextlib import ExitStack
from dataclasses import asdict
from datetime import date, datetime
from tempfile import TemporaryFile
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from app import logs
from app.codes import Code
from app.errors import Overloaded, UsageError
from app.funding import adjustments, contribution_file, contributions, files
from app.funding.adjustments import Adjustment, Direction, State
from app.funding.contribution_file import SortedLines, sort_csv
from app.funding.files import FileState
from app.funding.parquet_file import sort_parquet
from app.routes.agency import Body, PersonNo, problems
from app.routes.body import spool_body
from app.routes.contract import problem_answer
from app.routes.guard import GuardedRoute, caller_of, concerning
from app.routes.problems import problem
from app.routes.services import Services, services_of
from app.settlement.messages import AMOUNT_MAX

router = APIRouter(prefix="/v1", tags=["money in"], route_class=GuardedRoute)

FILE_BYTES_MAX = 1 << 30
_CSV, _PARQUET = "text/csv", "application/vnd.apache.parquet"
_SORTS: dict[str, contributions.Sort] = {_CSV: sort_csv, _PARQUET: sort_parquet}

_log = logs.get(__name__)

FileNo = Annotated[str, Path(pattern="^[A-Za-z0-9.-]{1,18}$")]
AdjustmentId = Annotated[int, Path(ge=1, le=2**63 - 1)]
PageSize = Annotated[int, Query(ge=1, le=1_000)]


# Contribution files


class FileAnswer(BaseModel):
    """Fen. The totals sum the amounts of all lines, whichever way they go. `interrupted`: send the same file again.

    `lines_answered` is known while the file is settled by the process that answers. `settled_*` are null until then.
    """

    file_no: str
    month: date
    line_count: int
    total: int
    received_by: str
    received_at: datetime
    state: FileState
    settled_at: datetime | None
    settled_count: int | None
    settled_total: int | None
    refused_count: int
    lines_answered: int | None = None


class RefusedLine(BaseModel):
    line: int
    code: Code
    detail: str


class RefusedLines(BaseModel):
    """`next_after` asks for the next page; null on the last one."""

    lines: list[RefusedLine]
    next_after: int | None


class _Desk:
    """The one file that this process takes in at a time, from its first byte to its last line."""

    def __init__(self) -> None:
        self.is_taken = False
        self.file_no = ""
        self.lines_answered = 0
        self._settling: asyncio.Task[None] | None = None

    def take(self) -> ExitStack:
        """Take the place until the stack is closed. Raises Overloaded where it is taken."""
        if self.is_taken:
            raise Overloaded("Another contribution file is being taken in; send this one when it is settled.")
        self.is_taken, self.file_no, self.lines_answered = True, "", 0
        stack = ExitStack()
        stack.callback(self._free)
        return stack

    def _free(self) -> None:
        self.is_taken, self.file_no = False, ""

    def settle(self, services: Services, header: contribution_file.Header, lines: SortedLines, held: ExitStack) -> None:
        self.file_no = header.file_no
        self._settling = asyncio.create_task(self._settle(services, header, lines, held))

    async def _settle(
        self, services: Services, header: contribution_file.Header, lines: SortedLines, held: ExitStack
    ) -> None:
        with held:
            try:
                await contributions.settle_lines(
                    services.pool, header, lines, settings=services.settings, progress=self._progress
                )
            except Exception as error:  # noqa: BLE001 - whatever it is, the file shows as interrupted
                _log.error("contribution_file_interrupted", file_no=header.file_no, **logs.failure(error))

    def _progress(self, stage: str, done: int, total: int) -> None:
        self.lines_answered = done


def _desk_of(request: Request) -> _Desk:
    state = request.app.state
    if not hasattr(state, "contribution_desk"):
        state.contribution_desk = _Desk()
    desk: _Desk = state.contribution_desk
    return desk


_FILE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "See docs/contract/contribution-file.md.",
        "content": {name: {"schema": {"type": "string", "format": "binary"}} for name in _SORTS},
    }
}


@router.post("/contributions", summary="Take in a file of contributions, each line once", status_code=202,
             response_model=FileAnswer, openapi_extra=_FILE_BODY,
             responses={
                 200: {"description": "Settled before; the report.", "model": FileAnswer},
                 202: {"description": "Checked as a whole; its lines are being settled."},
                 415: problem_answer("Neither CSV nor Parquet."),
                 **problems(409, 413, 422),
             })  # fmt: skip
async def receive_file(request: Request, response: Response) -> Any:
    """The file is checked as a whole before it is answered; no line of a refused file is taken. Sending the same file
    again is harmless, and completes one that was interrupted. One file at a time: else 503 with `Retry-After`."""
    services, desk = services_of(request), _desk_of(request)
    sort = _SORTS.get(request.headers.get("content-type", "").partition(";")[0].strip().lower())
    if sort is None:
        return problem(415, Code.INVALID_FIELD, f"The content type is {_CSV} or {_PARQUET}.")
    with desk.take() as held:
        source = held.enter_context(TemporaryFile())  # noqa: SIM115 - the stack closes it
        if not await spool_body(request, source, FILE_BYTES_MAX):
            return problem(413, Code.MESSAGE_TOO_LARGE)
        lines = held.enter_context(contributions.sorted_lines(source))
        try:
            header = await contributions.check(services.pool, source, sort, lines, caller_of(request))
        except UsageError as error:  # pyarrow is not installed here
            return problem(415, Code.INVALID_FIELD, str(error))
        report = await files.read_file(services.pool, header.file_no)
        if report.state == "interrupted":
            desk.settle(services, header, lines, held.pop_all())
            return FileAnswer(**{**asdict(report), "state": "settling"}, lines_answered=0)
    response.status_code = 200 if report.state == "settled" else 202
    return FileAnswer(**asdict(report))


@router.get("/contributions/{file_no}", summary="What became of a file", responses=problems(404, 422))
async def get_file(file_no: FileNo, request: Request) -> FileAnswer:
    desk = _desk_of(request)
    report = await files.read_file(services_of(request).pool, file_no)
    is_here = report.state != "settled" and desk.file_no == file_no
    answer = FileAnswer(**asdict(report), lines_answered=desk.lines_answered if is_here else None)
    return answer.model_copy(update={"state": "settling"}) if is_here else answer


@router.get("/contributions/{file_no}/refused-lines", summary="Lines that were refused", responses=problems(404, 422))
async def get_refused_lines(
    file_no: FileNo,
    request: Request,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    limit: PageSize = 100,
) -> RefusedLines:
    pool = services_of(request).pool
    await files.read_file(pool, file_no)
    lines = await files.refused_lines(pool, file_no, after=after, limit=limit)
    return RefusedLines(
        lines=[RefusedLine(line=each.line, code=each.code, detail=each.detail) for each in lines],
        next_after=lines[-1].line if len(lines) == limit else None,
    )


# Adjustments


class Proposal(Body):
    """reason: of the case, without names or citizen numbers."""

    person_no: PersonNo
    direction: Direction
    amount: Annotated[int, Field(ge=1, le=AMOUNT_MAX, strict=True, description="fen")]
    reason: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class AdjustmentAnswer(BaseModel):
    """`outcome` is the code of the settlement, final. Approved and null: its settling was cut off; approve it again."""

    adjustment_id: int
    person_no: str
    direction: Direction
    amount: int
    reason: str
    maker: str
    made_at: datetime
    state: State
    checker: str | None
    checked_at: datetime | None
    outcome: Code | None


class Adjustments(BaseModel):
    """`next_after` asks for the next page; null on the last one."""

    adjustments: list[AdjustmentAnswer]
    next_after: int | None


@router.post("/adjustments", summary="Propose to correct a balance", status_code=201,
             responses=problems(400, 404, 422))  # fmt: skip
async def propose_adjustment(body: Proposal, request: Request) -> AdjustmentAnswer:
    """No money moves before another clerk approves it."""
    concerning(request, body.person_no)
    proposed = await adjustments.propose(
        services_of(request).pool,
        person_no=body.person_no,
        direction=body.direction,
        amount=body.amount,
        reason=body.reason,
        maker=caller_of(request),
    )
    return _answer(proposed)


@router.get("/adjustments", summary="Adjustments of a person, oldest first", responses=problems(422))
async def list_adjustments(
    person_no: Annotated[PersonNo, Query()],
    request: Request,
    after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
    limit: PageSize = 100,
) -> Adjustments:
    found = await adjustments.adjustments_of(services_of(request).pool, person_no, after=after, limit=limit)
    return Adjustments(
        adjustments=[_answer(each) for each in found],
        next_after=found[-1].adjustment_id if len(found) == limit else None,
    )


@router.post("/adjustments/{adjustment_id}/approval", summary="Approve an adjustment and move its money",
             responses=problems(404, 409, 422))  # fmt: skip
async def approve_adjustment(adjustment_id: AdjustmentId, request: Request) -> AdjustmentAnswer:
    """By another clerk than its maker. Approving again moves nothing, and completes what was cut off."""
    services = services_of(request)
    checker = caller_of(request)
    approved = await adjustments.approve(services.pool, adjustment_id, checker=checker, rules=services.rules)
    concerning(request, approved.person_no)
    return _answer(approved)


@router.post("/adjustments/{adjustment_id}/rejection", summary="Reject an adjustment",
             responses=problems(404, 409, 422))  # fmt: skip
async def reject_adjustment(adjustment_id: AdjustmentId, request: Request) -> AdjustmentAnswer:
    rejected = await adjustments.reject(services_of(request).pool, adjustment_id, checker=caller_of(request))
    concerning(request, rejected.person_no)
    return _answer(rejected)


def _answer(adjustment: Adjustment) -> AdjustmentAnswer:
    return AdjustmentAnswer(**asdict(adjustment))
