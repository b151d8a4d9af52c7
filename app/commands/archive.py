"""`medsettle archive …`: sealed days as Parquet files; made, proved, brought back."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from app.commands.running import outside_settings, run

if TYPE_CHECKING:
    from app.database import Connection
    from app.progress import Progress

app = typer.Typer(no_args_is_help=True, help="Sealed days as Parquet files: make, prove, bring back.")

_DAY = typer.Argument(..., formats=["%Y-%m-%d"], help="A sealed business day, YYYY-MM-DD")
_DIRECTORY = typer.Option(..., help="Where archives lie, a folder a day")
_OPERATOR = typer.Option(..., help="Who does it; recorded with it")


@app.command()
def create(day: datetime = _DAY, directory: Path = _DIRECTORY, operator: str = _OPERATOR) -> None:
    """Write a day's rows to files and prove them by reading them back; again proves what is there."""
    from app.access.audit import record_command
    from app.clearing.day_archive import archive

    async def work(connection: "Connection", progress: "Progress") -> str:
        manifest = await archive.create(connection, day.date(), directory, operator=operator, progress=progress)
        await record_command(connection, operator, "medsettle archive create", f"day={day.date()}")
        counts = ", ".join([f"{told['rows']:,} {name}" for name, told in manifest["tables"].items()])
        return f"{day.date()} is archived and reads back: {counts}"

    _run(work)


@app.command()
def verify(day: datetime = _DAY, directory: Path = _DIRECTORY) -> None:
    """Prove an archive against its manifest, its record, the day's seal and the rows in the database."""
    from app.clearing.day_archive import archive

    async def work(connection: "Connection", _: "Progress") -> str:
        wrong = await archive.verify(connection, day.date(), directory)
        if wrong:
            typer.echo("\n".join([f"BROKEN {each}" for each in wrong]))
            raise typer.Exit(1)
        return f"the archive of {day.date()} is whole"

    _run(work)


@app.command()
def restore(day: datetime = _DAY, directory: Path = _DIRECTORY, operator: str = _OPERATOR) -> None:
    """Bring back what the database has lost of a day; run `medsettle verify` afterwards."""
    from app.access.audit import record_command
    from app.clearing.day_archive import archive

    async def work(connection: "Connection", progress: "Progress") -> str:
        brought = await archive.restore(connection, day.date(), directory, progress=progress)
        await record_command(connection, operator, "medsettle archive restore", f"day={day.date()}")
        told = ", ".join([f"{count:,} {name}" for name, count in brought.items() if count])
        return f"{day.date()}: {told or 'nothing was missing'}{' came back' if told else ''}"

    _run(work)


@app.command(name="list")
def list_() -> None:
    """Which days are archived, by whom and when."""
    from app.clearing.day_archive import archive

    async def work(connection: "Connection", _: "Progress") -> str:
        found = await archive.list_archives(connection)
        return "\n".join([
            f"{each.business_day} by {each.archived_by} {each.archived_at:%Y-%m-%d %H:%M}; manifest"
            f" {each.manifest_sha256.hex()}" for each in found
        ]) or "nothing"  # fmt: skip

    _run(work)


def _run(work: "Callable[[Connection, Progress], Awaitable[str]]") -> None:
    from app.database import connect
    from app.progress import shown

    settings = outside_settings(kafka=False)

    async def with_connection() -> None:
        url = settings.database_url.get_secret_value()
        connection = await connect(url, application_name="medsettle archive")
        try:
            with shown() as progress:
                told = await work(connection, progress)
            typer.echo(told)
        finally:
            await connection.close()

    run(with_connection())
