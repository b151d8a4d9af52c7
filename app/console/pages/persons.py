"""A person's accounts, cards and statement: looked at for a reason, which is kept with who looked."""

from fastapi import APIRouter, Request, Response

from app.codes import Code
from app.console.door import PageRoute, form_of, required_reason
from app.console.finding import find_by_id
from app.console.sealed import seal, unseal
from app.console.view import page
from app.console.visitor import visitor_of
from app.database import Connection, transaction
from app.errors import Refused
from app.ledger.history import find_account
from app.routes.guard import concerning
from app.routes.inquiry import read_accounts
from app.routes.services import services_of
from app.settlement.statement import Statement, read_statement

router = APIRouter(prefix="/console", route_class=PageRoute, include_in_schema=False)

_PAGE = 50
_NUMBER_MAX = 30


@router.get("/persons")
async def get_persons(request: Request) -> Response:
    return page(request, "persons.html", is_unknown=False)


@router.post("/persons")
async def show_person(request: Request) -> Response:
    """By number, by a transaction of theirs, or as sealed in the page before; never in an address."""
    reason = required_reason(request)
    async with transaction(services_of(request).pool) as connection:
        person_no = await _asked(request, connection)
    concerning(request, person_no)
    try:
        accounts = await read_accounts(request, person_no)
        statement = await _statement(request, person_no)
    except Refused as error:
        if error.code is not Code.PERSON_UNKNOWN:
            raise
        return page(request, "persons.html", 404, is_unknown=True)
    return page(
        request,
        "person.html",
        person_no=person_no,
        sealed=seal(visitor_of(request).token, person_no),
        reason=reason,
        accounts=accounts,
        statement=statement,
        is_first=not form_of(request).get("cursor"),
    )


async def _asked(request: Request, connection: Connection) -> str:
    form = form_of(request)
    if form.get("sealed"):
        return unseal(visitor_of(request).token, form["sealed"])
    if form.get("settlement_id"):
        row = await find_by_id(connection, form["settlement_id"])
        if row is None:
            raise Refused(Code.TRANSACTION_NOT_FOUND, "")
        return row.person_no
    return form.get("person_no", "").strip()[:_NUMBER_MAX]


async def _statement(request: Request, person_no: str) -> Statement:
    cursor = form_of(request).get("cursor", "")
    async with transaction(services_of(request).pool) as connection:
        account = await find_account(connection, person_no, "personal")
        if account is None:
            raise Refused(Code.PERSON_UNKNOWN, "")
        return await read_statement(
            connection,
            account.account_id,
            order="newest_first",
            cursor=min(int(cursor), 2**31 - 1) if cursor.isdecimal() else None,
            limit=_PAGE,
        )
