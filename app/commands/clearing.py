"""`medsettle seal`, and `medsettle clearing …`: cut-offs, banking days, netting rules and payees."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import typer

from app.commands.desk import decide
from app.commands.running import outside_settings, run

if TYPE_CHECKING:
    from app.clearing.days import Day
    from app.clearing.totals import Totals
    from app.config import Settings
    from app.database import Connection, Pool

app = typer.Typer(no_args_is_help=True, help="What days are cleared by: cut-offs, banking days, rules, payees.")

_OPERATOR = typer.Option(..., help="The clerk's id; recorded with it")


def seal(
    day: datetime | None = typer.Argument(None, formats=["%Y-%m-%d"], help="YYYY-MM-DD; absent: the next one to seal"),
    preview: bool = typer.Option(False, "--preview", help="Say what a seal would give, and change nothing"),
) -> None:
    """Seal a business day that is over, beside live traffic; again is harmless, and goes on where a seal ended."""
    from app.clearing.seal import preview as preview_day
    from app.clearing.seal import sealing
    from app.database import open_pool
    from app.errors import UsageError
    from app.progress import shown
    from app.settlement.days import prepare_days

    settings = outside_settings(kafka=False)
    url = settings.database_url.get_secret_value()

    async def work() -> None:
        async with sealing(url, settings.cut_off) as sealer:
            found = await sealer.due() if day is None else _named(day)
            if found is None:
                raise UsageError("No business day is over that is not sealed. Name a day to look at it.")
            if preview:
                seen = await preview_day(url, settings.cut_off, found)
                typer.echo(f"{found}, {'over' if seen.is_over else 'not over yet'}: {_told(seen.totals)}")
                return
            async with await open_pool(url, size_max=1, application_name="medsettle seal") as pool:
                await prepare_days(pool)
            with shown() as progress:
                _show(await sealer.seal(found, progress=progress))

    run(work())


def _named(day: datetime) -> date:
    from app.errors import UsageError
    from app.routes.times import YEARS

    if day.year not in YEARS:
        raise UsageError(f"No business day lies there: name one of the years {YEARS.start} to {YEARS.stop - 1}.")
    return day.date()


@app.command(name="cut-off")
def cut_off(
    from_day: datetime = typer.Argument(..., formats=["%Y-%m-%d"], help="The first business day, YYYY-MM-DD"),
    begins_at: datetime = typer.Argument(..., formats=["%H:%M"], help="When days begin in Asia/Shanghai, HH:MM"),
    operator: str = _OPERATOR,
) -> None:
    """File when business days begin, a minute before the first of them at least. It stays as it is filed."""
    from app.clearing.filing import file_cut_off
    from app.ledger.business_days import CutOff

    filed = CutOff(from_day.date(), begins_at.time())
    _run(lambda pool: file_cut_off(pool, filed, clerk=operator))


@app.command(name="bank-day")
def bank_day(
    day: datetime = typer.Argument(..., formats=["%Y-%m-%d"], help="YYYY-MM-DD"),
    is_banking_day: bool = typer.Option(..., "--open/--closed", help="Whether banks work on it"),
    operator: str = _OPERATOR,
) -> None:
    """File a holiday, or a weekend on which banks work; the last word counts for days sealed after it."""
    from app.clearing.filing import file_calendar_day

    _run(lambda pool: file_calendar_day(pool, day.date(), is_banking_day=is_banking_day, clerk=operator))


class NegativeNet(StrEnum):
    CARRIED = "carried"
    COLLECTED = "collected"


@app.command(name="netting")
def netting(
    bank: str = typer.Argument(..., help="'' for all banks without a rule of their own"),
    from_day: datetime = typer.Argument(..., formats=["%Y-%m-%d"], help="The first business day, YYYY-MM-DD"),
    negative_net: NegativeNet = typer.Argument(..., help="Carried into the next day, or collected by the bank"),
    operator: str = _OPERATOR,
) -> None:
    """File what becomes of a negative net, a minute before the day at least. It stays as it is filed."""
    from app.clearing.filing import file_netting_rule

    _run(lambda pool: file_netting_rule(pool, bank, from_day.date(), negative_net.value, clerk=operator))


@app.command(name="payee")
def payee(
    institution: str = typer.Argument(...),
    name: str = typer.Option(..., help="Of the account's holder"),
    account: str = typer.Option(..., help="Its number"),
    operator: str = _OPERATOR,
) -> None:
    """Change to which account an institution's money is paid, for the days that are sealed from now on."""
    from app.parties.payees import change_payee

    async def work(connection: "Connection", _: "Settings") -> str:
        await change_payee(connection, institution, name, account, operator=operator)
        return f"{institution} is paid to another account from now on"

    decide(work)


