"""The OpenAPI document as a whole: what holds for every route, the limits, the catalogue of codes."""

from collections.abc import Iterator
from typing import Any

from fastapi.routing import APIRoute

from app.codes import CATALOGUE
from app.routes.examples import EXAMPLE_OUTCOME

DESCRIPTION = """\
Settles social security card payments out of the medical insurance personal account, once each.

**Once.** A transaction is known by `institution` and `message_id`, for ever. Send it again after a timeout, a 5xx or a
lost connection: it takes effect once, and the repeat is answered with the stored outcome, status 200, `replayed: true`
and the header `Idempotency-Replayed: true`. The same key with other content is a conflict, 409. The header
`Idempotency-Key` may give the `message_id`, bare or in double quotes; where both are sent they must be the same. A
batch takes no such header: each item has its own `message_id`.

**Outcomes and problems.** A decline is a recorded outcome and no error: look at `status` and `code`. What is refused is
`application/problem+json` (RFC 9457) with a `code` of the catalogue below, `errors[].pointer` to what is wrong in the
request, and `request_id`. 503 has `Retry-After`.

**Request ids.** Send `X-Request-Id` (1 to 64 letters, digits, `. _ : -`) or be given one. It is in every answer, every
problem and our logs: tell it when you ask.

**Amounts** are integers in fen. **Times** are RFC 3339. Unknown fields are ignored in transactions and refused
elsewhere, as are unknown parameters, and one of a single value that is sent twice. Fields and codes may be added to
answers: ignore what you do not know.

## Limits

| what | limit |
|---|---|
| body of one transaction | 64 KiB (`MEDSETTLE_MESSAGE_BYTES_MAX`) |
| batch | 5,000 transactions, 8 MiB, 64 batches in hand |
| transactions that wait in one process | 4,000 (`MEDSETTLE_HTTP_QUEUE_MAX`), then 503 |
| `metadata` | 1 KiB |
| page | 500 items |
| `wait` of the feed | 30 s |
| a stream of the feed | 10 minutes, then connect again |
| readers of feeds in one process | 1,000 |
| exports in hand in one process | 8 |
| downloads of settlement files in hand, of one key in one process | 8 |
| a reader of a file who takes nothing | 1 minute, then go on by `Range` |
| a sender or reader who stands still | 60 s (`MEDSETTLE_HTTP_SILENCE_SECONDS_MAX`), then 408 or the end |

## Codes

"""


def description() -> str:
    rows = [f"| `{code}` | {entry.meaning} | {entry.remedy} |" for code, entry in CATALOGUE.items()]
    return DESCRIPTION + "\n".join(["| code | meaning | what to do |", "|---|---|---|", *rows, ""])


def operation_id(route: APIRoute) -> str:
    """The name of its function; where that is one word, of what."""
    if "_" in route.name or not route.tags:
        return route.name
    return f"{route.name}_{str(route.tags[0]).removesuffix('s').replace(' ', '_')}"


def complete(document: dict[str, Any]) -> None:
    """What FastAPI cannot know of our routes, or says otherwise than they do."""
    schemas = document["components"]["schemas"]
    schemas["Problem"] = _PROBLEM
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    headers = document["components"].setdefault("headers", {})
    headers["RequestId"] = {
        "description": "The id of the request: the sender's or ours.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,64}$"},
    }
    _precise(schemas["Outcome"])
    _plain(document["paths"])
    _plain(schemas)
    document["paths"] = _named(document["paths"], schemas)
    _named(schemas["Problem"], schemas)
    for operation in _operations(document):
        for status, answer in operation["responses"].items():
            if status == "422":
                answer["content"] = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
                if answer["description"] == "Validation Error":
                    answer["description"] = "A parameter breaks its limits."
            answer.setdefault("headers", {})["X-Request-Id"] = {"$ref": "#/components/headers/RequestId"}


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


def _precise(outcome: dict[str, Any]) -> None:
    """What the struct does not say, since it is only written: every field is there, and some have a form."""
    fields = outcome["properties"]
    outcome["required"] = list(fields)
    for field in fields.values():
        field.pop("default", None)
    fields["status"]["enum"] = ["settled", "held", "reversed", "declined", "rejected", "conflict"]
    for name in ("settled_at", "expires_at"):
        fields[name] = {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}
    fields["metadata"] = {"anyOf": [{"type": "object", "additionalProperties": True}, {"type": "null"}]}
    outcome["example"] = EXAMPLE_OUTCOME


def _named(node: Any, schemas: dict[str, Any]) -> Any:
    """The same with its objects that have a title among the named ones, so that clients get one type of each."""
    if isinstance(node, list):
        return [_named(each, schemas) for each in node]
    if not isinstance(node, dict):
        return node
    made = {name: _named(each, schemas) for name, each in node.items()}
    if made.get("type") == "object" and "properties" in made and "title" in made:
        schemas[made["title"]] = made
        return {"$ref": f"#/components/schemas/{made['title']}"}
    return made


def _plain(schema: Any) -> None:
    """`items: false` says once more what `maxItems` says, and many tools cannot read it."""
    if isinstance(schema, list):
        for each in schema:
            _plain(each)
    elif isinstance(schema, dict):
        if schema.get("items") is False:
            assert schema["maxItems"] == len(schema["prefixItems"])
            del schema["items"]
        for each in schema.values():
            _plain(each)


_PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "code", "detail", "request_id"],
    "properties": {
        "type": {"type": "string", "description": "urn:medsettle:problem: and the code"},
        "title": {"type": "string", "description": "What the code means"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Of the catalogue; more may be added"},
        "detail": {"type": "string", "description": "What is wrong here, or what to do"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "title": "ProblemPlace",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the body, or #/query/name"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
    "example": {
        "type": "urn:medsettle:problem:invalid_amount",
        "title": "The amount is not a whole number of fen within the limits.",
        "status": 422,
        "code": "invalid_amount",
        "detail": "Expected `int` >= 1",
        "request_id": "5c1d0a4e8f3b4a6c9d2e7f1a0b3c4d5e",
        "errors": [{"pointer": "#/amount", "detail": "Expected `int` >= 1"}],
    },
}
