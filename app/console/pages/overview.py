"""How it goes now: figures of all processes, live."""

from collections.abc import AsyncGenerator
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from app.console.desk import desk_of
from app.console.door import PageRoute
from app.console.live import SILENT_SECONDS_MAX, Live, told
from app.console.sessions import find_session
from app.console.view import page
from app.console.visitor import visitor_of
from app.console.words import codes
from app.database import Pool, transaction
from app.errors import DatabaseUnavailable
from app.process_board import Told, read_board
from app.routes.services import services_of

router = APIRouter(prefix="/console", route_class=PageRoute, include_in_schema=False)

_HEARTBEAT_SECONDS = 15.0
# The session is looked up again so often, without counting as its use.
_PROVE_LOOKS = 5


@router.get("/overview")
async def get_overview(request: Request) -> Response:
    return page(request, "overview.html", meanings=codes(visitor_of(request).language))


@router.get("/overview/stream")
async def stream_overview(request: Request) -> Response:
    """Server-sent events: first the past, then each look, until the session ends or the process stops."""
    events = _events(desk_of(request).live, services_of(request).pool, visitor_of(request).token)
    return StreamingResponse(events, media_type="text/event-stream")


@router.get("/processes")
async def get_processes(request: Request) -> Response:
    async with transaction(services_of(request).pool) as connection:
        board = await read_board(connection)
    return page(request, "processes.html", **standings(board))


def standings(board: list[Told]) -> dict[str, Any]:
    """Processes as they told of themselves, and partitions by number with who owns them; None where nobody does."""
    living = [each for each in board if each.silent_seconds < SILENT_SECONDS_MAX]
    owners = {
        int(number): (each, standing)
        for each in living
        if each.kind == "worker"
        for number, standing in each.figures["partitions"].items()
    }
    of_topic = max((each.figures.get("partitions_of_topic", 0) for each in board), default=0)
    partitions = [(number, owners.get(number)) for number in range(of_topic)]
    return {"board": board, "partitions": partitions, "silent_seconds_max": SILENT_SECONDS_MAX}


async def _events(live: Live, pool: Pool, token: str) -> AsyncGenerator[bytes, None]:
    at, looks = 0.0, 0
    yield b"retry: 2000\n\n"
    while not live.is_closing:
        if looks % _PROVE_LOOKS == 0 and not await _is_signed_in(pool, token):
            yield b"event: end\ndata: {}\n\n"
            return
        newer = await live.newer(at, _HEARTBEAT_SECONDS)
        looks += 1
        if newer:
            at = newer[-1].at
            yield b"event: looks\ndata: %b\n\n" % orjson.dumps([told(look) for look in newer])
        else:
            yield b": heartbeat\n\n"


async def _is_signed_in(pool: Pool, token: str) -> bool:
    try:
        return await find_session(pool, token, is_use=False) is not None
    except DatabaseUnavailable:
        return True  # nothing of it can be told meanwhile either
