"""What banks are told of a sealed day: their payment file, details, a manifest; and the day that is filed by them."""

import csv
import gzip
import io
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from app.clearing.files.drawing import HeldBank
from app.clearing.files.store import digest_file
from app.clearing.files.terms import file_terms
from app.clearing.files.writing import days_to_file, write_files
from app.codes import Code
from app.database import Pool, transaction
from app.errors import Refused
from app.signing import SigningKeys
from app.verify import verify
from tests.builders import HOSPITAL, MIDNIGHT, PHARMACY, Database, follow_up, payment
from tests.clearing_days import lines, make_day, open_places, positions, post_on, post_yesterday, seal, today, yesterday
from tests.filing import content_of, file_named, names, rebuild, tell_bank, tell_banks, terms, write
from tests.settlement_files import KEYS

_DAY = """
SELECT value_date, day_hash FROM clearing.business_days JOIN clearing.seals USING (business_day) WHERE business_day = $1
"""
_TEXT, _XML = "BANK01_payment_v1.txt", "BANK02_payment_v1.xml"


@pytest.fixture
async def sealed(pool: Pool, database: Database) -> Pool:
    """Yesterday, sealed: HOSPITAL is paid 3,000 fen by BANK01 and PHARMACY 70 by BANK02."""
    await open_places(pool)
    await post_yesterday(pool, payment(amount=3_000), payment(institution=PHARMACY, amount=70))
    await seal(database)
    return pool


@pytest.fixture
async def told(sealed: Pool) -> Pool:
    """The same, and both banks have terms."""
    await tell_banks(sealed)
    return sealed


async def test_a_sealed_day_is_filed_when_each_bank_has_its_files(told: Pool, database: Database) -> None:
    filing = await write(database)
    assert (filing.state, filing.files, filing.held) == ("filed", 8, [])
    assert await names(told) == [
        f"BANK01_detail_{HOSPITAL}_v1.csv.gz", f"BANK01_detail_{HOSPITAL}_v1.parquet",
        "BANK01_manifest_v1.json", _TEXT,
        f"BANK02_detail_{PHARMACY}_v1.csv.gz", f"BANK02_detail_{PHARMACY}_v1.parquet",
        "BANK02_manifest_v1.json", _XML,
    ]  # fmt: skip
    assert (await verify(database.app_url)).violations == []


async def test_a_text_file_tells_a_bank_its_lines_between_a_head_and_a_trailer(told: Pool, database: Database) -> None:
    await write(database)
    [(value_date, day_hash)] = await told.fetch(_DAY, yesterday())
    content = await content_of(told, _TEXT)
    head, line, trailer = content.decode().splitlines()
    assert head.split("|") == [
        "H", f"{yesterday():%Y%m%d}_{_TEXT}", str(yesterday()), str(value_date), "BANK01", "1", "UTF-8",
        "测试市医疗保障局", "6200000000000001", "1", "3000", "0", day_hash.hex(),
    ]  # fmt: skip
    assert line == f"L|{yesterday():%Y%m%d}-0000001|C|3000|{HOSPITAL}|62{HOSPITAL}|{HOSPITAL}|"
    assert trailer == f"T|1|3000|0|3000|{sha256(content[: content.rindex(b'T|')]).hexdigest()}"


