"""`medsettle api-keys …`: who may call the service. Needs MEDSETTLE_OWNER_DATABASE_URL: the service makes no keys."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import typer

from app.access.principal import Role
from app.commands.desk import checked
from app.commands.running import outside_settings, run

if TYPE_CHECKING:
    from app.access.api_keys import ApiKey, NewKey
    from app.database import Connection

app = typer.Typer(no_args_is_help=True, help="Create, list, rotate and revoke API keys.")

_KEY_ID = typer.Argument(..., help="The public part of the key, as `list` shows it")
_OPERATOR = typer.Option(..., help="Who does it; recorded with the key")
_DAYS = typer.Option(365, min=1, max=3_650, help="Days until it expires")


@app.command()
def create(
    role: Role = typer.Argument(...),
    of: str | None = typer.Option(None, help="Code of the institution or bank that it is bound to"),
    name: str | None = typer.Option(None, help="Who holds it, as shown in the audit log; else the institution or bank"),
    scope: list[str] | None = typer.Option(None, help="Narrow it to this scope; may be given again"),
    days: int = _DAYS,
    operator: str = _OPERATOR,
) -> None:
    """Make a key. It is printed once and kept nowhere: what is stored is its hash."""
    from app.access.api_keys import Binding, create_key
    from app.access.audit import record_command
    from app.routes.agency import Clerk

    holder = checked(Clerk, operator=name or of or "").operator
    binding = Binding(
        role=role,
        name=holder,
        institution=of if role is Role.INSTITUTION else None,
        bank=of if role is Role.BANK else None,
        scopes=scope or None,
    )
    if of is not None and role not in (Role.INSTITUTION, Role.BANK):
        raise typer.BadParameter("only institutions and banks have a code", param_hint="--of")

    async def work(connection: "Connection") -> None:
        new = await create_key(connection, binding, lifetime=timedelta(days=days), created_by=operator)
        await record_command(connection, operator, "api-keys create", f"{new.key_id} {role} {holder}")
        _show_new(new)

    on_keys(work)


@app.command(name="list")
def list_(every: bool = typer.Option(False, "--all", help="Those that are revoked or expired as well")) -> None:
    """Keys without their secrets, oldest first."""
    from app.access.api_keys import list_keys

    async def work(connection: "Connection") -> None:
        for key in await list_keys(connection):
            if every or key.is_good:
                typer.echo(_text(key))

    on_keys(work)


@app.command()
def rotate(
    key_id: str = _KEY_ID,
    overlap_hours: float = typer.Option(168, min=0, max=8_760, help="How long the old key is good beside the new one"),
    days: int = _DAYS,
    operator: str = _OPERATOR,
) -> None:
    """Make a new key for the same holder; the old one is good until the overlap ends."""
    from app.access.api_keys import rotate_key
    from app.access.audit import record_command

    async def work(connection: "Connection") -> None:
        overlap, lifetime = timedelta(hours=overlap_hours), timedelta(days=days)
        new = await rotate_key(connection, key_id, overlap=overlap, lifetime=lifetime, created_by=operator)
        await record_command(connection, operator, "api-keys rotate", f"{key_id} {new.key_id}")
        _show_new(new)

    on_keys(work)


@app.command()
def revoke(key_id: str = _KEY_ID, operator: str = _OPERATOR) -> None:
    """Revoke a key for good; every process refuses it within seconds."""
    from app.access.api_keys import revoke_key
    from app.access.audit import record_command

    async def work(connection: "Connection") -> None:
        is_new = await revoke_key(connection, key_id, revoked_by=operator)
        await record_command(connection, operator, "api-keys revoke", key_id)
        typer.echo(f"key {key_id}: revoked{'' if is_new else ' already'}")

    on_keys(work)


def on_keys(work: "Callable[[Connection], Awaitable[None]]") -> None:
    """In one transaction, in the owner's name."""
    import asyncpg

    from app.database import connect
    from app.errors import UsageError

    settings = outside_settings(kafka=False)
    url = settings.owner_database_url.get_secret_value() or settings.database_url.get_secret_value()

    async def connected() -> None:
        connection = await connect(url, application_name="medsettle api-keys")
        try:
            async with connection.transaction():
                await work(connection)
        except asyncpg.InsufficientPrivilegeError:
            raise UsageError("The service's role may make no keys: set MEDSETTLE_OWNER_DATABASE_URL.") from None
        finally:
            await connection.close()

    run(connected())


def _show_new(new: "NewKey") -> None:
    typer.echo(f"key {new.key_id}, good until {new.expires_at:%Y-%m-%d %H:%M} UTC; it is not shown again:", err=True)
    typer.echo(new.key)


def _text(key: "ApiKey") -> str:
    bound = key.institution or key.bank
    state = (
        f"revoked {key.revoked_at:%Y-%m-%d %H:%M} UTC by {key.revoked_by}"
        if key.revoked_at
        else f"{'good' if key.is_good else 'expired'} until {key.expires_at:%Y-%m-%d %H:%M} UTC"
    )
    parts = [
        f"{key.key_id}: {key.role}{f' {bound}' if bound else ''}",
        key.name,
        state,
        f"made {key.created_at:%Y-%m-%d} by {key.created_by}",
        *([f"for {', '.join(key.scopes)} alone"] if key.scopes is not None else []),
        *([f"in place of {key.replaces}"] if key.replaces else []),
    ]
    return "; ".join(parts)
