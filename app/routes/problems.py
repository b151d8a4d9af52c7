"""RFC 9457 problem details: every refusal of a request, with a code of the catalogue."""

from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from app import logs, metrics
from app.codes import CATALOGUE, Code
from app.errors import DatabaseUnavailable, Overloaded
from app.settlement.messages import Malformed

_log = logs.get(__name__)

MEDIA_TYPE = "application/problem+json"


def problem(
    status: int, code: Code, detail: str = "", *, pointer: str | None = None, retry_after: int | None = None
) -> Response:
    entry = CATALOGUE[code]
    body: dict[str, Any] = {
        "type": f"urn:medsettle:problem:{code}",
        "title": entry.meaning,
        "status": status,
        "code": code,
        "detail": detail or entry.remedy,
    }
    if pointer is not None:
        body["errors"] = [{"pointer": f"#{pointer}", "detail": detail}]
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Response(orjson.dumps(body), status, headers=headers, media_type=MEDIA_TYPE)


def malformed_problem(malformed: Malformed) -> Response:
    """400 for bytes that are no JSON object, 422 for an object that is no transaction."""
    status = 400 if malformed.code in (Code.INVALID_JSON, Code.DUPLICATE_KEY) else 422
    return problem(status, malformed.code, malformed.detail, pointer=malformed.pointer)


def handle_problems(app: FastAPI) -> None:
    @app.exception_handler(DatabaseUnavailable)
    async def database_unavailable(_: Request, error: DatabaseUnavailable) -> Response:
        metrics.RETRIES.labels("http_database").inc()
        return problem(503, Code.DATABASE_UNAVAILABLE, retry_after=2)

    @app.exception_handler(Overloaded)
    async def overloaded(_: Request, error: Overloaded) -> Response:
        return problem(503, Code.OVERLOADED, str(error), retry_after=1)

    @app.exception_handler(HTTPException)
    async def http_exception(_: Request, error: HTTPException) -> Response:
        code = Code.METHOD_NOT_ALLOWED if error.status_code == 405 else Code.NOT_FOUND
        response = problem(error.status_code, code)
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(Exception)
    async def unknown(request: Request, error: Exception) -> Response:
        _log.error("request_failed", method=request.method, **logs.failure(error))
        return problem(500, Code.INTERNAL_ERROR)
