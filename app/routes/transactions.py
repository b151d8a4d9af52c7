"""What hospital and pharmacy systems call: settle one transaction or many, quote one, ask what became of one."""

from typing import Any

import msgspec
import orjson
from fastapi import APIRouter, Request, Response

from app.access.policy import Denial
from app.access.principal import Principal
from app.codes import Code
from app.database import transaction
from app.routes import contract, idempotency
from app.routes.body import read_body, read_large_body
from app.routes.guard import GuardedRoute, concerning, principal_of, refuse_foreign
from app.routes.problems import malformed_problem, problem
from app.routes.services import Services, services_of
from app.settlement.decoding import decode, read_fields
from app.settlement.group_commit import Reply
from app.settlement.isolate import Refusal
from app.settlement.json_objects import parse
from app.settlement.messages import Malformed, Message, message_key
from app.settlement.publisher import encode
from app.settlement.records import Answer, outcome, rejection
from app.settlement.register import find_settlement
from app.settlement.settle import quote

router = APIRouter(prefix="/v1/transactions", tags=["transactions"], route_class=GuardedRoute)

BATCH_MAX = 5_000
_BATCH_BYTES_MAX = 8 * 1024 * 1024
_JSON = "application/json"


@router.post("", **contract.SETTLE_ONE)
async def settle_one(request: Request) -> Response:
    services = services_of(request)
    services.group_commit.refuse_if_full()
    key = idempotency.key_of(request.headers.get(idempotency.HEADER))
    body = await read_body(request, services.settings.message_bytes_max)
    if body is None:
        return problem(413, Code.MESSAGE_TOO_LARGE)
    decoded = decode(body, key)
    if isinstance(decoded, Malformed):
        return malformed_problem(decoded)
    if key is not None:
        idempotency.refuse_other(key, decoded.message_id)
    refuse_foreign(request, decoded.institution)
    (reply,) = await services.group_commit.settle([decoded])
    if isinstance(reply, Refusal):
        return problem(422, Code.REFUSED_BY_DATABASE, reply.reason)
    status = _status(reply.answer)
    headers = {idempotency.REPLAYED: "true"} if status == 200 else None
    return Response(reply.body, status, headers=headers, media_type=_JSON)


@router.post("/quote", **contract.QUOTE)
async def quote_one(request: Request) -> Response:
    services = services_of(request)
    body = await read_body(request, services.settings.message_bytes_max)
    if body is None:
        return problem(413, Code.MESSAGE_TOO_LARGE)
    decoded = decode(body)
    if isinstance(decoded, Malformed):
        return malformed_problem(decoded)
    refuse_foreign(request, decoded.institution)
    concerning(request, decoded.person_no)
    answer = await quote(services.pool, decoded, rules=services.rules)
    told = answer.outcome
    if answer.is_new:
        told = msgspec.structs.replace(told, settlement_id=None, settled_at=None)
    return Response(encode(told), 409 if answer.status == "conflict" else 200, media_type=_JSON)


@router.post("/batch", **contract.SETTLE_BATCH)
async def settle_batch(request: Request) -> Response:
    """Each item stands alone: one that is malformed, or another institution's, is answered `rejected` in its place.

    Items are known by their own `message_id`: the header `Idempotency-Key` is refused, since there is none for all."""
    idempotency.refuse_any(request.headers.get(idempotency.HEADER))
    services = services_of(request)
    services.group_commit.refuse_if_full()
    with services.batches.taken():
        return await _settle_items(request, services)


async def _settle_items(request: Request, services: Services) -> Response:
    body = await read_large_body(request, _BATCH_BYTES_MAX)
    if body is None:
        return problem(413, Code.MESSAGE_TOO_LARGE)
    items = _items(body)
    if isinstance(items, Response):
        return items
    principal = principal_of(request)
    decoded = [_own(read_fields(item), principal) for item in items]
    messages = [item for item in decoded if isinstance(item, Message)]
    replies = iter(await services.group_commit.settle(messages) if messages else [])
    told = [_told(item, next(replies)) if isinstance(item, Message) else encode(rejection(item)) for item in decoded]
    return Response(b"[" + b",".join(told) + b"]", 200, media_type=_JSON)


@router.get("/{institution}/{message_id}", **contract.GET_ONE)
async def get_one(institution: str, message_id: str, request: Request) -> Response:
    async with transaction(services_of(request).pool) as connection:
        recorded = await find_settlement(connection, message_key(institution, message_id))
    if recorded is None:
        return problem(404, Code.TRANSACTION_NOT_FOUND)
    concerning(request, recorded.row.person_no)
    return Response(encode(outcome(recorded.row, recorded.settled_at, replayed=True)), 200, media_type=_JSON)


def _status(answer: Answer) -> int:
    if answer.is_new:
        return 201
    return 409 if answer.status == "conflict" else 200


def _items(body: bytes) -> list[Any] | Response:
    try:
        items = parse(body)
    except orjson.JSONDecodeError:
        return problem(400, Code.INVALID_JSON)
    if not isinstance(items, list) or not 1 <= len(items) <= BATCH_MAX:
        return problem(422, Code.BATCH_INVALID)
    return items


def _own(item: Message | Malformed, principal: Principal) -> Message | Malformed:
    if isinstance(item, Message) and principal.is_held_from(item.institution):
        return Malformed(
            Code.NOT_YOURS, Denial.FOREIGN.value, "/institution", item.institution, item.message_id, item.person_no
        )
    return item


def _told(message: Message, reply: Reply | Refusal) -> bytes:
    if isinstance(reply, Reply):
        return reply.body
    refused = Malformed(
        Code.REFUSED_BY_DATABASE, reply.reason, "", message.institution, message.message_id, message.person_no
    )
    return encode(rejection(refused))
