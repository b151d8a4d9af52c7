"""What banks are told of a sealed day: payment files in their form, and the day that is filed by them."""

from hashlib import sha256

import pytest
from app.clearing.files.store import list_files
from app.database import Pool
from tests.builders import HOSPITAL, PHARMACY, Database, payment
from tests.clearing_days import open_places, post_yesterday, seal, yesterday
from tests.filing import content_of, tell_banks, write

_DAY = """
SELECT value_date, day_hash FROM clearing.business_days JOIN clearing.seals USING (business_day) WHERE business_day = $1
"""


@pytest.fixture
async def sealed(pool: Pool, database: Database) -> Pool:
    """Yesterday, sealed: HOSPITAL is paid 3,000 fen by BANK01 and PHARMACY 70 by BANK02."""
    await open_places(pool)
    await post_yesterday(pool, payment(amount=3_000), payment(institution=PHARMACY, amount=70))
    await seal(database)
    return pool


async def _state(pool: Pool) -> str:
    return str(await pool.fetchval("SELECT state FROM clearing.business_days WHERE business_day = $1", yesterday()))


async def test_a_sealed_day_is_filed_when_each_bank_has_its_files(sealed: Pool, database: Database) -> None:
    await tell_banks(sealed)
    filing = await write(database)
    assert (filing.state, filing.files, filing.held) == ("filed", 8, [])
    assert await _state(sealed) == "filed"
    async with sealed.acquire() as connection:
        names = [file.file_id.removeprefix(f"{yesterday():%Y%m%d}_") for file in await list_files(connection)]
    assert names == [
        f"BANK01_detail_{HOSPITAL}_v1.csv.gz", f"BANK01_detail_{HOSPITAL}_v1.parquet",
        "BANK01_manifest_v1.json", "BANK01_payment_v1.txt",
        f"BANK02_detail_{PHARMACY}_v1.csv.gz", f"BANK02_detail_{PHARMACY}_v1.parquet",
        "BANK02_manifest_v1.json", "BANK02_payment_v1.xml",
    ]  # fmt: skip


async def test_a_text_file_tells_a_bank_its_lines_between_a_head_and_a_trailer(
    sealed: Pool, database: Database
) -> None:
    await tell_banks(sealed)
    await write(database)
    name = f"{yesterday():%Y%m%d}_BANK01_payment_v1.txt"
    content = await content_of(sealed, name)
    head, line, trailer = content.decode().splitlines()
    value_date, day_hash = (await sealed.fetch(_DAY, yesterday()))[0]
    assert head.split("|") == [
        "H",
        name,
        str(yesterday()),
        str(value_date),
        "BANK01",
        "1",
        "UTF-8",
        "测试市医疗保障局",
        "6200000000000001",
        "1",
        "3000",
        "0",
        day_hash.hex(),
    ]
    assert line == f"L|{yesterday():%Y%m%d}-0000001|C|3000|{HOSPITAL}|62{HOSPITAL}|{HOSPITAL}|"
    assert trailer == f"T|1|3000|0|3000|{sha256(content[: content.rindex(b'T|')]).hexdigest()}"
