"""Settlement files that lie ready for whoever looks, and pulling them by the very routes of the API."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.clearing.files.store import list_files, successors
from app.console.door import PageRoute
from app.console.view import page
from app.database import transaction
from app.routes.guard import principal_of
from app.routes.services import services_of
from app.routes.settlement_files import get_file_content, get_file_digest, get_file_signature

router = APIRouter(prefix="/console/files", route_class=PageRoute, include_in_schema=False)

_PAGE = 100


@router.get("")
async def get_files(
    request: Request,
    day: Annotated[date | None, Query()] = None,
    after: Annotated[str, Query(pattern=r"^[A-Za-z0-9._-]{0,100}$")] = "",
) -> Response:
    """Newest first. A bank sees its own, an institution the details of its own transactions."""
    caller = principal_of(request)
    async with transaction(services_of(request).pool) as connection:
        found = await list_files(
            connection,
            bank=caller.bank,
            day=day,
            institution=caller.institution,
            after=after,
            limit=_PAGE,
            newest_first=True,
        )
        newer = await successors(connection, found)
    return page(
        request,
        "files.html",
        files=found,
        newer=newer,
        day=day,
        next_after=found[-1].file_id if len(found) == _PAGE else None,
    )


router.add_api_route("/{file_id}/content", get_file_content, methods=["GET"], response_class=Response)
router.add_api_route("/{file_id}/digest", get_file_digest, methods=["GET"], response_class=Response)
router.add_api_route("/{file_id}/signature", get_file_signature, methods=["GET"], response_class=Response)