async def test_details_tell_an_institution_s_transactions_and_no_person(pool: Pool, database: Database) -> None:
    await open_places(pool)
    await tell_banks(pool)
    paid = payment(amount=3_000, med_type="11")
    await post_yesterday(pool, paid, payment(amount=5, short_balance="decline", person_no="P2"))
    await post_yesterday(pool, follow_up("refund", paid, amount=1_000), payment(person_no="NOBODY"))
    await seal(database)
    await write(database)
    packed = await content_of(pool, f"BANK01_detail_{HOSPITAL}_v1.csv.gz")
    rows = list(csv.DictReader(io.StringIO(gzip.decompress(packed).decode())))
    first = rows[0]
    assert (first["message_id"], first["kind"], first["clearing_type"]) == (paid.message_id, "payment", "11")
    assert [int(row["amount"]) for row in rows] == [3_000, 5, -1_000]
    assert "P1" not in gzip.decompress(packed).decode()
    table = pq.read_table(io.BytesIO(await content_of(pool, f"BANK01_detail_{HOSPITAL}_v1.parquet")))
    assert [{name: str(value) for name, value in row.items()} for row in table.to_pylist()] == rows
    [(_, day_hash)] = await pool.fetch(_DAY, yesterday())
    assert table.schema.metadata[b"medsettle.day_hash"].decode() == day_hash.hex()


async def test_a_manifest_lists_every_file_of_its_bank_with_digest_and_sums(told: Pool, database: Database) -> None:
    await write(database)
    manifest = orjson.loads(await content_of(told, "BANK01_manifest_v1.json"))
    [(value_date, day_hash)] = await told.fetch(_DAY, yesterday())
    assert (manifest["bank"], manifest["value_date"], manifest["day_hash"]) == (
        "BANK01", str(value_date), day_hash.hex(),
    )  # fmt: skip
    assert [entry["file_id"].partition("_")[2] for entry in manifest["files"]] == [
        f"BANK01_detail_{HOSPITAL}_v1.csv.gz", f"BANK01_detail_{HOSPITAL}_v1.parquet", _TEXT,
    ]  # fmt: skip
    for entry in manifest["files"]:
        assert entry["sha256"] == sha256(await content_of(told, entry["file_id"].partition("_")[2])).hexdigest()
        assert (entry["credit_count"], entry["credits"]) == (1, 3_000)


async def test_a_changed_byte_fails_the_check_that_banks_are_told_of(
    told: Pool, database: Database, tmp_path: Path
) -> None:
    """By the very commands of docs/contract/settlement-file.md."""
    await write(database)
    file = await file_named(told, _TEXT)
    assert KEYS.current is not None
    assert file.signature is not None
    (tmp_path / file.file_id).write_bytes(await content_of(told, _TEXT))
    (tmp_path / f"{file.file_id}.sha256").write_bytes(digest_file(file))
    (tmp_path / f"{file.file_id}.sig").write_bytes(file.signature)
    (tmp_path / "key.pem").write_text(KEYS.current.public.pem)
    assert _checked(tmp_path, file.file_id) == 0
    for name in (file.file_id, f"{file.file_id}.sha256", f"{file.file_id}.sig"):
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
        assert _checked(tmp_path, file.file_id) != 0
        (tmp_path / name).write_bytes(whole)


def _checked(folder: Path, name: str) -> int:
    command = (
        f"sha256sum -c {name}.sha256 && openssl pkeyutl -verify -pubin -inkey key.pem -rawin"
        f" -in {name}.sha256 -sigfile {name}.sig"
    )
    return subprocess.run(["/bin/sh", "-c", command], cwd=folder, capture_output=True, check=False).returncode


# Once, and by one


async def test_writing_again_changes_nothing(told: Pool, database: Database) -> None:
    await write(database)
    before = await told.fetch("SELECT * FROM clearing.files ORDER BY file_id")
    filing = await write(database)
    assert (filing.state, filing.files) == ("filed", 0)
    assert await told.fetch("SELECT * FROM clearing.files ORDER BY file_id") == before


async def test_what_is_sealed_is_to_be_filed_until_it_is(told: Pool, database: Database) -> None:
    async with transaction(told) as connection:
        assert await days_to_file(connection) == [yesterday()]
    await write(database)
    async with transaction(told) as connection:
        assert await days_to_file(connection) == []


async def test_a_day_that_is_not_sealed_has_no_files(told: Pool, database: Database) -> None:
    with pytest.raises(Refused) as refused:
        await write(database, today())
    assert refused.value.code == Code.DAY_NOT_SEALED


