"""For the orchestrator: alive, started, ready; and the metrics."""

from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from app.readiness import why_not_ready
from app.routes.guard import GuardedRoute
from app.routes.services import services_of

router = APIRouter(tags=["operation"], route_class=GuardedRoute)


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
    why_not = await why_not_ready(services_of(request).pool)
    return _answer(503, why_not) if why_not else _answer(200, "ready")


@router.get("/metrics", summary="Prometheus metrics", response_class=PlainTextResponse)
async def metrics_text() -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _answer(status: int, word: str) -> Response:
    return Response(orjson.dumps({"status": word}), status, media_type="application/json")
