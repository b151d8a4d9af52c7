"""Styles, scripts and pictures, kept by browsers until they change; and what is at no address."""

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from app.console.door import HEADERS, PageRoute
from app.console.view import static_files, static_version

#: They need no session, so they come while Postgres is away, when somebody is to be told of that.
router = APIRouter(prefix="/console", include_in_schema=False)
#: To be included last.
rest = APIRouter(prefix="/console", route_class=PageRoute, include_in_schema=False)


@router.get("/static/{version}/{name}")
async def get_static(version: str, name: str) -> Response:
    """While releases change, a page of the other one gets what there is here, and does not keep it."""
    file = static_files().get(name)
    if file is None:
        raise HTTPException(404)
    keep = "public, max-age=31536000, immutable" if version == static_version() else "no-store"
    return Response(file.content, media_type=file.media_type, headers={**HEADERS, "Cache-Control": keep})


@rest.get("/{path:path}")
async def get_nothing(request: Request) -> Response:
    raise HTTPException(404)