class FileForm(StrEnum):
    TEXT = "text"
    PAIN001 = "pain.001"


class FileEncoding(StrEnum):
    UTF8 = "UTF-8"
    GBK = "GBK"


@app.command(name="bank")
def bank(
    bank: str = typer.Argument(..., help="The code by which institutions name their bank"),
    form: FileForm = typer.Option(..., help="Of its payment files; pain.001 cannot collect a negative net"),
    encoding: FileEncoding = typer.Option(FileEncoding.UTF8, help="GBK for text alone"),
    name: str = typer.Option(..., help="Of the bank"),
    number: str = typer.Option(..., help="Of the bank in the clearing system"),
    payer_name: str = typer.Option(..., help="Holder of the account that it pays out of"),
    payer_account: str = typer.Option(..., help="Number of that account"),
    operator: str = _OPERATOR,
) -> None:
    """File how a bank is told what to pay, for the files that are drawn from now on."""
    from app.access.audit import record_command
    from app.clearing.files.terms import Terms, file_terms

    terms = Terms(bank, form.value, encoding.value, name, number, payer_name, payer_account)

    async def work(connection: "Connection", _: "Settings") -> str:
        await file_terms(connection, terms, clerk=operator)
        await record_command(connection, operator, "clearing bank", bank)
        return f"bank {bank} is told by {form.value} in {encoding.value} from now on"

    decide(work)


@app.command(name="list")
def list_() -> None:
    """All cut-offs and netting rules, the days that differ from Monday to Friday, and how banks are told."""
    from app.clearing.files.terms import list_terms
    from app.clearing.filing import filed_cut_offs, filed_days, filed_netting_rules
    from app.database import transaction

    async def show(pool: "Pool") -> None:
        for cut, clerk in await filed_cut_offs(pool):
            typer.echo(f"days from {cut.from_day} on begin at {cut.begins_at:%H:%M}, filed by {clerk}")
        for bank, first, negative_net, clerk in await filed_netting_rules(pool):
            typer.echo(f"bank {bank or 'all others'} from {first}: negative nets are {negative_net}, filed by {clerk}")
        for day, is_banking_day, clerk in await filed_days(pool):
            typer.echo(f"{day} banks are {'open' if is_banking_day else 'closed'}, filed by {clerk}")
        async with transaction(pool) as connection:
            for terms, clerk, _ in await list_terms(connection):
                typer.echo(
                    f"bank {terms.bank}, {terms.bank_name} {terms.bank_no}: {terms.form} in {terms.encoding}, paid out"
                    f" of {terms.payer_account} of {terms.payer_name}, filed by {clerk}"
                )

    _run(show)


def _show(day: "Day") -> None:
    assert day.totals is not None
    typer.echo(f"{day.business_day} is {day.state}: {_told(day.totals)}")
    for reason, institutions, fen in day.held:
        typer.echo(f"held over, {reason}: {institutions:,} institutions with {_yuan(fen)}")
    typer.echo(f"value date {day.value_date}; hash of the day {day.day_hash}")


def _told(totals: "Totals") -> str:
    return (
        f"{totals.row_count:,} rows in {totals.batch_count:,} batches; {totals.debit_count:,} debits of"
        f" {_yuan(totals.debits)}, {totals.refund_count:,} refunds of {_yuan(totals.refunds)}; net {_yuan(totals.net)}"
    )


def _yuan(fen: int) -> str:
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100:,}.{abs(fen) % 100:02} yuan"


def _run(work: "Callable[[Pool], Awaitable[None]]") -> None:
    from app.database import open_pool

    settings = outside_settings(kafka=False)

    async def with_pool() -> None:
        url = settings.database_url.get_secret_value()
        async with await open_pool(url, size_max=1, application_name="medsettle clearing") as pool:
            await work(pool)

    run(with_pool())
