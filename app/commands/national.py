"""`medsettle national …`: whose requests of the national interface must be signed, and by which key."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from app.commands.desk import decide

if TYPE_CHECKING:
    from app.config import Settings
    from app.database import Connection

app = typer.Typer(no_args_is_help=True, help="Signatures of the national interface.")

_INSTITUTION = typer.Argument(..., help="fixmedins_code")


@app.command(name="require-signature")
def require_signature(
    institution: str = _INSTITUTION,
    key: Path = typer.Option(..., help="PEM of its SM2 public key", exists=True, dir_okay=False),
    operator: str = typer.Option(..., help="The clerk's id; recorded with the change"),
) -> None:
    """From now on take an institution's requests only with its signature. In force within seconds."""
    from app.errors import UsageError
    from app.national.signers import set_signer
    from app.signing import read_public_keys

    [public, *others] = read_public_keys(key.read_text(encoding="ascii", errors="replace"))
    if others or public.algorithm != "SM2":
        raise UsageError(f"{key} is not one public key of SM2.")

    async def work(connection: "Connection", _: "Settings") -> str:
        known = await connection.fetchval("SELECT true FROM parties.institutions WHERE institution = $1", institution)
        if not known:
            raise UsageError("No institution has this code.")
        await set_signer(connection, institution, public, set_by=operator)
        return f"requests of {institution} are signed by key {public.key_id}"

    decide(work)


@app.command(name="waive-signature")
def waive_signature(institution: str = _INSTITUTION) -> None:
    """Take its requests without a signature again."""
    from app.national.signers import remove_signer

    async def work(connection: "Connection", _: "Settings") -> str:
        was_there = await remove_signer(connection, institution)
        return f"requests of {institution} need no signature" + ("" if was_there else ", as before")

    decide(work)
