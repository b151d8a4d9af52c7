"""A clerk's command: what it takes, how it reaches the ledger, and when it says what came of it."""

import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from app.commands.running import outside_settings, run

if TYPE_CHECKING:
    from pydantic import BaseModel

    from app.config import Settings
    from app.database import Connection, Pool

_Body = TypeVar("_Body", bound="BaseModel")


def checked(model: type[_Body], **fields: Any) -> _Body:
    """What the HTTP route of the same deed would take. The error names the options, never what was typed."""
    from pydantic import ValidationError

    try:
        return model(**fields)
    except ValidationError as error:
        wrong = [f"{' '.join(map(str, one['loc']))} {one['msg']}".strip() for one in error.errors()]
        raise typer.BadParameter("; ".join(wrong)) from None


def decide(work: "Callable[[Connection, Settings], Awaitable[str]]") -> None:
    """Do `work` in one transaction; say what it returns once that is committed and holds for the next payment."""
    from app.database import transaction

    async def in_transaction(pool: "Pool", settings: "Settings") -> str:
        async with transaction(pool) as connection:
            return await work(connection, settings)

    on_ledger(in_transaction)


def on_ledger(work: "Callable[[Pool, Settings], Awaitable[str]]") -> None:
    """Do `work`, which keeps transactions of its own; say what it returns."""
    from app.database import open_pool

    settings = outside_settings(kafka=False)

    async def with_pool() -> None:
        url = settings.database_url.get_secret_value()
        async with await open_pool(url, size_max=2, application_name="medsettle desk") as pool:
            typer.echo(await work(pool, settings))

    run(with_pool())


def typed_unseen(what: str) -> str:
    """Asked for, or the next line of standard input. Never an argument: it would stand in the history of the shell and
    in the list of processes."""
    if sys.stdin.isatty():
        return str(typer.prompt(what, hide_input=True))
    return sys.stdin.readline().strip()
