"""`medsettle acks …`: what banks say became of their payment files, and what they have not said."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from app.commands.desk import decide
from app.commands.running import outside_settings, run

if TYPE_CHECKING:
    from app.clearing.acknowledgments.overview import Listed
    from app.clearing.acknowledgments.taking import Acknowledgment
    from app.config import Settings
    from app.database import Connection

app = typer.Typer(no_args_is_help=True, help="Acknowledgments of banks: taken, listed, and those that are missing.")


@app.command()
def take(
    file_id: str = typer.Argument(..., help="The payment file that it is of"),
    path: Path = typer.Argument(..., exists=True, dir_okay=False, help="A return file, or a pain.002"),
    operator: str = typer.Option(..., help="The clerk's id; recorded with it"),
) -> None:
    """Take an acknowledgment whole, or say why all of it is refused (exit 1); the same file again is harmless."""
    from app.clearing.acknowledgments.taking import BYTES_MAX
    from app.clearing.acknowledgments.taking import take as take_content
    from app.codes import Code
    from app.database import open_pool
    from app.settlement.days import prepare_days

    settings = outside_settings(kafka=False)
    url = settings.database_url.get_secret_value()

    async def work() -> None:
        with path.open("rb") as file:
            content = file.read(BYTES_MAX + 1)
        async with await open_pool(url, size_max=1, application_name="medsettle acks") as pool:
            await prepare_days(pool)
        taken = await take_content(url, settings.cut_off, file_id, content, by=operator)
        typer.echo(_told(taken))
        if taken.code != Code.OK:
            raise typer.Exit(1)

    run(work())


@app.command(name="list")
def list_(
    bank: str | None = typer.Option(None, help="Only those of this bank"),
    file_id: str | None = typer.Option(None, "--file", help="Only those of this payment file"),
    before: int = typer.Option(2**63 - 1, help="Only those below this number"),
    limit: int = typer.Option(20, min=1, max=1_000),
) -> None:
    """Acknowledgments, taken and refused, newest first."""
    from app.clearing.acknowledgments.overview import list_acknowledgments

    async def work(connection: "Connection", _: "Settings") -> str:
        found = await list_acknowledgments(connection, bank=bank, file_id=file_id, before=before, limit=limit)
        return "\n".join(map(_listed, found)) or "none"

    decide(work)


@app.command()
def ageing() -> None:
    """Payment files whose lines have no result, oldest first; lines that failed and wait to go out again."""
    from app.clearing.acknowledgments.overview import waiting_files, waiting_lines

    async def work(connection: "Connection", _: "Settings") -> str:
        files = [
            f"{file.file_id}: {file.lines:,} lines of {file.bank} without a result, {file.banking_days} banking days"
            for file in await waiting_files(connection)
        ]
        lines = [
            f"line {line.line_id} of {line.institution}, {_yuan(line.amount)}, failed and is back; it goes out again"
            f" {_WHEN.get(line.held or '', 'with the next day that is sealed')}"
            for line in await waiting_lines(connection)
        ]
        return "\n".join([*files, *lines]) or "Every line of a payment file has a result, and none waits."

    decide(work)


_WHEN = {
    "blocked": "when its institution is no longer blocked",
    "no_account": "when its institution has a payee account",
    "negative": "when the form of its bank can collect",
}


def _told(taken: "Acknowledgment") -> str:
    again = ", as before" if taken.replayed else ""
    if taken.code != "ok":
        return f"acknowledgment {taken.ack_id} is refused{again}: {taken.code}. {taken.reason}"
    return f"acknowledgment {taken.ack_id} is taken{again}: {_results(taken)}"


def _listed(listed: "Listed") -> str:
    head = f"{listed.ack_id}  {listed.received_at:%Y-%m-%d %H:%M:%S%z}  {listed.file_id}  from {listed.received_by}:"
    if listed.code != "ok":
        return f"{head} refused, {listed.code}. {listed.reason}"
    return f"{head} {_results(listed)}{'' if listed.returned_at else '; not all of it is back yet'}"


def _results(found: "Acknowledgment | Listed") -> str:
    paid = f"{found.paid_count:,} lines of {_yuan(found.paid)} paid"
    return f"{paid}, {found.failed_count:,} of {_yuan(found.failed)} failed"


def _yuan(fen: int) -> str:
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100:,}.{abs(fen) % 100:02} yuan"
