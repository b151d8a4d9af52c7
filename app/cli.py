"""The `medsettle` command. Imports are late, so that `--help` stays quick."""

import sys
from pathlib import Path

import typer

from app.commands import (
    accounts,
    acks,
    api_keys,
    archive,
    audit,
    cards,
    clearing,
    dlq,
    files,
    funding,
    grants,
    health,
    keys,
    national,
    persons,
    producer_keys,
    receipt,
    reconcile,
    rules,
    sftp_keys,
    trace,
    year_end,
)
from app.commands.running import outside_settings, run

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
cli.command()(funding.contribute)
cli.add_typer(funding.adjust, name="adjust")
cli.add_typer(persons.app, name="persons")
cli.add_typer(cards.app, name="cards")
cli.add_typer(grants.app, name="grants")
cli.add_typer(accounts.app, name="accounts")
cli.add_typer(keys.app, name="keys")
cli.add_typer(api_keys.app, name="api-keys")
cli.add_typer(audit.app, name="audit")
cli.add_typer(producer_keys.app, name="producer-keys")
cli.add_typer(sftp_keys.app, name="sftp-keys")
cli.add_typer(year_end.app, name="year-end")
cli.add_typer(rules.app, name="rules")
cli.add_typer(receipt.app, name="receipt")
cli.add_typer(reconcile.app, name="reconcile")
cli.add_typer(national.app, name="national")
cli.command()(clearing.seal)
cli.command()(trace.trace)
cli.command()(health.health)
cli.add_typer(clearing.app, name="clearing")
cli.add_typer(files.app, name="files")
cli.add_typer(dlq.app, name="dlq")
cli.add_typer(acks.app, name="acks")
cli.add_typer(archive.app, name="archive")


@cli.callback()
def medsettle() -> None:
    """Settle social security card transactions once each against a double-entry ledger.

    Settings come from MEDSETTLE_* environment variables; see docs/operations.md.
    """


@cli.command()
def api() -> None:
    """Serve HTTP: transactions, health, metrics."""
    from app.main import run_api

    settings = outside_settings(kafka=True)
    run(run_api(settings), process="api")


@cli.command()
def worker() -> None:
    """Settle what comes from Kafka."""
    from app.worker import run_worker

    settings = outside_settings(kafka=True)
    run(run_worker(settings), process="worker")


@cli.command()
def scheduler() -> None:
    """Seal each business day soon after its cut-off and write its files; of many one works at a time."""
    from app.scheduler import run_scheduler

    settings = outside_settings(kafka=False)
    run(run_scheduler(settings), process="scheduler")


@cli.command()
def sftp() -> None:
    """Serve settlement files to banks over SFTP, and take their acknowledgments; run as many as you like."""
    from app.errors import UsageError

    try:
        from app.sftp.process import run_sftp
    except ImportError:
        raise UsageError("SFTP needs the package asyncssh: pip install 'medsettle[sftp]'.") from None
    settings = outside_settings(kafka=False)
    run(run_sftp(settings), process="sftp")


@cli.command()
def migrate() -> None:
    """Bring the database to this release's schema; safe to run twice at once."""
    from app.migrate import migrate as apply

    settings = outside_settings(kafka=False)
    url = settings.owner_database_url.get_secret_value() or settings.database_url.get_secret_value()

    async def show() -> None:
        applied = await apply(url)
        typer.echo(f"applied {', '.join(applied)}" if applied else "nothing to apply")

    run(show())


@cli.command()
def dev(
    data_dir: Path = typer.Option(Path(".medsettle/dev"), help="Where the servers keep their data"),
    port: int = typer.Option(0, help="Port of the API; 0: a free one"),
    kafka_port: int = typer.Option(0, help="Port of the broker; 0: a free one"),
    persons: int = typer.Option(1_000, min=1, help="Made persons to load"),
) -> None:
    """Run everything here: Postgres, broker, API and worker with a made population. Ctrl-C stops it."""
    from app.config import settings
    from app.dev import run_dev

    run(run_dev(settings(), data_dir, api_port=port, kafka_port=kafka_port, persons=persons))


