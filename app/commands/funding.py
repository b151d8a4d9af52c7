"""`medsettle contribute` and `medsettle adjust …`: money that the agency moves."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from app.commands.running import outside_settings, run

if TYPE_CHECKING:
    from app.config import Settings
    from app.database import Pool
    from app.funding.adjustments import Adjustment
    from app.funding.files import FileReport

_REFUSED_SHOWN_MAX = 100

adjust = typer.Typer(no_args_is_help=True, help="Correct a balance by hand: one clerk proposes, another one decides.")


def contribute(
    file: Path = typer.Argument(..., exists=True, dir_okay=False, help="CSV, or Parquet where it ends in .parquet"),
    operator: str = typer.Option(..., help="The clerk's id; recorded with the file"),
) -> None:
    """Take in a file of contributions, each line once; running it again is harmless and goes on where it ended.

    The form of the file: docs/contract/contribution-file.md.
    """
    from app.funding.contribution_file import sort_csv
    from app.funding.contributions import receive
    from app.funding.files import refused_lines
    from app.funding.parquet_file import sort_parquet
    from app.progress import shown

    async def work(pool: "Pool", settings: "Settings") -> None:
        sort = sort_parquet if file.suffix == ".parquet" else sort_csv
        with shown() as progress, file.open("rb") as source:
            report = await receive(pool, source, sort, operator=operator, settings=settings, progress=progress)
        typer.echo(_text(report))
        for bad in await refused_lines(pool, report.file_no, after=0, limit=_REFUSED_SHOWN_MAX):
            typer.echo(f"line {bad.line}: {bad.code}: {bad.detail}")
        if report.refused_count > _REFUSED_SHOWN_MAX:
            typer.echo(f"… and {report.refused_count - _REFUSED_SHOWN_MAX:,} more")

    _run(work)


@adjust.command()
def propose(
    person_no: str = typer.Argument(...),
    amount: int = typer.Argument(..., min=1, max=9_999_999_999_999_999, help="fen"),
    is_credit: bool = typer.Option(..., "--credit/--debit", help="Into the account, or out of it"),
    reason: str = typer.Option(...),
    operator: str = typer.Option(..., help="The clerk who makes it"),
) -> None:
    """Propose an adjustment; no money moves before another clerk approves it."""
    from app.funding import adjustments

    async def work(pool: "Pool", _: "Settings") -> None:
        proposed = await adjustments.propose(
            pool,
            person_no=person_no,
            direction="credit" if is_credit else "debit",
            amount=amount,
            reason=reason,
            maker=operator,
        )
        _show(proposed)

    _run(work)


@adjust.command()
def approve(
    adjustment_id: int = typer.Argument(...), operator: str = typer.Option(..., help="The clerk who checks it")
) -> None:
    """Approve an adjustment and move its money; approving it again completes what was cut off."""
    from app.funding import adjustments
    from app.settlement.days import prepare_days
    from app.settlement.rules import RuleBook

    async def work(pool: "Pool", settings: "Settings") -> None:
        await prepare_days(pool)
        _show(await adjustments.approve(pool, adjustment_id, checker=operator, rules=RuleBook(settings.cut_off)))

    _run(work)


@adjust.command()
def reject(
    adjustment_id: int = typer.Argument(...), operator: str = typer.Option(..., help="The clerk who checks it")
) -> None:
    """Reject an adjustment."""
    from app.funding import adjustments

    async def work(pool: "Pool", _: "Settings") -> None:
        _show(await adjustments.reject(pool, adjustment_id, checker=operator))

    _run(work)


@adjust.command(name="list")
def list_(
    person_no: str = typer.Argument(...),
    after: int = typer.Option(0, help="Only those behind this number"),
    limit: int = typer.Option(100, min=1, max=1_000),
) -> None:
    """A person's adjustments, oldest first."""
    from app.funding import adjustments

    async def work(pool: "Pool", _: "Settings") -> None:
        for adjustment in await adjustments.adjustments_of(pool, person_no, after=after, limit=limit):
            _show(adjustment)

    _run(work)


def _run(work: "Callable[[Pool, Settings], Awaitable[None]]") -> None:
    from app.database import open_pool

    settings = outside_settings(kafka=False)

    async def with_pool() -> None:
        url = settings.database_url.get_secret_value()
        async with await open_pool(url, size_max=2, application_name="medsettle funding") as pool:
            await work(pool, settings)

    run(with_pool())


def _text(report: "FileReport") -> str:
    assert report.settled_count is not None
    assert report.settled_total is not None
    return (
        f"file {report.file_no} of {report.month:%Y-%m}: {report.line_count:,} lines, {_yuan(report.total)} yuan\n"
        f"settled: {report.settled_count:,} lines, {_yuan(report.settled_total)} yuan\n"
        f"refused: {report.refused_count:,} lines"
    )


def _show(adjustment: "Adjustment") -> None:
    checked = f" by {adjustment.checker}" if adjustment.checker else ""
    outcome = f", {adjustment.outcome}" if adjustment.outcome else ""
    typer.echo(
        f"adjustment {adjustment.adjustment_id} of {adjustment.person_no}: {adjustment.direction} "
        f"{_yuan(adjustment.amount)} yuan by {adjustment.maker}: {adjustment.state}{checked}{outcome}"
    )


def _yuan(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02}"
