"""`medsettle reconcile …`: institutions' totals and rows against the ledger, and working through the breaks."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from app.commands.desk import on_ledger

if TYPE_CHECKING:
    from app.clearing.reconciliation.breaks import Break
    from app.clearing.reconciliation.runs import Run
    from app.clearing.reconciliation.scope import Scope, Stated
    from app.config import Settings
    from app.database import Pool

app = typer.Typer(no_args_is_help=True, help="Reconcile with institutions: totals, rows, and the breaks between them.")

_INSTITUTION = typer.Argument(..., help="Its code")
_FIRST_DAY = typer.Argument(..., formats=["%Y-%m-%d"], help="Business day")
_LAST_DAY = typer.Option(None, "--to", formats=["%Y-%m-%d"], help="The last day; absent: the first")
_OFFICE = typer.Option("", help="setl_optins; absent: any")
_INSURANCE = typer.Option("", help="insutype, such as 310; absent: all")
_CLEARING = typer.Option("", help="clr_type: 11, 21, 41 or 99; absent: all")
_REFUNDS = typer.Option(True, "--with-refunds/--without-refunds")
_MUTUAL_AID = typer.Option(
    True, "--mutual-aid-inside/--mutual-aid-apart", help="Whether family money is in their account pay"
)
_OPERATOR = typer.Option(..., help="The clerk's id; recorded with it")
_MEDFEE = typer.Option(None, help="What they state, fen")
_FUND_PAY = typer.Option(None, help="What they state, fen")
_ACCOUNT_PAY = typer.Option(None, help="What they state, fen")
_CASH = typer.Option(None, help="What they state, fen")
_SETTLEMENTS = typer.Option(None, help="How many they state, net")
_NOTE = typer.Option("", help="Up to 200 characters, without names or citizen numbers")


@app.command()
def totals(
    institution: str = _INSTITUTION,
    first_day: datetime = _FIRST_DAY,
    last_day: datetime | None = _LAST_DAY,
    office: str = _OFFICE,
    insurance: str = _INSURANCE,
    clearing: str = _CLEARING,
    refunds: bool = _REFUNDS,
    mutual_aid_inside: bool = _MUTUAL_AID,
    medfee: int | None = _MEDFEE,
    fund_pay: int | None = _FUND_PAY,
    account_pay: int | None = _ACCOUNT_PAY,
    cash: int | None = _CASH,
    settlements: int | None = _SETTLEMENTS,
    operator: str = _OPERATOR,
) -> None:
    """Compare what an institution states with the ledger's sums; without anything stated show these."""
    from app.clearing.reconciliation.desk import reconcile_totals

    scope = _scope(institution, first_day, last_day, office, insurance, clearing, refunds, mutual_aid_inside)
    stated = _stated(medfee, fund_pay, account_pay, cash, settlements)

    async def work(_: "Pool", settings: "Settings") -> str:
        url = settings.database_url.get_secret_value()
        return _run_text(await reconcile_totals(url, scope, stated, requested_by=operator))

    on_ledger(work)


@app.command()
def details(
    file: Path = typer.Argument(..., exists=True, dir_okay=False, help="Zip of one text, a row a line"),
    institution: str = _INSTITUTION,
    first_day: datetime = _FIRST_DAY,
    last_day: datetime | None = _LAST_DAY,
    office: str = _OFFICE,
    insurance: str = _INSURANCE,
    clearing: str = _CLEARING,
    refunds: bool = _REFUNDS,
    mutual_aid_inside: bool = _MUTUAL_AID,
    message_ids: bool = typer.Option(False, "--message-ids", help="The eighth column is the message id"),
    operator: str = _OPERATOR,
) -> None:
    """Compare an institution's rows with the ledger's, here and now."""
    from app.clearing.reconciliation.desk import reconcile_details
    from app.clearing.reconciliation.runner import compare_waiting
    from app.clearing.reconciliation.runs import read_run
    from app.clearing.reconciliation.scope import Stated
    from app.clearing.reconciliation.uploads import take_in

    scope = _scope(institution, first_day, last_day, office, insurance, clearing, refunds, mutual_aid_inside)

    async def work(pool: "Pool", settings: "Settings") -> str:
        url = settings.database_url.get_secret_value()
        with file.open("rb") as archive:
            upload = await take_in(url, institution, archive, with_message_ids=message_ids, received_by=operator)
        run = await reconcile_details(pool, upload.upload_id, scope, Stated(), requested_by=operator)
        await compare_waiting(pool, url, settings.cut_off)
        return _run_text(await read_run(pool, run.run_id))

    on_ledger(work)


@app.command()
def show(run_id: int = typer.Argument(...)) -> None:
    """A run, and what it came to."""
    from app.clearing.reconciliation.runs import read_run

    async def work(pool: "Pool", _: "Settings") -> str:
        return _run_text(await read_run(pool, run_id))

    on_ledger(work)


