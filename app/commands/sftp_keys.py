"""`medsettle sftp-keys …`: by which keys banks log in over SFTP, and the host key of the server."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from app.commands.api_keys import on_keys

if TYPE_CHECKING:
    from app.database import Connection

app = typer.Typer(no_args_is_help=True, help="Add, list and revoke keys of banks for SFTP; make a host key.")

_OPERATOR = typer.Option(..., help="Who does it; recorded with the key")
_LIFETIME_DAYS_MAX = 3_650


@app.command()
def add(
    bank: str = typer.Argument(..., help="Whose key it is; the bank logs in under this name"),
    file: Path = typer.Argument(..., exists=True, dir_okay=False, help="The public key, as ssh-keygen writes it"),
    operator: str = _OPERATOR,
    days: int = typer.Option(365, min=1, max=_LIFETIME_DAYS_MAX, help="How long it is good"),
) -> None:
    """Take up a public key: Ed25519, ECDSA, or RSA of 3072 bits or more."""
    from app.access.audit import record_command
    from app.access.sftp_keys import read_public_key, register_sftp_key

    key = read_public_key(file.read_text(encoding="utf-8", errors="replace"))

    async def work(connection: "Connection") -> None:
        expires_at = await register_sftp_key(connection, bank, key, lifetime=timedelta(days=days), by=operator)
        await record_command(connection, operator, "sftp-keys add", f"{key.fingerprint} {bank}")
        typer.echo(f"key {key.fingerprint} of {bank}, good until {expires_at:%Y-%m-%d} UTC")

    on_keys(work)


@app.command(name="list")
def list_() -> None:
    """All keys, by bank."""
    from app.access.sftp_keys import list_sftp_keys

    async def work(connection: "Connection") -> None:
        for key in await list_sftp_keys(connection):
            typer.echo(f"{key.fingerprint}: {key.bank}; {key.state}; added by {key.registered_by}")

    on_keys(work)


@app.command()
def revoke(fingerprint: str = typer.Argument(..., help="SHA256:…"), operator: str = _OPERATOR) -> None:
    """Revoke a key for good; a session that is open with it gets no further file."""
    from app.access.audit import record_command
    from app.access.sftp_keys import revoke_sftp_key

    async def work(connection: "Connection") -> None:
        is_new = await revoke_sftp_key(connection, fingerprint, by=operator)
        await record_command(connection, operator, "sftp-keys revoke", fingerprint)
        typer.echo(f"key {fingerprint}: {'revoked' if is_new else 'no good key has this fingerprint'}")

    on_keys(work)


@app.command()
def new_host_key() -> None:
    """Make a host key: the value of MEDSETTLE_SFTP_HOST_KEY, and what banks put into their known_hosts."""
    from app.access.sftp_keys import read_public_key
    from app.sftp.host_key import public_line, read_host_key
    from app.signing import new_entry

    entry = new_entry("Ed25519")
    line = public_line(read_host_key(entry))
    typer.echo(entry)
    typer.echo(f"{line}\n{read_public_key(line).fingerprint}", err=True)
