"""The OpenAPI side of `app.routes.feed`."""

from typing import Any

from app.routes.contract import problem_answer
from app.routes.examples import EXAMPLE_OUTCOME

_OUTCOME = {"$ref": "#/components/schemas/Outcome"}
_CURSOR = {"type": "string", "pattern": "^[0-9]{1,19}$"}
_NOT_NOW = {503: problem_answer("The ledger is away, or too many ask at once. Send the same again.", retry=True)}
_INVALID = {422: problem_answer("A parameter breaks its limits.")}

_PAGE_SCHEMA = {
    "type": "object",
    "title": "TransactionPage",
    "required": ["transactions", "next_cursor"],
    "properties": {
        "transactions": {"type": "array", "items": _OUTCOME},
        "next_cursor": {**_CURSOR, "type": ["string", "null"], "description": "null: this is the last page"},
    },
}
_FEED_SCHEMA = {
    "type": "object",
    "title": "FeedPage",
    "required": ["events", "next_cursor"],
    "properties": {
        "events": {
            "type": "array",
            "items": {
                "type": "object",
                "title": "FeedEvent",
                "required": ["cursor", "outcome"],
                "properties": {"cursor": _CURSOR, "outcome": _OUTCOME},
            },
        },
        "next_cursor": {**_CURSOR, "description": "Keep it: from here the feed goes on"},
    },
}

LIST: dict[str, Any] = {
    "summary": "Transactions of an institution, page by page",
    "description": "In the order in which they were recorded, or back. A page looks at a bounded number of them: with"
    " filters it may hold fewer than `limit`, or none, and still have a `next_cursor`. Go on until that is null.",
    "responses": {
        200: {
            "description": "A page. Each outcome is the stored one.",
            "content": {
                "application/json": {
                    "schema": _PAGE_SCHEMA,
                    "example": {"transactions": [EXAMPLE_OUTCOME], "next_cursor": "41"},
                }
            },
        },
        **_INVALID,
        **_NOT_NOW,
    },
}
EXPORT: dict[str, Any] = {
    "summary": "All transactions of an institution's business day as a file",
    "description": "One outcome a line, in the order in which they were recorded; gzip where it is accepted. What was"
    " answered before the request stands in it. A file whose transfer breaks off is not complete: HTTP tells.",
    "responses": {
        200: {
            "description": "Lines of JSON, each an `Outcome`; none where nothing was recorded on the day.",
            "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
        },
        **_INVALID,
        **_NOT_NOW,
    },
}
FEED: dict[str, Any] = {
    "summary": "Follow what is settled for an institution, whichever way it came in",
    "description": "Every recorded outcome once, in an order that nothing enters behind a cursor, within about a second"
    " of its commit. Ask with `wait` to be answered as soon as there is news (long poll). With `Accept:"
    " text/event-stream` the answer is a stream of server-sent events `outcome`, whose `id` is the cursor and whose"
    " `data` is an `Outcome`; a comment comes every 15 seconds where nothing else does. It ends after ten minutes,"
    " and when the service stops: connect again with the `Last-Event-ID`, as browsers' `EventSource` does.",
    "responses": {
        200: {
            "description": "What lies behind the cursor, or a stream of it.",
            "content": {
                "application/json": {
                    "schema": _FEED_SCHEMA,
                    "example": {"events": [{"cursor": "42", "outcome": EXAMPLE_OUTCOME}], "next_cursor": "42"},
                },
                "text/event-stream": {
                    "schema": {"type": "string"},
                    "example": 'id: 42\nevent: outcome\ndata: {"settlement_id":"…"}\n\n',
                },
            },
        },
        **_INVALID,
        **_NOT_NOW,
    },
}
