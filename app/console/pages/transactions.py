"""One transaction: what became of it and why, the money that it moved, and where that stands."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from app.clearing.trace import trace
from app.codes import Code
from app.console.door import PageRoute
from app.console.view import may, page
from app.database import transaction
from app.errors import Refused
from app.routes.guard import concerning, principal_of
from app.routes.services import services_of
from app.settlement.messages import message_key
from app.settlement.register import find_settlement

router = APIRouter(prefix="/console", route_class=PageRoute, include_in_schema=False)


@router.get("/transactions/{institution}/{message_id}")
async def get_transaction(
    request: Request, institution: Annotated[str, Path()], message_id: Annotated[str, Path()]
) -> Response:
    return await show_transaction(request, institution, message_id)


async def show_transaction(request: Request, institution: str, message_id: str) -> Response:
    """Raises Refused where nothing is recorded under it."""
    async with transaction(services_of(request).pool, snapshot=True) as connection:
        recorded = await find_settlement(connection, message_key(institution, message_id))
        if recorded is None:
            raise Refused(Code.TRANSACTION_NOT_FOUND, "")
        row = recorded.row
        way = await trace(connection, institution, message_id)
    concerning(request, row.person_no)
    return page(
        request,
        "transaction.html",
        row=row,
        told=way.outcome,
        way=way,
        # Payment files are their banks': an institution may look at details alone.
        may_pull=principal_of(request).institution is None and may(principal_of(request), "GET /console/files"),
        may_see_person=may(principal_of(request), "POST /console/persons"),
    )
