"""The `medsettle` command. Imports are late, so that `--help` stays quick."""

import typer

cli = typer.Typer(no_args_is_help=True, add_completion=False)


@cli.callback()
def medsettle() -> None:
    """Settle social security card transactions once each against a double-entry ledger."""


def main() -> None:
    cli()
