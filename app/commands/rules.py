"""`medsettle rules …`: the rules of regions."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from app.commands.running import outside_settings, run

if TYPE_CHECKING:
    from app.database import Pool
    from app.settlement.rules import RegionRule

app = typer.Typer(no_args_is_help=True, help="How accounts pay and refunds are made, by region and time.")

_NO_LIMIT = "none"


@app.command()
def file(
    region: str = typer.Option(..., help="'' for all regions without a rule of their own"),
    from_: str = typer.Option(..., "--from", metavar="TIME", help="ISO 8601; without an offset: Asia/Shanghai"),
    operator: str = typer.Option(..., help="The clerk's id; recorded with the rule"),
    use_accumulated_first: bool | None = typer.Option(
        None, "--accumulated-first/--current-first", help="Which part of an account pays first"
    ),
    med_types: str | None = typer.Option(
        None, metavar="LIST", help="med_types for which accounts pay, such as 11,21,41; none: all"
    ),
    pharmacy_daily_fen: str | None = typer.Option(
        None, metavar="FEN", help="The most account money of a person at pharmacies in a day; none: no cap"
    ),
    pharmacy_daily_payments: str | None = typer.Option(
        None, metavar="COUNT", help="The most payments with account money at pharmacies in a day; none: no cap"
    ),
    suspended_may_spend: bool | None = typer.Option(
        None, "--suspended-may-spend/--suspended-may-not-spend", help="Whose medical insurance is suspended"
    ),
    mutual_aid: bool | None = typer.Option(None, "--mutual-aid/--no-mutual-aid", help="Family accounts may pay"),
    partial_refunds: bool | None = typer.Option(
        None, "--partial-refunds/--full-refunds", help="Whether a part may be refunded"
    ),
    refund_days: str | None = typer.Option(
        None, metavar="DAYS", help="Business days within which refunds are made; none: no limit"
    ),
) -> None:
    """File what changes, a minute ahead at least; what is not named stays. A filed rule is never changed."""
    from app.settlement.region_rules import file_rule

    changes: dict[str, object] = {
        "use_accumulated_first": use_accumulated_first,
        "suspended_may_spend": suspended_may_spend,
        "mutual_aid": mutual_aid,
        "partial_refunds": partial_refunds,
    }
    changes = {name: value for name, value in changes.items() if value is not None}
    numbers = {
        "pharmacy_daily_fen": pharmacy_daily_fen,
        "pharmacy_daily_payments": pharmacy_daily_payments,
        "refund_days": refund_days,
    }
    changes |= {name: _number(name, text) for name, text in numbers.items() if text is not None}
    if med_types is not None:
        changes["med_types"] = None if med_types == _NO_LIMIT else [each.strip() for each in med_types.split(",")]
    if not changes:
        raise typer.BadParameter("name at least one thing that changes")
    moment = _moment(from_)
    _run(lambda pool: file_rule(pool, region, moment, changes, clerk=operator))


@app.command(name="list")
def list_() -> None:
    """All rules ever filed."""
    from app.config import ZONE
    from app.settlement.region_rules import filed_rules

    async def show(pool: "Pool") -> None:
        for region, clerk, rule in await filed_rules(pool):
            start = rule.effective_from.astimezone(ZONE).isoformat()
            typer.echo(f"region {region or 'all others'} from {start}, filed by {clerk}: {', '.join(_told(rule))}")

    _run(show)


def _told(rule: "RegionRule") -> Iterator[str]:
    yield f"{'accumulated' if rule.use_accumulated_first else 'current'} part first"
    if rule.med_types is not None:
        yield f"med_types {' '.join(rule.med_types) or 'none'}"
    if rule.pharmacy_daily_fen is not None:
        yield f"at pharmacies {rule.pharmacy_daily_fen} fen a day"
    if rule.pharmacy_daily_payments is not None:
        yield f"at pharmacies {rule.pharmacy_daily_payments} payments a day"
    if not rule.suspended_may_spend:
        yield "suspended persons do not spend"
    if not rule.mutual_aid:
        yield "no mutual aid"
    yield "partial refunds" if rule.partial_refunds else "full refunds only"
    if rule.refund_days is not None:
        yield f"refunds within {rule.refund_days} days"


def _number(name: str, text: str) -> int | None:
    if text == _NO_LIMIT:
        return None
    if not text.isascii() or not text.isdigit():
        raise typer.BadParameter(f"not a whole number: {text}", param_hint=f"--{name.replace('_', '-')}")
    return int(text)


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
