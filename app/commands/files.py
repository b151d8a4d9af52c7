"""`medsettle files …`: the settlement files of sealed days, written and listed."""

from datetime import datetime
from typing import TYPE_CHECKING

import typer

from app.commands.running import outside_settings, run

if TYPE_CHECKING:
    from app.clearing.files.store import File
    from app.clearing.files.writing import Filing

app = typer.Typer(no_args_is_help=True, help="Settlement files: what banks are told of sealed days.")

_DAY = typer.Argument(..., formats=["%Y-%m-%d"], help="The business day, YYYY-MM-DD")


@app.command()
def write(day: datetime = _DAY) -> None:
    """Write what a sealed day lacks; again is harmless. The scheduler does it alone."""
    from app.clearing.files.writing import write_files
    from app.progress import shown
    from app.signing import read_keys

    settings = outside_settings(kafka=False)
    keys = read_keys(settings.signing_key, settings.retired_signing_keys)

    async def work() -> None:
        with shown() as progress:
            url = settings.database_url.get_secret_value()
            _show(await write_files(url, settings.cut_off, day.date(), keys, progress=progress))

    run(work())


@app.command(name="list")
def list_(
    day: datetime = _DAY,
    bank: str | None = typer.Option(None, help="Only the files of this bank"),
) -> None:
    """The files of a day that are written, and the banks that are held over."""
    from app.clearing.files.drawing import held_banks
    from app.clearing.files.store import list_files
    from app.database import open_pool, transaction

    settings = outside_settings(kafka=False)

    async def work() -> None:
        url = settings.database_url.get_secret_value()
        async with await open_pool(url, size_max=1, application_name="medsettle files") as pool:
            after = ""
            while True:
                async with transaction(pool) as connection:
                    files = await list_files(connection, bank=bank, day=day.date(), after=after)
                if not files:
                    break
                for file in files:
                    typer.echo(_told(file))
                after = files[-1].file_id
            async with transaction(pool) as connection:
                for held in await held_banks(connection, day.date()):
                    typer.echo(_told_held(*held))

    run(work())


@app.command()
def rebuild(
    day: datetime = _DAY,
    bank: str = typer.Argument(..., help="The bank's code"),
    operator: str = typer.Option(..., help="The clerk's id; recorded with it"),
) -> None:
    """Write a further version of a bank's payment file by its last terms: the same lines under the same line ids."""
    from app.clearing.files.writing import rebuild_payment
    from app.signing import read_keys

    settings = outside_settings(kafka=False)
    keys = read_keys(settings.signing_key, settings.retired_signing_keys)

    async def work() -> None:
        url = settings.database_url.get_secret_value()
        _show(await rebuild_payment(url, settings.cut_off, day.date(), bank, keys, operator=operator))

    run(work())


@app.command()
def verify(name: str = typer.Argument(..., help="Of the file")) -> None:
    """Prove one stored file: its bytes, signature, counts and sums; exit 1 and say what is wrong with it."""
    from app.clearing.files.store import read_file
    from app.clearing.files.verify import file_defects
    from app.database import open_pool, transaction
    from app.signing import read_keys

    settings = outside_settings(kafka=False)
    keys = read_keys(settings.signing_key, settings.retired_signing_keys)

    async def work() -> None:
        url = settings.database_url.get_secret_value()
        async with (
            await open_pool(url, size_max=1, application_name="medsettle files") as pool,
            transaction(pool, snapshot=True) as connection,
        ):
            file = await read_file(connection, name)
            defects = await file_defects(connection, file, keys.published)
        typer.echo(_told(file))
        for defect in defects:
            typer.echo(f"BROKEN: {defect}")
        if defects:
            raise typer.Exit(1)
        typer.echo("the file is whole")

    run(work())


def _show(filing: "Filing") -> None:
    typer.echo(f"{filing.business_day} is {filing.state}: {filing.files:,} files written")
    for held in filing.held:
        typer.echo(_told_held(*held))


def _told(file: "File") -> str:
    return (
        f"{file.file_id}  {file.size:,} bytes; {file.credit_count + file.debit_count:,} rows, net"
        f" {_yuan(file.credits - file.debits)}; sha256 {file.sha256.hex()}, key {file.key_id}"
    )


def _told_held(bank: str, reason: str, lines: int, fen: int) -> str:
    said = {"no_terms": "it has no terms: medsettle clearing bank", "cannot_collect": "pain.001 cannot collect"}
    return f"held over: bank {bank} with {lines:,} lines of {_yuan(fen)}; {said[reason]}"


def _yuan(fen: int) -> str:
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100:,}.{abs(fen) % 100:02} yuan"
