"""`medsettle rules …`: the rules of regions."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from app.commands.running import outside_settings, run

if TYPE_CHECKING:
    from app.database import Pool

app = typer.Typer(no_args_is_help=True, help="Which part of an account pays first, by region and time.")


@app.command()
def file(
    region: str = typer.Option(..., help="'' for all regions without a rule of their own"),
    from_: str = typer.Option(..., "--from", metavar="TIME", help="ISO 8601; without an offset: Asia/Shanghai"),
    use_accumulated_first: bool = typer.Option(..., "--accumulated-first/--current-first"),
    operator: str = typer.Option(..., help="The clerk's id; recorded with the rule"),
) -> None:
    """File a rule, a minute ahead at least; it stays, and a later one replaces it."""
    from app.settlement.region_rules import FiledRule, file_rule

    rule = FiledRule(region, _moment(from_), use_accumulated_first, operator)
    _run(lambda pool: file_rule(pool, rule))


@app.command(name="list")
def list_() -> None:
    """All rules ever filed."""
    from app.config import ZONE
    from app.settlement.region_rules import filed_rules

    async def show(pool: "Pool") -> None:
        for rule in await filed_rules(pool):
            first = "accumulated" if rule.use_accumulated_first else "current"
            start = rule.effective_from.astimezone(ZONE).isoformat()
            typer.echo(f"region {rule.region or 'all others'}: {first} part first from {start} by {rule.filed_by}")

    _run(show)


def _moment(text: str) -> datetime:
    from app.config import ZONE

    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"not a time of ISO 8601: {text}", param_hint="--from") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=ZONE)


def _run(work: "Callable[[Pool], Awaitable[None]]") -> None:
    from app.database import open_pool

    settings = outside_settings(kafka=False)

    async def with_pool() -> None:
        url = settings.database_url.get_secret_value()
        async with await open_pool(url, size_max=1, application_name="medsettle rules") as pool:
            await work(pool)

    run(with_pool())
