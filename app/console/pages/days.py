"""Business days: which there are, what one came to, what a seal would give, and sealing it."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.clearing import seal
from app.clearing.days import next_to_seal, read_day
from app.clearing.files.store import list_files
from app.clearing.positions import read_positions
from app.console.clearing import list_days
from app.console.door import PageRoute, required_reason
from app.console.view import may, page
from app.database import transaction
from app.routes import times
from app.routes.guard import principal_of
from app.routes.services import services_of

router = APIRouter(prefix="/console/days", route_class=PageRoute, include_in_schema=False)

_DAYS = 60
_PAGE = 200
BusinessDay = Annotated[times.Day, Path()]


@router.get("")
async def get_days(request: Request) -> Response:
    services = services_of(request)
    async with transaction(services.pool, snapshot=True) as connection:
        days = await list_days(connection, _DAYS)
        first = await next_to_seal(connection)
        business_days = (await services.rules.read(connection)).days
    ends_at = None if first is None else business_days.end(first)
    return page(request, "days.html", days=days, first=first, ends_at=ends_at)


@router.get("/{day}")
async def get_day(
    request: Request,
    day: BusinessDay,
    after: Annotated[str, Query(max_length=12)] = "",
    held: Annotated[bool, Query()] = False,
) -> Response:
    return await _day(request, day, after=after, held=held)


@router.post("/{day}/preview")
async def preview_day(request: Request, day: BusinessDay) -> Response:
    """Nothing is changed. Of a day that is not over: what it came to so far."""
    settings = services_of(request).settings
    seen = await seal.preview(settings.database_url.get_secret_value(), settings.cut_off, day)
    return await _day(request, day, preview=seen)


@router.post("/{day}/seal")
async def seal_day(request: Request, day: BusinessDay) -> Response:
    required_reason(request)
    settings = services_of(request).settings
    async with seal.sealing(settings.database_url.get_secret_value(), settings.cut_off) as sealer:
        await sealer.seal(day)
    return RedirectResponse(f"/console/days/{day}", 303)


async def _day(
    request: Request, day: date, *, after: str = "", held: bool = False, preview: seal.Preview | None = None
) -> Response:
    services = services_of(request)
    async with transaction(services.pool, snapshot=True) as connection:
        known = await read_day(connection, day, (await services.rules.read(connection)).days)
        positions = await read_positions(connection, day, after=after, held_only=held, limit=_PAGE)
        files = await list_files(connection, day=day)
    return page(
        request,
        "day.html",
        day=known,
        preview=preview,
        positions=positions,
        held=held,
        files=files,
        next_after=positions[-1].institution if len(positions) == _PAGE else None,
        may_preview=may(principal_of(request), "POST /console/days/{day}/preview"),
        may_pull=may(principal_of(request), "GET /console/files/{file_id}/content"),
        may_seal=may(principal_of(request), "POST /console/days/{day}/seal"),
    )
