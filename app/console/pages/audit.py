"""Who did what, and who looked at whose data."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.access.audit import read_audit
from app.console.door import PageRoute
from app.console.view import page
from app.database import transaction
from app.routes.services import services_of

router = APIRouter(prefix="/console", route_class=PageRoute, include_in_schema=False)

_PAGE = 100


@router.get("/audit")
async def get_audit(
    request: Request,
    name: Annotated[str, Query(max_length=64)] = "",
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> Response:
    async with transaction(services_of(request).pool) as connection:
        entries, next_before = await read_audit(
            connection, person_no=None, name=name.strip() or None, cursor=before, limit=_PAGE
        )
    return page(request, "audit.html", entries=entries, name=name.strip(), next_before=next_before)
