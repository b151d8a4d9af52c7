"""What banks said of their payment files, and what they have not said yet."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.clearing.acknowledgments.overview import list_acknowledgments, waiting_files, waiting_lines
from app.console.door import PageRoute
from app.console.view import page
from app.database import transaction
from app.routes.services import services_of

router = APIRouter(prefix="/console", route_class=PageRoute, include_in_schema=False)

_PAGE = 100
_WAITING_LINES = 200
_NUMBER_MAX = 2**63 - 1


@router.get("/acknowledgments")
async def get_acknowledgments(
    request: Request, before: Annotated[int, Query(ge=1, le=_NUMBER_MAX)] = _NUMBER_MAX
) -> Response:
    async with transaction(services_of(request).pool, snapshot=True) as connection:
        found = await list_acknowledgments(connection, before=before, limit=_PAGE)
        files = await waiting_files(connection)
        lines = await waiting_lines(connection, limit=_WAITING_LINES)
    return page(
        request,
        "acknowledgments.html",
        acknowledgments=found,
        files=files,
        lines=lines,
        next_before=found[-1].ack_id if len(found) == _PAGE else None,
    )