@app.command(name="list")
def list_(
    institution: str | None = typer.Option(None, help="Of one institution"),
    before: int = typer.Option(2**63 - 1, help="Only those below this number"),
    limit: int = typer.Option(20, min=1, max=1_000),
) -> None:
    """Runs, newest first."""
    from app.clearing.reconciliation.runs import list_runs

    async def work(pool: "Pool", _: "Settings") -> str:
        runs = await list_runs(pool, institution=institution, state=None, before=before, limit=limit)
        return "\n".join(map(_run_text, runs)) or "none"

    on_ledger(work)


@app.command()
def breaks(
    run_id: int | None = typer.Argument(None, help="Of one run; absent: all that are open, the oldest first"),
    institution: str | None = typer.Option(None, help="Open ones of one institution"),
    days: int = typer.Option(0, min=0, help="Open for so many days at least"),
    after: int = typer.Option(0, help="Of one run: only those behind this number"),
    limit: int = typer.Option(100, min=1, max=1_000),
) -> None:
    """Breaks: run.break, kind, state, age in days where it is open, and what it is."""
    from app.clearing.reconciliation.breaks import breaks_of, open_breaks

    async def work(pool: "Pool", _: "Settings") -> str:
        if run_id is not None:
            return "\n".join(map(_break_text, await breaks_of(pool, run_id, after=after, limit=limit))) or "none"
        found = await open_breaks(pool, institution=institution, age_days_min=days, limit=limit)
        return (
            "\n".join(
                f"{each.age_days} d  {each.institution}  {each.first_day}  {_break_text(each.found)}" for each in found
            )
            or "none"
        )

    on_ledger(work)


@app.command()
def check(
    run_id: int = typer.Argument(...),
    break_id: int = typer.Argument(...),
    note: str = _NOTE,
    operator: str = _OPERATOR,
) -> None:
    """Note that somebody looked at a break."""
    from app.clearing.reconciliation.breaks import check_break

    async def work(pool: "Pool", _: "Settings") -> str:
        return _break_text(await check_break(pool, run_id, break_id, by=operator, note=note))

    on_ledger(work)


@app.command()
def level(
    run_id: int = typer.Argument(...),
    break_id: int = typer.Argument(...),
    note: str = _NOTE,
    operator: str = _OPERATOR,
) -> None:
    """Note that a break is done with: both sides say the same, or it is settled otherwise."""
    from app.clearing.reconciliation.breaks import level_break

    async def work(pool: "Pool", _: "Settings") -> str:
        return _break_text(await level_break(pool, run_id, break_id, by=operator, note=note))

    on_ledger(work)


@app.command()
def result(run_id: int = typer.Argument(...), file: Path = typer.Argument(..., help="Zip to write")) -> None:
    """Write the result file of a run, as the institution gets it."""
    from app.clearing.reconciliation.result_file import write_result

    async def work(pool: "Pool", _: "Settings") -> str:
        with file.open("wb") as target:
            await write_result(pool, run_id, target)
        return f"wrote {file}"

    on_ledger(work)


def _scope(
    institution: str,
    first_day: datetime,
    last_day: datetime | None,
    office: str,
    insurance: str,
    clearing: str,
    refunds: bool,
    mutual_aid_inside: bool,
) -> "Scope":
    from app.clearing.reconciliation.scope import Scope
    from app.errors import Refused

    try:
        return Scope(
            institution, first_day.date(), (last_day or first_day).date(), office, insurance, clearing, refunds,
            mutual_aid_inside,
        )  # fmt: skip
    except Refused as refusal:
        raise typer.BadParameter(refusal.detail) from None


def _stated(
    medfee: int | None, fund_pay: int | None, account_pay: int | None, cash: int | None, settlements: int | None
) -> "Stated":
    from app.clearing.reconciliation.scope import Stated

    return Stated(medfee, fund_pay, account_pay, cash, settlements)


def _run_text(run: "Run") -> str:
    from app.clearing.reconciliation.scope import yuan

    scope = run.scope
    where = " ".join(filter(None, (scope.settlement_office, scope.insurance_type, scope.clearing_type)))
    text = (
        f"reconciliation {run.run_id}: {run.kind} of {scope.institution} {scope.first_day} to {scope.last_day}"
        f"{f' ({where})' if where else ''}: {run.state}"
    )
    if run.voided_by is not None:
        text += f" by {run.voided_by}"
    if run.code is not None:
        text += f", {run.code}"
    if run.sums is not None:
        text += (
            f", {'equal' if run.is_equal else 'not equal'}\n  ledger: {run.sums.settlements:,} settlements, medfee"
            f" {yuan(run.sums.medfee)}, fund {yuan(run.sums.fund_pay)}, account {yuan(run.sums.account_pay)}, cash"
            f" {yuan(run.sums.cash)}"
        )
    if run.rows is not None:
        text += "\n  rows: " + ", ".join(f"{count:,} {name}" for name, count in run.rows._asdict().items())
    return f"{text}\n  {run.description}" if run.description else text


def _break_text(found: "Break") -> str:
    from app.clearing.reconciliation.result_file import memo

    said = f"  {found.changed_by}: {found.note}" if found.changed_by else ""
    return (
        f"{found.run_id} {found.break_id}  {found.kind}  {found.state}  {found.settlement_id or '-'}"
        f"  {found.message_id or '-'}  {memo(found)}{said}"
    )
