"""Settlement files at the command line, and as the scheduler writes them alone."""

from typing import Any

import pytest
from app.database import Pool
from tests.builders import HOSPITAL, PHARMACY, Database, payment
from tests.clearing_days import open_places, post_yesterday, seal, yesterday
from tests.commands import medsettle, running
from tests.filing import names, tell_bank, tell_banks, write
from tests.harness import eventually
from tests.settlement_files import SIGNING_KEY


def _said(database: Database, *words: str) -> tuple[int, str]:
    done = medsettle(*words, on=database, MEDSETTLE_SIGNING_KEY=SIGNING_KEY)
    return done.returncode, done.stdout.replace(f"{yesterday():%Y%m%d}", "DAY").replace(str(yesterday()), "day")


@pytest.fixture
async def sealed(pool: Pool, database: Database) -> Pool:
    """Yesterday, sealed; BANK02 has no terms."""
    await open_places(pool)
    await tell_bank(pool, "BANK01")
    await post_yesterday(pool, payment(amount=3_000), payment(institution=PHARMACY, amount=70))
    await seal(database)
    return pool


async def test_an_operator_files_terms_and_writes_the_files(sealed: Pool, database: Database) -> None:
    day = str(yesterday())
    held = "held over: bank BANK02 with 1 lines of 0.70 yuan; it has no terms: medsettle clearing bank\n"
    assert _said(database, "files", "write", day) == (0, f"day is sealed: 4 files written\n{held}")
    code, said = _said(database, "files", "list", day)
    assert (code, said.count("BANK01_"), said.endswith(held)) == (0, 4, True)
    options = (
        "--form", "pain.001", "--name", "银行", "--number", "102", "--payer-name", "医保局", "--payer-account", "6200",
        "--operator", "c1",
    )  # fmt: skip
    assert _said(database, "clearing", "bank", "BANK02", *options) == (
        0, "bank BANK02 is told by pain.001 in UTF-8 from now on\n",
    )  # fmt: skip
    assert _said(database, "files", "write", day) == (0, "day is filed: 4 files written\n")
    assert _said(database, "files", "rebuild", day, "BANK02", "--operator", "c1") == (
        0, "day is filed: 2 files written\n",
    )  # fmt: skip
    assert "BANK02_payment_v2.xml" in await names(sealed)
    code, said = _said(database, "clearing", "list")
    assert "bank BANK02, 银行 102: pain.001 in UTF-8, paid out of 6200 of 医保局, filed by c1" in said


async def test_one_stored_file_is_proved_by_name(sealed: Pool, owner: Any, database: Database) -> None:
    await write(database)
    name = f"{yesterday():%Y%m%d}_BANK01_payment_v1.txt"
    code, said = _said(database, "files", "verify", name)
    assert (code, said.splitlines()[-1]) == (0, "the file is whole")
    await owner.execute("UPDATE clearing.files SET signature = set_byte(signature, 0, get_byte(signature, 0) # 1)")
    code, said = _said(database, "files", "verify", name)
    assert (code, said.splitlines()[-1]) == (1, "BROKEN: its signature is not over its digest")
    await owner.execute("DELETE FROM clearing.file_chunks; UPDATE clearing.lines SET amount = 1 WHERE bank = 'BANK01'")
    code, said = _said(database, "files", "verify", name)
    assert (code, said.count("BROKEN")) == (1, 3)


@pytest.mark.processes
async def test_the_scheduler_writes_files_after_the_seal_and_when_terms_are_filed(
    pool: Pool, database: Database
) -> None:
    await open_places(pool)
    await tell_bank(pool, "BANK01")
    await post_yesterday(pool, payment(amount=3_000), payment(institution=PHARMACY, amount=70))

    async def first_bank_is_told() -> bool:
        return f"BANK01_detail_{HOSPITAL}_v1.csv.gz" in await names(pool) and "BANK01_manifest_v1.json" in await names(
            pool
        )

    async def filed() -> bool:
        return bool(await pool.fetchval("SELECT EXISTS (SELECT FROM clearing.business_days WHERE state = 'filed')"))

    with running("scheduler", on=database, MEDSETTLE_SIGNING_KEY=SIGNING_KEY) as scheduler:
        await eventually(first_bank_is_told)
        assert not await filed()
        await tell_banks(pool)
        await eventually(filed)
        assert scheduler.stop() == 0
