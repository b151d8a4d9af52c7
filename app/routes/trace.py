"""The whole way of one transaction, for its institution, operators and auditors."""

import msgspec
from fastapi import APIRouter, Request, Response

from app.clearing.trace import trace
from app.database import transaction
from app.routes import contract
from app.routes.guard import GuardedRoute, concerning
from app.routes.services import services_of

router = APIRouter(prefix="/v1/transactions", tags=["transactions"], route_class=GuardedRoute)


@router.get("/{institution}/{message_id}/trace", **contract.TRACE)
async def trace_one(institution: str, message_id: str, request: Request) -> Response:
    async with transaction(services_of(request).pool, snapshot=True) as connection:
        found = await trace(connection, institution, message_id)
    concerning(request, found.outcome.person_no or "")
    return Response(msgspec.json.encode(found), 200, media_type="application/json")
