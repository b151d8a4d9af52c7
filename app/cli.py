"""The `medsettle` command. Imports are late, so that `--help` stays quick."""

import sys
from collections.abc import Coroutine
from typing import Any

import typer

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@cli.callback()
def medsettle() -> None:
    """Settle social security card transactions once each against a double-entry ledger.

    Settings come from MEDSETTLE_* environment variables; see docs/operations.md.
    """


@cli.command()
def api() -> None:
    """Serve HTTP: transactions, health, metrics."""
    from app.main import run_api

    settings = _outside_settings(kafka=True)
    _run(run_api(settings), logs=True)


@cli.command()
def worker() -> None:
    """Settle what comes from Kafka."""
    from app.worker import run_worker

    settings = _outside_settings(kafka=True)
    _run(run_worker(settings), logs=True)


@cli.command()
def migrate() -> None:
    """Bring the database to this release's schema; safe to run twice at once."""
    from app.migrate import migrate as apply

    settings = _outside_settings(kafka=False)
    url = settings.owner_database_url.get_secret_value() or settings.database_url.get_secret_value()

    async def show() -> None:
        applied = await apply(url)
        typer.echo(f"applied {', '.join(applied)}" if applied else "nothing to apply")

    _run(show())


def _outside_settings(*, kafka: bool) -> Any:
    """Settings of a command that works on servers which run already."""
    from app.config import settings
    from app.errors import UsageError

    found = settings()
    missing = [
        name
        for name, value in (
            ("MEDSETTLE_DATABASE_URL", found.database_url.get_secret_value()),
            ("MEDSETTLE_KAFKA_BOOTSTRAP_SERVERS", found.kafka_bootstrap_servers if kafka else "-"),
        )
        if not value
    ]
    if missing:
        raise UsageError(f"Set {' and '.join(missing)}, or run `medsettle dev`, which brings servers of its own.")
    return found


def _run(work: Coroutine[Any, Any, None], *, logs: bool = False) -> None:
    import uvloop

    from app.config import settings

    if logs:
        from app import logs as logging

        logging.set_up(settings().log_level, json=settings().log_json)
    uvloop.run(work)


def main() -> None:
    from app.errors import MedsettleError

    try:
        cli()
    except MedsettleError as error:
        typer.echo(f"medsettle: {error}", err=True)
        sys.exit(1)
