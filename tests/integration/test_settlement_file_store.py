"""Settlement files as they are found and read: only written ones, any piece of them, without holding a connection."""

import os
from datetime import timedelta

import pytest
from app.clearing.files.store import (
    CHUNK_BYTES,
    File,
    digest_file,
    list_files,
    page_query,
    read_file,
    stream_content,
    successors,
)
from app.codes import Code
from app.database import Connection, Pool, open_pool, transaction
from app.errors import Refused
from tests.builders import HOSPITAL, Database
from tests.clearing_days import yesterday
from tests.settlement_files import KEYS, add_file, draw_file, write_content

CONTENT = os.urandom(2 * CHUNK_BYTES + 5)


async def read(pool: Pool, file: File, start: int, stop: int) -> bytes:
    return b"".join([piece async for piece in stream_content(pool, file, start, stop)])


async def listed(pool: Pool, **sought: object) -> list[str]:
    async with transaction(pool) as connection:
        return [file.file_id for file in await list_files(connection, **sought)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("start", "stop"),
    [
        (0, len(CONTENT)),
        (0, 1),
        (CHUNK_BYTES - 1, CHUNK_BYTES + 1),
        (CHUNK_BYTES, 2 * CHUNK_BYTES),
        (2 * CHUNK_BYTES + 4, len(CONTENT)),
        (7, 7),
    ],
)
async def test_any_piece_of_a_file_is_read(pool: Pool, start: int, stop: int) -> None:
    file = await add_file(pool, "BANK01", CONTENT)
    assert await read(pool, file, start, stop) == CONTENT[start:stop]


async def test_a_file_of_whole_chunks_and_an_empty_one_are_read(pool: Pool) -> None:
    whole = await add_file(pool, "BANK01", CONTENT[: 2 * CHUNK_BYTES])
    empty = await add_file(pool, "BANK02", b"")
    assert await read(pool, whole, 0, whole.size) == CONTENT[: 2 * CHUNK_BYTES]
    assert await read(pool, empty, 0, 0) == b""


async def test_a_file_that_is_not_written_is_not_there(pool: Pool) -> None:
    file_id = await draw_file(pool, "BANK01")
    with pytest.raises(Refused) as refused:
        async with transaction(pool) as connection:
            await read_file(connection, file_id)
    assert refused.value.code == Code.FILE_UNKNOWN
    assert await listed(pool) == []
    await write_content(pool, file_id, b"now")
    assert await listed(pool) == [file_id]


async def test_files_are_listed_by_bank_day_and_institution_in_pages(pool: Pool) -> None:
    before = yesterday() - timedelta(days=1)
    old = (await add_file(pool, "BANK01", b"1", day=before)).file_id
    own = (await add_file(pool, "BANK01", b"2")).file_id
    other = (await add_file(pool, "BANK02", b"3")).file_id
    details = (await add_file(pool, "BANK01", b"4", kind="detail_csv", institution=HOSPITAL)).file_id
    assert await listed(pool) == sorted([old, own, other, details])
    assert await listed(pool, bank="BANK01") == [old, *sorted([own, details])]
    assert await listed(pool, bank="BANK01", day=before) == [old]
    assert await listed(pool, institution=HOSPITAL) == [details]
    assert await listed(pool, after=old, limit=1) == [details]
    assert await listed(pool, newest_first=True) == sorted([old, own, other, details], reverse=True)
    assert await listed(pool, bank="BANK01", newest_first=True, after=details) == [old]


async def test_the_newest_version_is_named_for_the_older_ones(pool: Pool) -> None:
    first, second, third = [await add_file(pool, "BANK01", b"x", version=version) for version in (1, 2, 3)]
    await draw_file(pool, "BANK01", version=4)
    alone = await add_file(pool, "BANK02", b"x")
    async with transaction(pool) as connection:
        found = await successors(connection, [first, second, third, alone])
    assert found == {first.file_id: third.file_id, second.file_id: third.file_id}


async def test_the_digest_file_is_what_sha256sum_prints_and_what_is_signed(pool: Pool) -> None:
    file = await add_file(pool, "BANK01", b"hello")
    digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    assert digest_file(file) == f"{digest}  {file.file_id}\n".encode()
    assert file.signature is not None
    assert KEYS.published[0].verifies(file.signature, digest_file(file))
    assert not KEYS.published[0].verifies(file.signature, digest_file(file._replace(sha256=bytes(32))))


async def test_readers_that_stand_still_hold_no_connection(database: Database) -> None:
    async with await open_pool(database.app_url, size_max=1, application_name="tests") as pool:
        file = await add_file(pool, "BANK01", CONTENT)
        readers = [stream_content(pool, file, 0, file.size) for _ in range(5)]
        firsts = [await anext(reader) for reader in readers]
        assert firsts == 5 * [CONTENT[:CHUNK_BYTES]]
        assert await pool.fetchval("SELECT 1") == 1


@pytest.mark.parametrize("harm", ["DELETE FROM {} WHERE chunk_no = 1", "UPDATE {} SET content = '' WHERE chunk_no = 1"])
async def test_a_file_that_lost_bytes_is_not_read_short(pool: Pool, owner: Connection, harm: str) -> None:
    file = await add_file(pool, "BANK01", CONTENT)
    await owner.execute(harm.format("clearing.file_chunks"))
    with pytest.raises(ValueError, match="chunk 1"):
        await read(pool, file, 0, file.size)


@pytest.mark.parametrize(
    ("sought", "index"),
    [
        ({"bank": "B00007"}, "files_of_bank"),
        ({"institution": HOSPITAL}, "files_of_institution"),
        ({"bank": "B00007", "business_day": yesterday()}, "file_drawn_once"),
    ],
)
@pytest.mark.parametrize("newest_first", [False, True])
async def test_a_page_of_one_owner_is_read_by_an_index_of_its_files(
    pool: Pool, owner: Connection, sought: dict[str, object], index: str, newest_first: bool
) -> None:
    for number in range(200):
        for day in (1, 2):
            await draw_file(pool, f"B{number:05}", day=yesterday() - timedelta(days=day - 1))
    await draw_file(pool, "B00007", kind="detail_csv", institution=HOSPITAL)
    await owner.execute("UPDATE clearing.files SET written_at = now(), size = 0, sha256 = ''")
    await owner.execute("ANALYZE clearing.files")
    statement, values = page_query(sought, "", 100, newest_first=newest_first)
    plan = await pool.fetch(f"EXPLAIN {statement}", *values)
    assert index in "\n".join(row[0] for row in plan)
