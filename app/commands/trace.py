"""`medsettle trace`: the whole way of one transaction."""

import typer

from app.commands.running import outside_settings, run


def trace(
    institution: str = typer.Argument(..., help="Whose message it was"),
    message_id: str = typer.Argument(..., help="The message's id, as the institution gave it"),
) -> None:
    """Show a transaction's way: message, outcome, transfers, day, position, line, files, what the bank said."""
    from app.clearing.trace import trace as read
    from app.clearing.trace_text import print_trace
    from app.database import open_pool, transaction

    settings = outside_settings(kafka=False)

    async def work() -> None:
        url = settings.database_url.get_secret_value()
        pool = await open_pool(url, size_max=1, application_name="medsettle trace")
        async with pool, transaction(pool, snapshot=True) as connection:
            found = await read(connection, institution, message_id)
        print_trace(found)

    run(work())
