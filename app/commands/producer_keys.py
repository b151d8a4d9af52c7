"""`medsettle producer-keys …`: by which keys institutions sign what they send by Kafka."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from app.commands.api_keys import on_keys

if TYPE_CHECKING:
    from app.database import Connection

app = typer.Typer(no_args_is_help=True, help="Register, list and revoke keys of Kafka producers.")

_OPERATOR = typer.Option(..., help="Who does it; recorded with the key")


@app.command()
def register(
    institution: str = typer.Argument(..., help="Whose key it is"),
    file: Path = typer.Argument(..., exists=True, dir_okay=False, help="The public key, Ed25519, as PEM"),
    operator: str = _OPERATOR,
) -> None:
    """Take up a public key; records are signed with its private one, which stays with the institution."""
    from app.access.audit import record_command
    from app.access.producer_keys import register_producer_key
    from app.signing import read_public_keys

    [key] = read_public_keys(file.read_text())

    async def work(connection: "Connection") -> None:
        await register_producer_key(connection, institution, key, by=operator)
        await record_command(connection, operator, "producer-keys register", f"{key.key_id} {institution}")
        typer.echo(f"key {key.key_id} of {institution}")

    on_keys(work)


@app.command(name="list")
def list_() -> None:
    """All keys, by institution."""
    from app.access.producer_keys import list_producer_keys

    async def work(connection: "Connection") -> None:
        for key in await list_producer_keys(connection):
            state = f"revoked {key.revoked_at:%Y-%m-%d %H:%M} UTC by {key.revoked_by}" if key.revoked_at else "good"
            typer.echo(f"{key.key_id}: {key.institution}; {state}; registered by {key.registered_by}")

    on_keys(work)


@app.command()
def revoke(key_id: str = typer.Argument(...), operator: str = _OPERATOR) -> None:
    """Revoke a key for good; workers refuse it within seconds."""
    from app.access.audit import record_command
    from app.access.producer_keys import revoke_producer_key

    async def work(connection: "Connection") -> None:
        is_new = await revoke_producer_key(connection, key_id, by=operator)
        await record_command(connection, operator, "producer-keys revoke", key_id)
        typer.echo(f"key {key_id}: {'revoked' if is_new else 'no good key has this id'}")

    on_keys(work)
