"""The OpenAPI side of the routes: bodies and answers, taken from the structs that the code itself reads and writes."""

from typing import Any

import msgspec
from fastapi import FastAPI

from app.clearing.trace_steps import Trace
from app.routes.access_document import describe_access
from app.routes.document import complete
from app.routes.examples import EXAMPLE_MESSAGE
from app.settlement.messages import ID_CHARACTER, Message
from app.settlement.records import Outcome

_REF = "#/components/schemas/{name}"


def _schema(name: str) -> dict[str, str]:
    return {"$ref": _REF.format(name=name)}


def _json(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema, **more}}}


def _outcome(meaning: str) -> dict[str, Any]:
    return {"description": meaning, **_json(_schema("Outcome"))}


def problem_answer(meaning: str, *, retry: bool = False) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": meaning,
        "content": {"application/problem+json": {"schema": _schema("Problem")}},
    }
    if retry:
        answer["headers"] = {"Retry-After": {"description": "seconds", "schema": {"type": "integer"}}}
    return answer


_UNAVAILABLE = {503: problem_answer("Overloaded, or the ledger is away. Send the same again.", retry=True)}

_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The `message_id`, bare or in double quotes. The body may then leave it out.",
    "schema": {"type": "string", "pattern": f'^("{ID_CHARACTER}{{1,30}}"|{ID_CHARACTER}{{1,30}})$'},
}
_REPLAYED = {
    "Idempotency-Replayed": {"description": "true: recorded before", "schema": {"type": "string", "enum": ["true"]}}
}

SETTLE_ONE: dict[str, Any] = {
    "summary": "Settle one transaction, once",
    "openapi_extra": {
        "parameters": [_IDEMPOTENCY_KEY],
        "requestBody": {"required": True, **_json(_schema("Message"), example=EXAMPLE_MESSAGE)},
    },
    "status_code": 201,
    "responses": {
        201: _outcome("Recorded now: settled, declined or rejected, see `status` and `code`."),
        200: {
            **_outcome("Recorded before; this is the stored outcome with `replayed: true`."),
            "headers": _REPLAYED,
        },
        409: _outcome("Conflict: the key was used for other content; see `differing_fields`. Nothing was done."),
        400: problem_answer("Not one JSON object."),
        413: problem_answer("Body too large."),
        422: problem_answer("Not a transaction; nothing was recorded."),
        **_UNAVAILABLE,
    },
}
SETTLE_BATCH: dict[str, Any] = {
    "summary": "Settle up to 5,000 transactions; outcomes come in the same order",
    "openapi_extra": {
        "requestBody": {
            "required": True,
            **_json(
                {"type": "array", "minItems": 1, "maxItems": 5000, "items": _schema("Message")},
                example=[EXAMPLE_MESSAGE],
            ),
        }
    },
    "responses": {
        200: {
            "description": "One outcome an item; a malformed item is `rejected` in its place and not recorded.",
            **_json({"type": "array", "items": _schema("Outcome")}),
        },
        400: problem_answer("Not JSON."),
        413: problem_answer("Body too large."),
        422: problem_answer("Not an array of 1 to 5000 items."),
        **_UNAVAILABLE,
    },
}
QUOTE: dict[str, Any] = {
    "summary": "What one transaction would come to now; nothing is recorded",
    "openapi_extra": {"requestBody": {"required": True, **_json(_schema("Message"), example=EXAMPLE_MESSAGE)}},
    "responses": {
        200: _outcome(
            "The outcome as it would be, without `settlement_id` and `settled_at`; it binds nobody. Where the key is"
            " taken, the stored outcome with `replayed: true`."
        ),
        409: _outcome("The key was used for other content; see `differing_fields`."),
        400: problem_answer("Not one JSON object."),
        413: problem_answer("Body too large."),
        422: problem_answer("Not a transaction."),
        **_UNAVAILABLE,
    },
}
GET_ONE: dict[str, Any] = {
    "summary": "The stored outcome of one transaction",
    "responses": {
        200: _outcome("The stored outcome."),
        404: problem_answer("Nothing is recorded under this key."),
        **_UNAVAILABLE,
    },
}
TRACE: dict[str, Any] = {
    "summary": "The whole way of one transaction, up to what its bank said",
    "responses": {
        200: {"description": "Every step that it has come.", **_json(_schema("Trace"))},
        404: problem_answer("Nothing is recorded under this key."),
        **_UNAVAILABLE,
    },
}


def describe(app: FastAPI) -> None:
    """Put the structs' schemas into the OpenAPI document that FastAPI makes of the routes."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = made()
            _, components = msgspec.json.schema_components([Message, Outcome, Trace], ref_template=_REF)
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            schemas.update(components)
            describe_access(document)
            complete(document)
        return app.openapi_schema or {}

    app.openapi = openapi  # type: ignore[method-assign]
