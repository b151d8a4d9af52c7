"""Who did what, and who looked at whose data: for operators and auditors."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from app.access.audit import read_audit
from app.database import transaction
from app.routes.agency import Operator, PersonNo, problems
from app.routes.guard import GuardedRoute
from app.routes.inquiry import Cursor, Limit
from app.routes.services import services_of

router = APIRouter(prefix="/v1/audit", tags=["audit"], route_class=GuardedRoute)


class AuditEntry(BaseModel):
    """credential: the key or token, without its secret. route: method and path. target: what the address named."""

    entry_id: int
    happened_at: datetime
    role: str
    name: str
    credential: str
    route: str
    target: str
    reason: str
    request_id: str
    status: Annotated[int | None, Field(description="Of the answer; null where an act did not come to its end")]
    person_no: str | None


class AuditEntries(BaseModel):
    """next_cursor: null on the last page."""

    entries: list[AuditEntry]
    next_cursor: str | None


@router.get("", summary="Acts and looks, newest first", responses=problems(422))
async def list_audit_entries(
    request: Request,
    person_no: Annotated[PersonNo | None, Query(description="Whose data it was")] = None,
    name: Annotated[Operator | None, Query(description="Who it was")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> AuditEntries:
    async with transaction(services_of(request).pool) as connection:
        found, behind = await read_audit(
            connection, person_no=person_no, name=name, cursor=None if cursor is None else int(cursor), limit=limit
        )
    return AuditEntries(
        entries=[AuditEntry(**each._asdict()) for each in found], next_cursor=None if behind is None else str(behind)
    )
