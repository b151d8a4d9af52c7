"""`medsettle trace`: the whole way of one transaction."""

from typing import TYPE_CHECKING

import typer

from app.commands.running import outside_settings, run

if TYPE_CHECKING:
    from app.clearing.trace_steps import Trace

_WIDE = 240


def trace(
    institution: str = typer.Argument(..., help="Whose message it was"),
    message_id: str = typer.Argument(..., help="The message's id, as the institution gave it"),
) -> None:
    """Show a transaction's way: message, outcome, transfers, day, position, line, files, what the bank said."""
    from app.clearing.trace import trace as read
    from app.database import open_pool, transaction

    settings = outside_settings(kafka=False)

    async def work() -> None:
        url = settings.database_url.get_secret_value()
        pool = await open_pool(url, size_max=1, application_name="medsettle trace")
        async with pool, transaction(pool, snapshot=True) as connection:
            _show(await read(connection, institution, message_id))

    run(work())


def _show(found: "Trace") -> None:
    from rich.console import Console

    from app.clearing.trace_text import trace_tree

    # Hashes are copied from here: they stay whole, however narrow the terminal.
    Console(highlight=False, width=_WIDE).print(trace_tree(found), soft_wrap=True)