async def test_without_a_key_no_file_goes_out(told: Pool, database: Database) -> None:
    with pytest.raises(Refused) as refused:
        await write_files(database.app_url, MIDNIGHT, yesterday(), SigningKeys(None, ()))
    assert refused.value.code == Code.SIGNING_KEY_MISSING
    assert await names(told) == []
    assert (await write(database)).state == "filed"


async def test_a_day_without_lines_is_filed_at_once(pool: Pool, owner: Any, database: Database) -> None:
    await open_places(pool)
    await make_day(owner, yesterday())
    await seal(database)
    assert (await write(database)).state == "filed"


# What does not go out


async def test_a_bank_without_terms_is_held_over_and_the_others_are_told(sealed: Pool, database: Database) -> None:
    await tell_bank(sealed, "BANK02")
    filing = await write(database)
    assert (filing.state, filing.held) == ("sealed", [HeldBank("BANK01", "no_terms", 1, 3_000)])
    assert {name[:6] for name in await names(sealed)} == {"BANK02"}
    await tell_bank(sealed, "BANK01", encoding="GBK")
    filing = await write(database)
    assert (filing.state, filing.held) == ("filed", [])
    assert b"|GBK|" in await content_of(sealed, _TEXT)


@pytest.mark.parametrize("change", ["state = 'blocked'", "payee_account = ''"])
async def test_one_bad_institution_does_not_hold_up_the_files(
    pool: Pool, owner: Any, database: Database, change: str
) -> None:
    """moov-io/achgateway#373: one bad record aborts a whole cut-off. Here its details go out, and all that is paid."""
    await open_places(pool)
    await tell_banks(pool)
    await post_yesterday(pool, payment(amount=3_000), payment(institution=PHARMACY, amount=70))
    await owner.execute(f"UPDATE parties.institutions SET {change} WHERE institution = $1", HOSPITAL)
    await seal(database)
    assert (await write(database)).state == "filed"
    assert [name for name in await names(pool) if "payment" in name] == [_XML]
    assert f"BANK01_detail_{HOSPITAL}_v1.csv.gz" in await names(pool)
    assert (await verify(database.app_url)).violations == []


async def test_a_file_whose_lines_are_not_those_that_were_drawn_is_left_and_the_others_go_out(
    told: Pool, owner: Any, database: Database
) -> None:
    await owner.execute("ALTER TABLE clearing.files ADD CONSTRAINT planted CHECK (written_at IS NULL)")
    with pytest.raises(Exception, match="planted"):
        await write(database)
    await owner.execute("ALTER TABLE clearing.files DROP CONSTRAINT planted")
    await owner.execute("UPDATE clearing.lines SET amount = 1 WHERE bank = 'BANK01'")
    with pytest.raises(Refused, match="BANK01_payment") as refused:
        await write(database)
    assert refused.value.code == Code.JOURNAL_BROKEN
    assert _TEXT not in await names(told)
    assert _XML in await names(told)


async def test_pain_001_cannot_collect_so_a_negative_net_is_carried(pool: Pool, owner: Any, database: Database) -> None:
    await open_places(pool)
    await owner.execute(
        "INSERT INTO clearing.netting_rules VALUES ('', '1980-01-01', 'collected', 'c1', '1970-01-01Z')"
    )
    await tell_bank(pool, "BANK01", form="pain.001")
    day = await _net_of_hospital_is_negative(pool, owner, database)
    found = (await positions(pool, day))[HOSPITAL]
    assert (found["held"], found["paid"], found["carried_out"]) == ("negative", 0, -500)


