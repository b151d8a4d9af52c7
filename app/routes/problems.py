"""RFC 9457 problem details: every refusal of a request, with a code of the catalogue."""

import math
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import Scope

from app import metrics
from app.codes import CATALOGUE, Code
from app.errors import (
    DatabaseUnavailable,
    Forbidden,
    KafkaUnavailable,
    Overloaded,
    RateLimited,
    Refused,
    Unauthenticated,
)
from app.settlement.messages import Malformed

MEDIA_TYPE = "application/problem+json"
_CHALLENGE = 'Bearer realm="medsettle"'


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
        "request_id": structlog.contextvars.get_contextvars().get("request_id", ""),
    }
    if pointer is not None:
        body["errors"] = [{"pointer": f"#{pointer}", "detail": detail}]
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Response(orjson.dumps(body), status, headers=headers, media_type=MEDIA_TYPE)


def malformed_problem(malformed: Malformed) -> Response:
    """400 for bytes that are no JSON object, 422 for an object that is no transaction."""
    status = 400 if malformed.code in (Code.INVALID_JSON, Code.DUPLICATE_KEY) else 422
    return problem(status, malformed.code, malformed.detail, pointer=malformed.pointer)


# A refusal is a conflict with what stands (409) unless it says that there is nothing, or that the request is bad.
_REFUSED_STATUS = {
    Code.TRANSACTION_NOT_FOUND: 404,
    Code.PERSON_UNKNOWN: 404,
    Code.CARD_UNKNOWN: 404,
    Code.GRANT_UNKNOWN: 404,
    Code.FILE_UNKNOWN: 404,
    Code.FILE_NOT_SIGNED: 404,
    Code.NOT_A_PAYMENT_FILE: 422,
    Code.ACKNOWLEDGMENT_TOO_LARGE: 413,
    Code.ADJUSTMENT_UNKNOWN: 404,
    Code.DAY_UNKNOWN: 404,
    Code.INSTITUTION_UNKNOWN: 404,
    Code.UPLOAD_UNKNOWN: 404,
    Code.RECONCILIATION_UNKNOWN: 404,
    Code.BREAK_UNKNOWN: 404,
    Code.DEAD_LETTER_UNKNOWN: 404,
    Code.ARCHIVE_TOO_LARGE: 413,
    Code.ARCHIVE_INVALID: 422,
    Code.FILE_ENCODING_INVALID: 422,
    Code.FILE_COLUMNS_INVALID: 422,
    Code.FILE_ROW_INVALID: 422,
    Code.FILE_ROW_REPEATED: 422,
    Code.INVALID_FIELD: 422,
    Code.IDEMPOTENCY_KEY_INVALID: 422,
    Code.IDEMPOTENCY_KEY_MISMATCH: 422,
    Code.CITIZEN_NO_INVALID: 422,
    Code.CREDIT_NOT_SUPPORTED: 422,
    Code.FILE_INVALID: 422,
    Code.ENCRYPTION_KEYS_MISSING: 503,
    Code.SIGNING_KEY_MISSING: 503,
    Code.IDENTITY_PROVIDER_AWAY: 503,
    Code.JOURNAL_BROKEN: 500,
}


def status_of(error: Exception) -> int:
    """Of the answer that a failure gets."""
    if isinstance(error, Refused):
        return _REFUSED_STATUS.get(error.code, 409)
    if isinstance(error, HTTPException):
        return error.status_code
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)


_STATUS: dict[type[Exception], int] = {
    Unauthenticated: 401,
    Forbidden: 403,
    RateLimited: 429,
    RequestValidationError: 422,
    DatabaseUnavailable: 503,
    KafkaUnavailable: 503,
    Overloaded: 503,
}


def _invalid_request(error: RequestValidationError) -> Response:
    """400 for a body that is no JSON, 422 for one that breaks the schema. What was sent is not repeated."""
    errors = error.errors()
    if any(each["type"] == "json_invalid" for each in errors):
        return problem(400, Code.INVALID_JSON)
    first = errors[0]
    place, *path = first["loc"]
    if first["type"] == "extra_forbidden":
        path.pop()  # the name of an unknown field is text of the sender too
    pointer = "".join(f"/{step}" for step in path) if place == "body" else f"/{place}/{path[0]}"
    return problem(422, Code.INVALID_FIELD, first["msg"], pointer=pointer)


_METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")


def _methods_of(app: FastAPI, scope: Scope) -> list[str]:
    """Of all routes at the address; the router itself names those of the first."""
    return [
        method
        for method in _METHODS
        if any(route.matches({**scope, "method": method})[0] is Match.FULL for route in app.routes)
    ]


def handle_problems(app: FastAPI) -> None:
    @app.exception_handler(DatabaseUnavailable)
    async def database_unavailable(_: Request, error: DatabaseUnavailable) -> Response:
        metrics.RETRIES.labels("http_database").inc()
        return problem(503, Code.DATABASE_UNAVAILABLE, retry_after=2)

    @app.exception_handler(KafkaUnavailable)
    async def kafka_unavailable(_: Request, error: KafkaUnavailable) -> Response:
        return problem(503, Code.KAFKA_UNAVAILABLE, str(error), retry_after=5)

    @app.exception_handler(Overloaded)
    async def overloaded(_: Request, error: Overloaded) -> Response:
        return problem(503, Code.OVERLOADED, str(error), retry_after=1)

    @app.exception_handler(Unauthenticated)
    async def unauthenticated(request: Request, error: Unauthenticated) -> Response:
        metrics.ACCESS_REFUSED.labels(Code.UNAUTHENTICATED).inc()
        response = problem(401, Code.UNAUTHENTICATED, str(error))
        # RFC 6750: the error is named where a credential was sent.
        sent = "authorization" in request.headers
        response.headers["WWW-Authenticate"] = f'{_CHALLENGE}, error="invalid_token"' if sent else _CHALLENGE
        return response

    @app.exception_handler(RateLimited)
    async def rate_limited(_: Request, error: RateLimited) -> Response:
        seconds = math.ceil(error.wait)
        response = problem(429, Code.RATE_LIMITED, str(error), retry_after=seconds)
        response.headers["RateLimit-Policy"] = error.policy
        response.headers["RateLimit"] = f'"{error.name}";r=0;t={seconds}'
        return response

    @app.exception_handler(Forbidden)
    async def forbidden(_: Request, error: Forbidden) -> Response:
        metrics.ACCESS_REFUSED.labels(error.code).inc()
        return problem(403, error.code, error.detail)

    @app.exception_handler(Refused)
    async def refused(_: Request, error: Refused) -> Response:
        return problem(_REFUSED_STATUS.get(error.code, 409), error.code, error.detail, pointer=error.pointer)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        return _invalid_request(error)

    @app.exception_handler(HTTPException)
    async def http_exception(request: Request, error: HTTPException) -> Response:
        if error.status_code == 405:
            response = problem(405, Code.METHOD_NOT_ALLOWED)
            response.headers["Allow"] = ", ".join(_methods_of(app, request.scope))
            return response
        if error.status_code == 404:
            return problem(404, Code.NOT_FOUND)
        if error.status_code == 408:
            return problem(408, Code.BODY_INCOMPLETE)
        if error.status_code == 413:
            return problem(413, Code.MESSAGE_TOO_LARGE)
        return problem(error.status_code, Code.INVALID_JSON)  # FastAPI's word for a body that it cannot read
