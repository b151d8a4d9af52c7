"""Open holds, the soonest to expire first."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.console.clearing import list_holds
from app.console.door import PageRoute
from app.console.view import page
from app.database import transaction
from app.routes.services import services_of
from app.routes.times import Moment

router = APIRouter(prefix="/console", route_class=PageRoute, include_in_schema=False)

_PAGE = 100
_BEGINNING = datetime(1970, 1, 2, tzinfo=UTC)


@router.get("/holds")
async def get_holds(request: Request, behind: Annotated[Moment, Query()] = _BEGINNING) -> Response:
    async with transaction(services_of(request).pool) as connection:
        found = await list_holds(connection, behind, _PAGE)
    return page(request, "holds.html", holds=found, next_behind=found[-1].expires_at if len(found) == _PAGE else None)
