"""What a person may know online: balances now and as of a time, entries, cards and their applications."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Path, Query, Request
from pydantic import BaseModel

from app.access.principal import Role
from app.codes import Code
from app.database import Connection, transaction
from app.errors import Forbidden, Refused
from app.ledger.history import Balances, KeptAccount, Order, balances_at, balances_in, find_account
from app.parties import holdings
from app.parties.card_check import card_refusal
from app.parties.card_states import debit_usable
from app.parties.cards import Card
from app.routes.agency import CardNo, CardSn, PersonNo, problems
from app.routes.guard import GuardedRoute, principal_of
from app.routes.services import Services, services_of
from app.routes.times import Moment
from app.settlement.held import held_at
from app.settlement.statement import Line, read_statement

router = APIRouter(prefix="/v1/persons", tags=["inquiry"], route_class=GuardedRoute)

_PAGE_MAX = 500
_PRESENTED = "Of an institution alone: the card that the person presents, as the reader gave it"
_EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
Cursor = Annotated[
    str | None, Query(pattern="^[0-9]{1,18}$", description="As the page before gave it; absent: the first page")
]
Limit = Annotated[int, Query(ge=1, le=_PAGE_MAX)]


# What is answered. Money in fen.


class PersonalAccount(BaseModel):
    """The parts sum to the balance. state is that of now, and null where the question is of the past.

    held: by authorizations that stood at that time; what is left of the balance could be paid.
    """

    state: str | None
    balance: int
    current: int
    accumulated: int
    held: int


class DebitAccount(BaseModel):
    bank: str
    state: str | None
    balance: int


class PensionAccount(BaseModel):
    """The last known figure of an account that is kept elsewhere."""

    balance: int
    as_of: date


class CardStanding(BaseModel):
    """usable: the card is active and within its validity; for debit the application is also on."""

    card_no: str
    kind: str
    bank: str
    state: str
    valid_to: date
    social_security_usable: bool
    debit: str
    debit_usable: bool


class Accounts(BaseModel):
    """Balances as of a time; pension account and cards as of now."""

    person_no: str
    as_of: datetime
    personal: PersonalAccount
    debit: list[DebitAccount]
    pension: PensionAccount | None
    cards: list[CardStanding]


class EntryAnswer(BaseModel):
    """One movement: amount below 0 where money left. batch, position and day are the place of its settlement.

    What stands behind settlement_id is null where the settlement was archived with its day.
    """

    entry: int
    settled_at: datetime
    business_day: date
    amount: int
    balance_after: int
    part: Literal["current", "accumulated"]
    batch_id: int
    position: int
    settlement_id: str | None
    institution: str | None
    message_id: str | None
    kind: str | None


class Entries(BaseModel):
    """next_cursor: null on the last page."""

    person_no: str
    entries: list[EntryAnswer]
    next_cursor: str | None


# Routes


@router.get("/{person_no}/accounts", summary="Balances now or as of a time, cards", responses=problems(404, 422))
async def read_accounts(
    request: Request,
    person_no: Annotated[PersonNo, Path()],
    at: Annotated[Moment | None, Query(description="RFC 3339, from 1970-01-02 to now; absent: now")] = None,
    card_no: Annotated[CardNo | None, Header(alias="Medsettle-Card-No", description=_PRESENTED)] = None,
    card_sn: Annotated[CardSn | None, Header(alias="Medsettle-Card-Sn", description=_PRESENTED)] = None,
) -> Accounts:
    """An institution sees the personal account of now, by a card that the person presents there, and that card."""
    services = services_of(request)
    if principal_of(request).role is Role.INSTITUTION:
        if at is not None:
            raise Forbidden(Code.FORBIDDEN, "An institution sees the account of now.")
        return await _by_presented_card(services, person_no, card_no, card_sn)
    now = datetime.now(UTC)
    if at is not None and not _EARLIEST <= at <= now:
        raise Refused(Code.INVALID_FIELD, "at lies in the future, or before 1970-01-02.", "/query/at")
    async with transaction(services.pool, snapshot=True) as connection:
        account = await _personal_account(connection, person_no)
        debit = await holdings.debit_accounts_of(connection, person_no)
        today = await services.rules.today(connection)
        return Accounts(
            person_no=person_no,
            as_of=at or now,
            personal=await _personal(services, connection, account, at),
            debit=[
                DebitAccount(
                    bank=each.bank,
                    state=each.account.state if at is None else None,
                    balance=(await _balances(services, connection, each.account, at)).balance,
                )
                for each in debit
            ],
            pension=await _pension(connection, person_no),
            cards=[_card(card, today) for card in await holdings.cards_of(connection, person_no)],
        )


async def _by_presented_card(services: Services, person_no: str, card_no: str | None, card_sn: str | None) -> Accounts:
    async with transaction(services.pool, snapshot=True) as connection:
        cards = await holdings.cards_of(connection, person_no)
        presented = next((card for card in cards if (card.card_no, card.card_sn) == (card_no, card_sn)), None)
        if presented is None:  # told alike for a person who is not there
            raise Forbidden(Code.CARD_NOT_PRESENTED, "No card of this person was presented.")
        today = await services.rules.today(connection)
        against = card_refusal(presented, person_no, card_sn, today)
        if against is not None:
            raise Forbidden(against, "The card does not identify its holder now.")
        account = await _personal_account(connection, person_no)
        return Accounts(
            person_no=person_no,
            as_of=datetime.now(UTC),
            personal=await _personal(services, connection, account, None),
            debit=[],
            pension=None,
            cards=[_card(presented, today)],
        )


@router.get("/{person_no}/entries", summary="Entries of the personal account", responses=problems(404, 422))
async def read_entries(
    request: Request,
    person_no: Annotated[PersonNo, Path()],
    order: Order = "newest_first",
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Entries:
    async with transaction(services_of(request).pool) as connection:
        account = await _personal_account(connection, person_no)
        statement = await read_statement(
            connection, account.account_id, order=order, cursor=_entry_of(cursor), limit=limit
        )
    return Entries(
        person_no=person_no,
        entries=[_entry(line) for line in statement.lines],
        next_cursor=None if statement.cursor is None else str(statement.cursor),
    )


# Answers


async def _personal_account(connection: Connection, person_no: str) -> KeptAccount:
    account = await find_account(connection, person_no, "personal")
    if account is None:
        raise Refused(Code.PERSON_UNKNOWN, "No insured person has this number.")
    return account


async def _personal(
    services: Services, connection: Connection, account: KeptAccount, at: datetime | None
) -> PersonalAccount:
    balances = await _balances(services, connection, account, at)
    return PersonalAccount(
        state=account.state if at is None else None,
        held=await held_at(connection, account.account_id, at),
        **balances._asdict(),
    )


async def _balances(services: Services, connection: Connection, account: KeptAccount, at: datetime | None) -> Balances:
    if at is None:
        return balances_in(account, (await services.rules.today(connection)).year)
    year = (await services.rules.read(connection)).days.by_clock(at).year
    return await balances_at(connection, account.account_id, at, year)


async def _pension(connection: Connection, person_no: str) -> PensionAccount | None:
    found = await holdings.pension_account_of(connection, person_no)
    return None if found is None else PensionAccount(balance=found.balance, as_of=found.as_of)


def _card(card: Card, today: date) -> CardStanding:
    is_valid = card.valid_to >= today
    return CardStanding(
        card_no=card.card_no,
        kind=card.kind,
        bank=card.bank,
        state=card.state,
        valid_to=card.valid_to,
        social_security_usable=is_valid and card.kind == "social_security" and card.state == "active",
        debit=card.debit_application,
        debit_usable=is_valid and debit_usable(card.state, card.debit_application),
    )


def _entry(line: Line) -> EntryAnswer:
    entry, settlement = line
    return EntryAnswer(
        entry=entry.entry,
        settled_at=entry.settled_at,
        business_day=entry.business_day,
        amount=entry.amount,
        balance_after=entry.balance_after,
        part="accumulated" if entry.accumulated else "current",
        batch_id=entry.batch_id,
        position=entry.position,
        settlement_id=None if settlement is None else settlement.settlement_id,
        institution=None if settlement is None else settlement.institution,
        message_id=None if settlement is None else settlement.message_id,
        kind=None if settlement is None else settlement.kind,
    )


def _entry_of(cursor: str | None) -> int | None:
    """Entries are numbered within 31 bits; what lies behind them is an empty page."""
    return None if cursor is None else min(int(cursor), 2**31 - 1)
