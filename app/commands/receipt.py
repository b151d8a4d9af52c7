"""`medsettle receipt …`: give a receipt, verify one without any service, and the keys for it."""

from enum import StrEnum
from pathlib import Path

import typer

from app.commands.running import outside_settings, run

app = typer.Typer(no_args_is_help=True, help="Receipts that prove a transaction offline, and their keys.")


class _Algorithm(StrEnum):
    ED25519 = "Ed25519"
    SM2 = "SM2"


@app.command()
def verify(
    file: Path = typer.Argument(help="The receipt", exists=True, dir_okay=False),
    key: Path = typer.Option(help="PEM of the public key, or of several", exists=True, dir_okay=False),
) -> None:
    """Verify a receipt with a published key; exit 1 and name the check that failed. Needs no service."""
    import orjson

    from app.errors import UsageError
    from app.settlement.receipt_check import verify_receipt
    from app.signing import read_public_keys

    try:
        keys = read_public_keys(key.read_text(encoding="ascii"))
    except UnicodeDecodeError:
        raise UsageError(f"{key} is no PEM file.") from None
    receipt = verify_receipt(file.read_bytes(), keys)
    outcome, batch = orjson.loads(bytes(receipt.outcome)), receipt.batch
    typer.echo(
        f"Genuine. {outcome['institution']} {outcome['message_id']}: {outcome['kind']} of {outcome['amount']:,} fen "
        f"{outcome['status']} ({outcome['code']}) at {outcome['settled_at']}, business day {outcome['business_day']}.\n"
        f"Proved: its outcome follows from its record, which stands at position {receipt.position} of the {batch.size} "
        f"in batch {batch.batch_id} of the hash chain, signed by {receipt.signature.algorithm} key "
        f"{receipt.signature.key_id}."
    )


@app.command()
def get(institution: str, message_id: str) -> None:
    """Print the receipt of a transaction as JSON; reads the database of the settings."""
    from app.database import open_pool, transaction
    from app.errors import UsageError
    from app.settlement.messages import message_key
    from app.settlement.receipt_desk import ReceiptDesk
    from app.signing import read_keys

    settings = outside_settings(kafka=False)
    desk = ReceiptDesk(read_keys(settings.signing_key, settings.retired_signing_keys))

    async def work() -> None:
        url = settings.database_url.get_secret_value()
        async with (
            await open_pool(url, size_max=1, application_name="medsettle receipt") as pool,
            transaction(pool) as connection,
        ):
            found = await desk.receipt_of(connection, message_key(institution, message_id))
        if found is None:
            raise UsageError("No transaction is recorded under this institution and message id.")
        typer.echo(found[0])

    run(work())


@app.command()
def key() -> None:
    """Print the public key of MEDSETTLE_SIGNING_KEY as PEM."""
    from app.config import settings
    from app.errors import UsageError
    from app.signing import read_keys

    current = read_keys(settings().signing_key, "").current
    if current is None:
        raise UsageError("Set MEDSETTLE_SIGNING_KEY; `medsettle receipt new-key` makes one.")
    typer.echo(current.public.pem, nl=False)


@app.command()
def new_key(algorithm: _Algorithm = typer.Option(_Algorithm.ED25519, help="SM2 needs the extra `sm`")) -> None:
    """Print a fresh entry for MEDSETTLE_SIGNING_KEY; it is kept nowhere else."""
    from app.signing import new_entry

    typer.echo(new_entry(algorithm.value))
