"""Banks with terms, and files as the service writes them of sealed days."""

from datetime import date
from typing import Any

from app.clearing.files.store import File, list_files, read_file, stream_content
from app.clearing.files.terms import Terms, file_terms
from app.clearing.files.writing import Filing, rebuild_payment, write_files
from app.database import Pool, transaction
from tests.builders import MIDNIGHT, Database
from tests.clearing_days import yesterday
from tests.settlement_files import KEYS


def terms(bank: str = "BANK01", **overrides: Any) -> Terms:
    """Terms of a bank that reads text in UTF-8."""
    fields: dict[str, Any] = {
        "bank": bank,
        "form": "text",
        "encoding": "UTF-8",
        "bank_name": f"Bank {bank}",
        "bank_no": "102100099996",
        "payer_name": "测试市医疗保障局",
        "payer_account": "6200000000000001",
    }
    return Terms(**{**fields, **overrides})


async def tell_bank(pool: Pool, bank: str, **overrides: Any) -> None:
    async with transaction(pool) as connection:
        await file_terms(connection, terms(bank, **overrides), clerk="c1")


async def tell_banks(pool: Pool) -> None:
    """File terms of both banks of `open_places`: BANK01 reads text, BANK02 pain.001."""
    await tell_bank(pool, "BANK01")
    await tell_bank(pool, "BANK02", form="pain.001")


async def write(database: Database, day: date | None = None) -> Filing:
    """Write the files of a sealed day, yesterday by default."""
    return await write_files(database.app_url, MIDNIGHT, day or yesterday(), KEYS)


async def content_of(pool: Pool, name: str, day: date | None = None) -> bytes:
    """The bytes of a file, by default of yesterday."""
    file = await file_named(pool, name, day)
    return b"".join([piece async for piece in stream_content(pool, file, 0, file.size)])


async def rebuild(database: Database, bank: str = "BANK01") -> Filing:
    """Write a further version of a bank's payment file of yesterday."""
    return await rebuild_payment(database.app_url, MIDNIGHT, yesterday(), bank, KEYS, operator="c1")


async def names(pool: Pool, bank: str | None = None) -> list[str]:
    """Of the written files, without the day."""
    async with transaction(pool) as connection:
        return [file.file_id.partition("_")[2] for file in await list_files(connection, bank=bank)]


async def file_named(pool: Pool, name: str, day: date | None = None) -> File:
    """A file, by default of yesterday, by its name without the day."""
    async with transaction(pool) as connection:
        return await read_file(connection, f"{day or yesterday():%Y%m%d}_{name}")