async def test_lines_to_collect_are_not_told_in_a_form_that_can_only_pay(
    pool: Pool, owner: Any, database: Database
) -> None:
    """The bank changed its form between seal and files."""
    await open_places(pool)
    await owner.execute(
        "INSERT INTO clearing.netting_rules VALUES ('', '1980-01-01', 'collected', 'c1', '1970-01-01Z')"
    )
    await tell_bank(pool, "BANK01")
    await _net_of_hospital_is_negative(pool, owner, database)
    await tell_bank(pool, "BANK01", form="pain.001")
    assert (await write(database)).held == [HeldBank("BANK01", "cannot_collect", 1, -500)]
    await tell_bank(pool, "BANK01")
    assert (await write(database)).state == "filed"
    assert b"|D|500|" in await content_of(pool, _TEXT)


async def _net_of_hospital_is_negative(pool: Pool, owner: Any, database: Database) -> Any:
    before = await pool.fetchval("SELECT $1::date - 1", yesterday())
    await make_day(owner, before)
    paid = payment(amount=3_000)
    await post_on(pool, before, paid)
    await seal(database, before)
    await post_yesterday(pool, follow_up("refund", paid, amount=500))
    await seal(database)
    return yesterday()


# A further version


async def test_a_file_of_a_day_is_built_again_by_the_last_terms(told: Pool, database: Database) -> None:
    """moov-io/paygate#588: rebuild a window's file. The old version stays, the line ids too."""
    await write(database)
    before = await content_of(told, _TEXT)
    await tell_bank(told, "BANK01", encoding="GBK", payer_account="6211")
    filing = await rebuild(database)
    assert (filing.state, filing.files) == ("filed", 2)
    again = (await content_of(told, "BANK01_payment_v2.txt")).decode("gbk").splitlines()
    assert again[0].split("|")[5:9] == ["2", "GBK", "测试市医疗保障局", "6211"]
    assert again[1] == before.decode().splitlines()[1]
    assert await content_of(told, _TEXT) == before
    listed = [entry["file_id"] for entry in orjson.loads(await content_of(told, "BANK01_manifest_v2.json"))["files"]]
    assert [name.partition("_")[2] for name in listed if "payment" in name] == ["BANK01_payment_v2.txt"]
    assert len(await lines(told)) == 2
    assert (await verify(database.app_url)).violations == []


async def test_a_file_that_was_acknowledged_is_not_built_again(told: Pool, owner: Any, database: Database) -> None:
    await write(database)
    await owner.execute(
        "WITH taken AS (INSERT INTO clearing.acknowledgments (file_id, form, sha256, content, code, received_by)"
        " SELECT file_id, 'text', sha256(''), '', 'ok', 'b1' FROM clearing.files WHERE file_id LIKE '%BANK01_payment%'"
        " RETURNING ack_id) INSERT INTO clearing.line_results SELECT business_day, 1, 'paid', '', '', ack_id"
        " FROM taken, clearing.seals"
    )
    with pytest.raises(Refused) as refused:
        await rebuild(database)
    assert refused.value.code == Code.FILE_ACKNOWLEDGED
    assert (await rebuild(database, "BANK02")).files == 2


async def test_what_was_never_written_is_not_built_again(told: Pool, database: Database) -> None:
    with pytest.raises(Refused) as refused:
        await rebuild(database)
    assert refused.value.code == Code.FILE_UNKNOWN


# Terms


@pytest.mark.parametrize(
    ("field", "overrides"),
    [
        ("/bank", {"bank": "A|B"}),
        ("/bank_no", {"bank_no": ""}),
        ("/payer_name", {"payer_name": "a|b"}),
        ("/payer_account", {"payer_account": "62 00"}),
        ("/encoding", {"form": "pain.001", "encoding": "GBK"}),
        ("/encoding", {"encoding": "GBK", "payer_name": "🏥"}),
    ],
)  # fmt: skip
async def test_terms_that_no_file_could_be_made_of_are_refused(
    pool: Pool, field: str, overrides: dict[str, str]
) -> None:
    with pytest.raises(Refused) as refused:
        async with transaction(pool) as connection:
            await file_terms(connection, terms(**overrides), clerk="c1")
    assert (refused.value.code, refused.value.pointer) == (Code.INVALID_FIELD, field)
