"""Reconciliation: runs, the breaks that they found, and what came of them."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.clearing.reconciliation import breaks, runs
from app.console.door import PageRoute, form_of, required_reason
from app.console.view import may, page
from app.routes.guard import caller_of, principal_of, refuse_foreign
from app.routes.services import services_of

router = APIRouter(prefix="/console/reconciliations", route_class=PageRoute, include_in_schema=False)

_PAGE = 100
_NUMBER_MAX = 2**63 - 1
Number = Annotated[int, Path(ge=1, le=_NUMBER_MAX)]


@router.get("")
async def list_reconciliations(
    request: Request, before: Annotated[int, Query(ge=1, le=_NUMBER_MAX)] = _NUMBER_MAX
) -> Response:
    """Of an institution its own."""
    own = principal_of(request).institution
    found = await runs.list_runs(services_of(request).pool, institution=own, state=None, before=before, limit=_PAGE)
    return page(
        request,
        "reconciliations.html",
        runs=found,
        next_before=found[-1].run_id if len(found) == _PAGE else None,
        may_see_open=may(principal_of(request), "GET /console/reconciliations/open-breaks"),
    )


@router.get("/open-breaks")
async def list_open_breaks(
    request: Request, after: Annotated[str | None, Query(pattern="^[0-9]{1,16}-[0-9]{1,18}$")] = None
) -> Response:
    pool = services_of(request).pool
    found = await breaks.open_breaks(pool, institution=None, age_days_min=0, after=after, limit=_PAGE)
    return page(
        request,
        "open_breaks.html",
        breaks=found,
        next_after=found[-1].cursor if len(found) == _PAGE else None,
        may_act=_may_act(request),
    )


@router.get("/{run_id}")
async def get_reconciliation(
    request: Request, run_id: Number, after: Annotated[int, Query(ge=0, le=_NUMBER_MAX)] = 0
) -> Response:
    pool = services_of(request).pool
    run = await runs.read_run(pool, run_id)
    refuse_foreign(request, run.scope.institution)
    found = await breaks.breaks_of(pool, run_id, after=after, limit=_PAGE)
    return page(
        request,
        "reconciliation.html",
        run=run,
        breaks=found,
        next_after=found[-1].break_id if len(found) == _PAGE else None,
        may_act=_may_act(request),
    )


@router.post("/{run_id}/breaks/{break_id}/check")
async def check_break(request: Request, run_id: Number, break_id: Number) -> Response:
    note = required_reason(request)
    await breaks.check_break(services_of(request).pool, run_id, break_id, by=caller_of(request), note=note)
    return _back(request, run_id)


@router.post("/{run_id}/breaks/{break_id}/level")
async def level_break(request: Request, run_id: Number, break_id: Number) -> Response:
    note = required_reason(request)
    await breaks.level_break(services_of(request).pool, run_id, break_id, by=caller_of(request), note=note)
    return _back(request, run_id)


def _may_act(request: Request) -> bool:
    return may(principal_of(request), "POST /console/reconciliations/{run_id}/breaks/{break_id}/level")


def _back(request: Request, run_id: int) -> Response:
    """To the page that it was done on."""
    from_list = form_of(request).get("on") == "open-breaks"
    return RedirectResponse(f"/console/reconciliations/{'open-breaks' if from_list else run_id}", 303)
