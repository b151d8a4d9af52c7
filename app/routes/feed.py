"""What an institution has: pages of its transactions, a business day as a file, and a feed to follow."""

import asyncio
import time
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from app.codes import Code
from app.database import transaction
from app.errors import DatabaseUnavailable, Overloaded, RateLimited, Refused, Unauthenticated
from app.routes import feed_contract as contract
from app.routes.guard import GuardedRoute, principal_of, prove_again, refuse_foreign
from app.routes.services import Services, services_of
from app.routes.slots import Slots
from app.routes.times import Day, Moment
from app.settlement.feed.projector import catch_up
from app.settlement.feed.reading import Order, Page, Told, Wanted, head_of, read_page
from app.settlement.messages import Kind
from app.settlement.publisher import encode
from app.settlement.records import outcome

router = APIRouter(prefix="/v1/transactions", tags=["transactions"], route_class=GuardedRoute)

_PAGE_MAX = 500
_WAIT_SECONDS_MAX = 30
_HEARTBEAT_SECONDS = 15.0
# A stream ends after this, and its reader comes again with a key that is proved anew.
_STREAM_SECONDS_MAX = 600.0
_EXPORT_ROWS = 500
_CATCH_UP_SECONDS_MAX = 5.0


class Lines(StreamingResponse):
    media_type = "application/x-ndjson"


class _Export(Lines):
    """Holds one of the places for exports while it is sent; where none is free it is refused before it begins."""

    def __init__(self, lines: AsyncIterator[bytes], places: Slots, headers: dict[str, str]) -> None:
        super().__init__(lines, headers=headers)
        self._places = places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._places.taken():
            await super().__call__(scope, receive, send)


Status = Literal["settled", "held", "declined", "reversed", "rejected"]
Institution = Annotated[
    str | None,
    Query(pattern="^[A-Za-z0-9]{12}$", description="Whose transactions; a key of an institution may leave it out"),
]
Cursor = Annotated[
    str | None, Query(pattern="^[0-9]{1,18}$", description="`next_cursor` of the page before; absent: the first page")
]
Limit = Annotated[int, Query(ge=1, le=_PAGE_MAX)]
_EVENT_STREAM = "text/event-stream"


@router.get("", **contract.LIST)
async def list_transactions(
    request: Request,
    institution: Institution = None,
    cursor: Cursor = None,
    limit: Limit = 100,
    order: Order = "newest_first",
    business_day: Annotated[Day | None, Query(description="In Asia/Shanghai, from the cut-off on")] = None,
    since: Annotated[Moment | None, Query(alias="from", description="`settled_at` from here on")] = None,
    until: Annotated[Moment | None, Query(alias="to", description="`settled_at` before")] = None,
    status: Annotated[list[Status] | None, Query(max_length=5, description="Any of these")] = None,
    kind: Annotated[list[Kind] | None, Query(max_length=20, description="Any of these")] = None,
    code: Annotated[list[Code] | None, Query(max_length=20, description="Any of these")] = None,
) -> Response:
    wanted = Wanted(since, until, business_day, status, kind, code)
    position = None if cursor is None else int(cursor)
    async with transaction(services_of(request).pool) as connection:
        page = await read_page(
            connection, institution_of(request, institution), position, limit=limit, order=order, wanted=wanted
        )
    next_cursor = b"null" if page.is_last else b'"%d"' % page.position
    told = b",".join([_encoded(each) for each in page.told])
    return Response(b'{"transactions":[%b],"next_cursor":%b}' % (told, next_cursor), media_type="application/json")


@router.get("/export", response_class=Lines, **contract.EXPORT)
async def export_day(
    request: Request,
    day: Annotated[Day, Query(description="The business day")],
    institution: Institution = None,
    accept_encoding: Annotated[str, Header(include_in_schema=False)] = "",
) -> Lines:
    services = services_of(request)
    whose = institution_of(request, institution)
    await _catch_up(services)
    lines = _lines_of_day(services, whose, day)
    headers = {"Vary": "Accept-Encoding"}
    if _accepts_gzip(accept_encoding):
        return _Export(_gzipped(lines), services.exports, {**headers, "Content-Encoding": "gzip"})
    return _Export(lines, services.exports, headers)


