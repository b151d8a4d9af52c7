"""For the orchestrator: alive, started, ready; and the metrics."""

import asyncio
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from app.database import Pool, transaction
from app.errors import DatabaseUnavailable
from app.routes.guard import GuardedRoute
from app.routes.services import services_of

router = APIRouter(tags=["operation"], route_class=GuardedRoute)

_READY_SECONDS_MAX = 2


_WORD = {
    "type": "object",
    "title": "Health",
    "required": ["status"],
    "properties": {"status": {"type": "string"}},
    "example": {"status": "ready"},
}


def _says(meaning: str) -> dict[str, Any]:
    return {"description": meaning, "content": {"application/json": {"schema": _WORD}}}


@router.get("/health/live", summary="The process answers; nothing else is asked", responses={200: _says("It does.")})
async def live() -> Response:
    return _answer(200, "live")


@router.get(
    "/health/startup", summary="The process has started; until then nothing listens", responses={200: _says("It has.")}
)
async def startup() -> Response:
    return _answer(200, "started")


@router.get(
    "/health/ready",
    summary="Transactions can be settled now",
    responses={200: _says("They can."), 503: _says("Not now.")},
)
async def ready(request: Request) -> Response:
    try:
        async with asyncio.timeout(_READY_SECONDS_MAX):
            migrated = await _migrated(services_of(request).pool)
    except (DatabaseUnavailable, TimeoutError):
        return _answer(503, "database away")
    return _answer(200, "ready") if migrated else _answer(503, "database not migrated")


@router.get("/metrics", summary="Prometheus metrics", response_class=PlainTextResponse)
async def metrics_text() -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _migrated(pool: Pool) -> bool:
    async with transaction(pool) as connection:
        return await connection.fetchval("SELECT to_regclass('settlement.settlements') IS NOT NULL") is True


def _answer(status: int, word: str) -> Response:
    return Response(orjson.dumps({"status": word}), status, media_type="application/json")
