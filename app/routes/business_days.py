"""Business days: what one came to, what a seal would give, and sealing it."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel

from app.clearing import seal
from app.clearing.days import Day, State, read_day
from app.clearing.positions import Reason, read_positions
from app.clearing.totals import Totals
from app.database import transaction
from app.routes import times
from app.routes.agency import problems
from app.routes.guard import GuardedRoute
from app.routes.services import services_of

router = APIRouter(prefix="/v1/business-days", tags=["clearing"], route_class=GuardedRoute)

BusinessDay = Annotated[times.Day, Path(description="YYYY-MM-DD in Asia/Shanghai")]


class TotalsAnswer(BaseModel):
    """Fen. debits: what came in to institutions; refunds: what went back. rows: also those that moved nothing."""

    batch_count: int
    row_count: int
    debit_count: int
    debits: int
    refund_count: int
    refunds: int
    net: int


class HeldAnswer(BaseModel):
    """Institutions that are not paid with the day, for a reason; `fen` is carried into the next day."""

    reason: Reason
    institutions: int
    fen: int


class DayAnswer(BaseModel):
    """`value_date`: the banking day on which its money moves. `totals`, `held` and the hashes once the day is sealed.

    `day_hash` is over the sums, the hashes of all batches of the day, and the day before.
    """

    business_day: date
    state: State
    begins_at: datetime
    ends_at: datetime
    value_date: date
    closed_at: datetime | None
    sealed_at: datetime | None
    totals: TotalsAnswer | None
    held: list[HeldAnswer]
    batches_root: str | None
    day_hash: str | None


class PositionAnswer(BaseModel):
    """Fen: `debits - refunds + carried_in = paid + carried_out`. `paid` below 0 is collected from the institution.

    `held`: why nothing is paid; null where all is.
    """

    institution: str
    bank: str
    debits: int
    refunds: int
    carried_in: int
    paid: int
    carried_out: int
    held: Reason | None


class Positions(BaseModel):
    """`next_after` asks for the next page; null on the last one."""

    positions: list[PositionAnswer]
    next_after: str | None


class PreviewAnswer(BaseModel):
    """`is_over`: the day has ended, and a seal would take just this."""

    business_day: date
    is_over: bool
    totals: TotalsAnswer


@router.get("/{day}", summary="A business day", responses=problems(404, 422))
async def get_day(day: BusinessDay, request: Request) -> DayAnswer:
    services = services_of(request)
    async with transaction(services.pool) as connection:
        return _answer(await read_day(connection, day, (await services.rules.read(connection)).days))


@router.post("/{day}/seal", summary="Seal a business day that is over", responses=problems(404, 409, 422))
async def seal_day(day: BusinessDay, request: Request) -> DayAnswer:
    """Answered when it is sealed. Again is harmless; the scheduler does it by itself after the cut-off."""
    settings = services_of(request).settings
    async with seal.sealing(settings.database_url.get_secret_value(), settings.cut_off) as sealer:
        return _answer(await sealer.seal(day))


@router.post("/{day}/preview", summary="What a seal would give", responses=problems(404, 422))
async def preview_day(day: BusinessDay, request: Request) -> PreviewAnswer:
    """Nothing is changed. Of a day that is not over: what it came to so far."""
    settings = services_of(request).settings
    seen = await seal.preview(settings.database_url.get_secret_value(), settings.cut_off, day)
    return PreviewAnswer(business_day=seen.business_day, is_over=seen.is_over, totals=_totals(seen.totals))


@router.get("/{day}/positions", summary="What each institution is due of a sealed day", responses=problems(404, 422))
async def list_positions(
    day: BusinessDay,
    request: Request,
    after: Annotated[
        str, Query(max_length=12, pattern="^[A-Za-z0-9]*$", description="The last institution of the page before")
    ] = "",
    held: Annotated[bool, Query(description="Only those that are not paid")] = False,
    limit: Annotated[int, Query(ge=1, le=5_000)] = 1_000,
) -> Positions:
    services = services_of(request)
    async with transaction(services.pool) as connection:
        await read_day(connection, day, (await services.rules.read(connection)).days)
        found = await read_positions(connection, day, after=after, held_only=held, limit=limit)
    return Positions(
        positions=[PositionAnswer(**each._asdict()) for each in found],
        next_after=found[-1].institution if len(found) == limit else None,
    )


def _answer(day: Day) -> DayAnswer:
    shown = asdict(day) | {
        "totals": None if day.totals is None else _totals(day.totals),
        "held": [HeldAnswer(**each._asdict()) for each in day.held],
    }
    return DayAnswer(**shown)


def _totals(totals: Totals) -> TotalsAnswer:
    return TotalsAnswer(**totals._asdict(), net=totals.net)