@router.get("/feed", **contract.FEED)
async def follow_feed(
    request: Request,
    institution: Institution = None,
    cursor: Annotated[
        str | None,
        Query(pattern="^([0-9]{1,18}|latest)$", description="Behind which to go on; absent: the first; or `latest`"),
    ] = None,
    wait: Annotated[int, Query(ge=0, le=_WAIT_SECONDS_MAX, description="Seconds to wait where nothing is new")] = 0,
    limit: Limit = 100,
    last_event_id: Annotated[
        str | None, Header(pattern="^[0-9]{1,18}$", description="Of a stream that goes on; before `cursor`")
    ] = None,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response:
    services = services_of(request)
    whose = institution_of(request, institution)
    services.feed_watch.refuse_if_full()
    position = await _start(services, whose, last_event_id or cursor)
    if _EVENT_STREAM in accept:
        events = _events(services, whose, position, lambda: prove_again(request))
        return StreamingResponse(events, media_type=_EVENT_STREAM, headers={"Cache-Control": "no-store"})
    page = await _page(services, whose, position, limit)
    if page.is_last and not page.told and wait:
        with services.feed_watch.reading():
            await services.feed_watch.wait_beyond(whose, page.position, wait)
        page = await _page(services, whose, page.position, limit)
    events_told = b",".join([b'{"cursor":"%d","outcome":%b}' % (each.number, _encoded(each)) for each in page.told])
    body = b'{"events":[%b],"next_cursor":"%d"}' % (events_told, page.position)
    return Response(body, media_type="application/json")


def institution_of(request: Request, institution: str | None) -> str:
    """Its own, which an institution may leave out. Raises Forbidden where it names another one."""
    institution = institution or principal_of(request).institution
    if institution is None:
        raise Refused(Code.INVALID_FIELD, "Say of which institution.", "/query/institution")
    refuse_foreign(request, institution)
    return institution


def _encoded(told: Told) -> bytes:
    return encode(outcome(told.recorded.row, told.recorded.settled_at, replayed=False))


# A day as a file


async def _catch_up(services: Services) -> None:
    """So that what was answered before an export stands in it."""
    try:
        async with asyncio.timeout(_CATCH_UP_SECONDS_MAX):
            await catch_up(services.pool)
    except TimeoutError:
        raise Overloaded("The feeds of institutions are behind.") from None


async def _lines_of_day(services: Services, institution: str, day: date) -> AsyncIterator[bytes]:
    """Page by page, each in a transaction of its own: however slow the reader, nothing is held for it."""
    position, is_last, wanted = 0, False, Wanted(business_day=day)
    while not is_last:
        async with transaction(services.pool) as connection:
            page = await read_page(connection, institution, position, limit=_EXPORT_ROWS, wanted=wanted)
        if page.told:
            yield b"".join([_encoded(each) + b"\n" for each in page.told])
        position, is_last = page.position, page.is_last


async def _gzipped(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packer = zlib.compressobj(3, wbits=31)
    async for chunk in chunks:
        if packed := packer.compress(chunk):
            yield packed
    yield packer.flush()


def _accepts_gzip(accept_encoding: str) -> bool:
    for each in accept_encoding.lower().split(","):
        name, _, quality = each.replace(" ", "").partition(";q=")
        if name in ("gzip", "*"):
            return quality.rstrip("0").rstrip(".") not in ("0", "") or not quality
    return False


# The feed


async def _start(services: Services, institution: str, cursor: str | None) -> int:
    if cursor != "latest":
        return int(cursor or 0)
    async with transaction(services.pool) as connection:
        return await head_of(connection, institution)


async def _page(services: Services, institution: str, position: int, limit: int) -> Page:
    async with transaction(services.pool) as connection:
        return await read_page(connection, institution, position, limit=limit)


async def _events(
    services: Services, institution: str, position: int, prove: Callable[[], Awaitable[None]]
) -> AsyncGenerator[bytes, None]:
    """Server-sent events until the process stops, the database goes away, the reader is proved no longer, or a while
    has passed: then come again."""
    watch, end = services.feed_watch, time.monotonic() + _STREAM_SECONDS_MAX
    with watch.reading(), suppress(DatabaseUnavailable, RateLimited, Unauthenticated):
        yield b"retry: 2000\n\n"
        while not watch.is_closing and time.monotonic() < end:
            await prove()
            page = await _page(services, institution, position, _PAGE_MAX)
            if page.told:
                yield b"".join([_event(each) for each in page.told])
            position = page.position
            if page.is_last:
                before = time.monotonic()
                await watch.wait_beyond(institution, position, _HEARTBEAT_SECONDS)
                if time.monotonic() - before >= _HEARTBEAT_SECONDS:
                    yield b": heartbeat\n\n"


def _event(told: Told) -> bytes:
    return b"id: %d\nevent: outcome\ndata: %b\n\n" % (told.number, _encoded(told))
