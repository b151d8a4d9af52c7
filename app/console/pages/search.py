"""Search: a transaction by its message or number, an institution with its newest transactions."""

import re
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.codes import Code
from app.console.door import PageRoute, form_of
from app.console.finding import find_by_id, find_by_message, read_institution
from app.console.pages.transactions import show_transaction
from app.console.view import page
from app.database import transaction
from app.errors import Refused
from app.routes.feed import Status
from app.routes.guard import concerning, principal_of, refuse_foreign
from app.routes.services import services_of
from app.settlement.feed.reading import Wanted, read_page
from app.settlement.records import Settlement

router = APIRouter(prefix="/console", route_class=PageRoute, include_in_schema=False)

_INSTITUTION = re.compile("[A-Za-z0-9]{12}")
_SETTLEMENT_ID = re.compile("[0-9]{28}")
_PAGE = 50


@router.get("/search")
async def get_search(request: Request) -> Response:
    return page(request, "search.html", asked={}, found=None)


@router.post("/search")
async def search(request: Request) -> Response:
    """One that is found is shown at once; a message id that several institutions used leads to a choice."""
    asked = {name: form_of(request).get(name, "").strip() for name in ("query", "institution")}
    query, institution = asked["query"], _institution(request, asked["institution"])
    if _INSTITUTION.fullmatch(query) and institution is None and await _is_institution(request, query):
        return RedirectResponse(f"/console/institutions/{query}", 303)
    found = await _find(request, query, institution)
    if len(found) == 1:
        return await _shown(request, found[0])
    return page(request, "search.html", 200 if found else 404, asked=asked, found=found)


@router.get("/institutions/{institution}")
async def get_institution(
    request: Request,
    institution: Annotated[str, Path(pattern="^[A-Za-z0-9]{12}$")],
    status: Annotated[Status | None, Query()] = None,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    day: Annotated[date | None, Query()] = None,
) -> Response:
    """Its newest transactions, page by page. A page looks at so many; it may tell few and still lead on."""
    wanted = Wanted(business_day=day, statuses=None if status is None else [status])
    async with transaction(services_of(request).pool) as connection:
        known = await read_institution(connection, institution)
        if known is None:
            raise Refused(Code.INSTITUTION_UNKNOWN, "")
        shown = await read_page(connection, institution, before, limit=_PAGE, wanted=wanted, order="newest_first")
    return page(
        request,
        "institution.html",
        institution=known,
        transactions=[each.recorded for each in shown.told],
        wanted_status=status,
        day=day,
        next_before=None if shown.is_last else shown.position,
    )


async def _shown(request: Request, row: Settlement) -> Response:
    """At its own address, unless its message id tells whose it is, as that of an opening balance does."""
    if row.person_no in row.message_id:
        return await show_transaction(request, row.institution, row.message_id)
    concerning(request, row.person_no)
    return RedirectResponse(f"/console/transactions/{row.institution}/{row.message_id}", 303)


def _institution(request: Request, told: str) -> str | None:
    """As told, or the institution's own. Raises Forbidden where an institution names another one."""
    institution = told or principal_of(request).institution
    if institution:
        refuse_foreign(request, institution)
    return institution or None


async def _is_institution(request: Request, code: str) -> bool:
    async with transaction(services_of(request).pool) as connection:
        return await read_institution(connection, code) is not None


async def _find(request: Request, query: str, institution: str | None) -> list[Settlement]:
    """What there is of others is not told: it is as if there were nothing."""
    async with transaction(services_of(request).pool) as connection:
        if _SETTLEMENT_ID.fullmatch(query):
            row = await find_by_id(connection, query)
            found = [] if row is None else [row]
        else:
            found = await find_by_message(connection, query, institution)
    return [row for row in found if not principal_of(request).is_held_from(row.institution)]
