"""What banks said of their payment files, and what they have not said yet; a bank sees its own."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.clearing.acknowledgments.overview import list_acknowledgments, waiting_files, waiting_lines
from app.console.door import PageRoute
from app.console.view import may, page
from app.database import transaction
from app.routes.guard import principal_of
from app.routes.services import services_of

router = APIRouter(prefix="/console", route_class=PageRoute, include_in_schema=False)

_PAGE = 100
_WAITING_LINES = 200
_NUMBER_MAX = 2**63 - 1


@router.get("/acknowledgments")
async def get_acknowledgments(
    request: Request, before: Annotated[int, Query(ge=1, le=_NUMBER_MAX)] = _NUMBER_MAX
) -> Response:
    own = principal_of(request).bank
    async with transaction(services_of(request).pool, snapshot=True) as connection:
        found = await list_acknowledgments(connection, bank=own, before=before, limit=_PAGE)
        files = [file for file in await waiting_files(connection) if own in (None, file.bank)]
        # A failed line is paid again by whatever bank its institution has by then, so no bank is told of them.
        lines = [] if own else await waiting_lines(connection, limit=_WAITING_LINES)
    return page(
        request,
        "acknowledgments.html",
        acknowledgments=found,
        files=files,
        lines=lines,
        may_see_days=may(principal_of(request), "GET /console/days/{day}"),
        next_before=found[-1].ack_id if len(found) == _PAGE else None,
    )
