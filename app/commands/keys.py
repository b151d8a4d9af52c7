"""`medsettle keys …`: the keys under which personal data is sealed."""

from typing import TYPE_CHECKING

import typer

from app.commands.running import outside_settings, run

if TYPE_CHECKING:
    from app.parties.vault import Vault

app = typer.Typer(no_args_is_help=True, help="Make keys of personal data, and bring data under a new one.")


@app.command()
def new() -> None:
    """Print a fresh entry for MEDSETTLE_DATA_KEYS; it is kept nowhere else. Needs no database."""
    from app.config import settings
    from app.parties.vault import Vault, new_entry

    typer.echo(new_entry(max(Vault.of(settings().data_keys).key_ids, default=0) + 1))


@app.command()
def show() -> None:
    """How much personal data stands under each key."""
    run(_work(rotating=False))


@app.command()
def rotate() -> None:
    """Bring everything under the current key, the first of the ring, beside live traffic; may be run again.

    Exits 1 while something is left under another key.
    """
    run(_work(rotating=True))


async def _work(*, rotating: bool) -> None:
    from app.database import connect
    from app.parties import key_rotation
    from app.parties.vault import Vault
    from app.progress import shown
    from app.settlement.dead_letter_register import letters_by_key, reseal

    settings = outside_settings(kafka=False)
    vault = Vault.of(settings.data_keys)
    connection = await connect(settings.database_url.get_secret_value(), application_name="medsettle keys")
    try:
        if rotating:
            with shown() as progress:
                uses = await key_rotation.rotate(connection, vault, progress)
                await reseal(connection, vault, progress)
        else:
            uses = await key_rotation.uses_of_keys(connection)
        letters = await letters_by_key(connection)
    finally:
        await connection.close()
    used = {use.key_id: (use.persons, use.injuries) for use in uses}
    counts = {key_id: (*used.get(key_id, (0, 0)), letters.get(key_id, 0)) for key_id in sorted({*used, *letters})}
    _tell(vault, counts)
    if rotating and any(key_id != vault.current.key_id for key_id in counts):
        raise typer.Exit(1)


def _tell(vault: "Vault", counts: dict[int, tuple[int, int, int]]) -> None:
    for key_id, (persons, injuries, letters) in counts.items():
        place = "current" if key_id in vault.key_ids[:1] else "older" if key_id in vault.key_ids else "missing"
        typer.echo(f"key {key_id} ({place}): {persons:,} persons, {injuries:,} work injuries, {letters:,} dead letters")
    if not counts:
        typer.echo("no personal data")
