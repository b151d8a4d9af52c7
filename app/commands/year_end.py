"""`medsettle year-end …`: the carry-over, the interest, and the rates by which it is worked out."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from app.commands.running import outside_settings, run

if TYPE_CHECKING:
    from app.database import Pool
    from app.funding.runs import Tally
    from app.settlement.rules import RuleBook

app = typer.Typer(no_args_is_help=True, help="Carry-over and interest of personal accounts.")
rates = typer.Typer(no_args_is_help=True, help="Interest rates by region, part and day.")
app.add_typer(rates, name="rates")

_CONNECTIONS = 4


@app.command(name="carry-over")
def carry_over(year: int = typer.Argument(..., help="The year that has begun")) -> None:
    """Make what is left of the year before accumulated; running it again is harmless and goes on where it ended."""
    from app.funding import year_end
    from app.progress import shown

    async def work(pool: "Pool", _: str, rules: "RuleBook") -> None:
        with shown() as progress:
            _show(await year_end.carry_over(pool, year, rules=rules, progress=progress))

    _run(work)


@app.command()
def interest(year: int = typer.Argument(..., help="A year that has ended")) -> None:
    """Work out and pay the interest of a year; running it again pays whoever was not paid, and nobody twice."""
    from app.funding.interest import pay_interest
    from app.progress import shown

    async def work(pool: "Pool", url: str, rules: "RuleBook") -> None:
        with shown() as progress:
            tally = await pay_interest(pool, url, year, rules=rules, progress=progress)
        typer.echo(f"interest of {year}: {tally.fen // 100:,}.{tally.fen % 100:02} yuan")
        _show(tally)

    _run(work)


@rates.command(name="list")
def list_() -> None:
    """All rates, by region, part and the day from which they hold."""
    from app.funding.rates import read_rates_that_stand

    async def work(pool: "Pool", _: str, __: "RuleBook") -> None:
        for rate in await read_rates_that_stand(pool):
            region = rate.region or "everywhere"
            percent = f"{rate.millionths // 10_000}.{rate.millionths % 10_000:04}"
            typer.echo(f"{region:<12} {rate.part:<12} from {rate.effective_from}: {percent} % by {rate.filed_by}")

    _run(work)


@rates.command(name="file")
def file_(
    part: str = typer.Argument(..., help="current or accumulated"),
    effective_from: datetime = typer.Argument(..., formats=["%Y-%m-%d"], help="The first day, YYYY-MM-DD"),
    millionths: int = typer.Argument(..., min=0, max=1_000_000, help="Of the balance, a year: 3500 is 0.35 %"),
    region: str = typer.Option("", help="Empty: every region without a rate of its own"),
    operator: str = typer.Option(..., help="The clerk's id; recorded with the rate"),
) -> None:
    """File a rate. It is never changed, and none is filed for a year whose interest may have been paid."""
    from app.funding.rates import PARTS, file_rate
    from app.funding.year_end import business_day_now

    if part not in PARTS:
        raise typer.BadParameter("current or accumulated", param_hint="part")

    async def work(pool: "Pool", _: str, rules: "RuleBook") -> None:
        is_new = await file_rate(
            pool,
            region=region,
            part=part,
            effective_from=effective_from.date(),
            millionths=millionths,
            operator=operator,
            today=await business_day_now(pool, rules),
        )
        typer.echo("filed" if is_new else "this rate is filed already")

    _run(work)


def _run(work: "Callable[[Pool, str, RuleBook], Awaitable[None]]") -> None:
    from app.database import open_pool
    from app.settlement.rules import RuleBook

    settings = outside_settings(kafka=False)

    async def with_pool() -> None:
        url = settings.database_url.get_secret_value()
        async with await open_pool(url, size_max=_CONNECTIONS, application_name="medsettle year-end") as pool:
            await work(pool, url, RuleBook(settings.cut_off))

    run(with_pool())


def _show(tally: "Tally") -> None:
    typer.echo(f"settled: {tally.settled:,}; before this run: {tally.already:,}")
    for code, count in sorted(tally.refused.items()):
        typer.echo(f"refused, {code}: {count:,}")
    if tally.refused:
        raise typer.Exit(1)
