"""The breaks between an institution and the ledger, which operators work through."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from app.clearing.reconciliation import breaks
from app.routes.agency import problems
from app.routes.guard import GuardedRoute, caller_of
from app.routes.reconciliation import own_run
from app.routes.reconciliation_bodies import (
    BreakAnswer,
    Breaks,
    InstitutionCode,
    Note,
    Number,
    OpenBreaks,
    PageSize,
    break_answer,
    open_break_answer,
)
from app.routes.services import services_of

router = APIRouter(prefix="/v1/reconciliations", tags=["reconciliation"], route_class=GuardedRoute)


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
        breaks=[open_break_answer(each) for each in found], next_after=found[-1].cursor if len(found) == limit else None
    )


@router.get("/{run_id}/breaks", summary="The breaks of a reconciliation, in pages", responses=problems(404, 422))
async def list_breaks(
    run_id: Number,
    request: Request,
    kind: breaks.Kind | None = None,
    state: breaks.State | None = None,
    after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
    limit: PageSize = 100,
) -> Breaks:
    await own_run(request, run_id)
    found = await breaks.breaks_of(services_of(request).pool, run_id, kind=kind, state=state, after=after, limit=limit)
    return Breaks(
        breaks=[break_answer(each) for each in found], next_after=found[-1].break_id if len(found) == limit else None
    )


@router.post("/{run_id}/breaks/{break_id}/check", summary="Note that somebody looked at a break",
             responses=problems(400, 404, 409, 422))  # fmt: skip
async def check_break(run_id: Number, break_id: Number, body: Note, request: Request) -> BreakAnswer:
    pool = services_of(request).pool
    return break_answer(await breaks.check_break(pool, run_id, break_id, by=caller_of(request), note=body.note))


@router.post("/{run_id}/breaks/{break_id}/level", summary="Note that a break is done with",
             responses=problems(400, 404, 409, 422))  # fmt: skip
async def level_break(run_id: Number, break_id: Number, body: Note, request: Request) -> BreakAnswer:
    """Both sides say the same now, or it was settled otherwise. It moves no money."""
    pool = services_of(request).pool
    return break_answer(await breaks.level_break(pool, run_id, break_id, by=caller_of(request), note=body.note))