@cli.command()
def demo(
    data_dir: Path | None = typer.Option(None, help="Where the servers keep their data; empty: a temporary folder"),
    transactions: int = typer.Option(24_000, min=100, help="Messages of the day"),
    persons: int = typer.Option(2_500, min=50, help="Made persons"),
    keep: bool = typer.Option(False, "--keep", help="Leave it running and say where to look"),
) -> None:
    """Settle a realistic day from Kafka, kill the worker in the middle, verify the ledger, print a report."""
    from tempfile import TemporaryDirectory

    from app.config import settings
    from app.demo.run import run_demo

    async def work() -> None:
        with TemporaryDirectory(prefix="medsettle-demo-") as folder:
            added_up = await run_demo(
                settings(), data_dir or Path(folder), transactions=transactions, persons=persons, keep=keep
            )
        if not added_up:
            raise typer.Exit(1)

    run(work())


@cli.command()
def load(
    institutions: Path | None = typer.Option(
        None, help="CSV: institution,kind,bank,name[,state,settlement_office,payee_name,payee_account]"
    ),
    persons: Path | None = typer.Option(
        None, help="CSV: person_no,balance (fen)[,citizen_no,name,gender,personal_status,region,state]"
    ),
    cards: Path | None = typer.Option(
        None, help="CSV: card_no,person_no,card_sn,state,valid_to[,kind,medium,bank,issued_on,debit_application]"
    ),
) -> None:
    """Load files, all or nothing; bad lines are reported by number. Running it again is harmless."""
    from app.database import open_pool
    from app.loading import LoadFiles
    from app.loading import load as load_files
    from app.parties.vault import Vault
    from app.progress import shown
    from app.settlement.rules import RuleBook

    settings = outside_settings(kafka=False)

    async def work() -> None:
        pool = await open_pool(settings.database_url.get_secret_value(), size_max=2, application_name="medsettle load")
        async with pool:
            with shown() as progress:
                report = await load_files(
                    pool,
                    LoadFiles(institutions, persons, cards),
                    rules=RuleBook(settings.cut_off),
                    vault=Vault.of(settings.data_keys),
                    progress=progress,
                    owner_url=settings.owner_database_url.get_secret_value(),
                )
        typer.echo(str(report))

    run(work())


@cli.command()
def verify() -> None:
    """Prove every invariant of the ledger; exit 1 and name the first broken rows if one does not hold."""
    from app.verify import print_report, run_verify

    settings = outside_settings(kafka=False)

    async def work() -> None:
        report = await run_verify(settings.database_url.get_secret_value())
        print_report(report)
        if not report.ok:
            raise typer.Exit(1)

    run(work())


@cli.command(name="seed-demo")
def seed_demo(persons: int = typer.Option(1_000, min=50, help="Made persons")) -> None:
    """Load a made population into the database of the settings; running it again is harmless."""
    from tempfile import TemporaryDirectory

    from app.demo.seed import load_population

    settings = outside_settings(kafka=False)

    async def work() -> None:
        with TemporaryDirectory(prefix="medsettle-seed-") as folder:
            await load_population(settings, Path(folder), persons)

    run(work())


@cli.command()
def bench(
    quick: bool = typer.Option(False, "--quick", help="Some three to five minutes"),
    output: Path = typer.Option(Path("build/bench.json"), help="Figures, machine and settings as JSON"),
) -> None:
    """Measure this machine: the pipeline, HTTP, latencies, against pgbench and COPY on the same server."""
    from loadtests.bench.run import print_report, run_bench

    async def work() -> None:
        report = await run_bench(quick=quick, output=output)
        print_report(report)
        if not report.is_sound:
            raise typer.Exit(1)

    run(work())


def main() -> None:
    from app.errors import MedsettleError

    try:
        cli()
    except MedsettleError as error:
        typer.echo(f"medsettle: {error}", err=True)
        sys.exit(1)
