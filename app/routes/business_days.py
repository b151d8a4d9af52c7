"""Business days: what one came to, what a seal would give, and sealing it."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel

from app.clearing import seal
from app.clearing.days import Day, State, read_day
from app.clearing.totals import Totals
from app.database import transaction
from app.routes.agency import problems
from app.routes.services import services_of

router = APIRouter(prefix="/v1/business-days", tags=["clearing"])

BusinessDay = Annotated[date, Path(description="YYYY-MM-DD in Asia/Shanghai")]


class TotalsAnswer(BaseModel):
    """Fen. debits: what came in to institutions; refunds: what went back. rows: also those that moved nothing."""

    batch_count: int
    row_count: int
    debit_count: int
    debits: int
    refund_count: int
    refunds: int
    net: int


class DayAnswer(BaseModel):
    """`value_date`: the banking day on which its money moves. `totals` and the hashes once the day is sealed.

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
    batches_root: str | None
    day_hash: str | None


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


def _answer(day: Day) -> DayAnswer:
    return DayAnswer(**{**asdict(day), "totals": None if day.totals is None else _totals(day.totals)})


def _totals(totals: Totals) -> TotalsAnswer:
    return TotalsAnswer(**totals._asdict(), net=totals.net)
