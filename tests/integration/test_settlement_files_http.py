"""Settlement files over HTTP: listed, pulled whole or from where it broke off, verified, by those they are for."""

import asyncio
import hashlib
import os
import secrets
from base64 import b64decode
from collections.abc import AsyncIterator
from datetime import date
from urllib.parse import urlsplit

import httpx
import pytest
from app.access.principal import Role
from app.clearing.files.store import CHUNK_BYTES, File
from app.codes import Code
from app.routes.file_content import DOWNLOADS_MAX
from tests.builders import HOSPITAL, PHARMACY
from tests.harness import House, eventually
from tests.settlement_files import KEYS, add_file, draw_file

CONTENT = os.urandom(3 * CHUNK_BYTES + 17)
# Long past, so that no other test of the house has to do with it.
DAY = date(2020, 1, 6)


@pytest.fixture
async def file(standing: House, bank: str) -> File:
    return await add_file(standing.pool, bank, CONTENT, day=DAY)


@pytest.fixture
async def caller(standing: House, bank: str) -> AsyncIterator[httpx.AsyncClient]:
    async with standing.client(await standing.keys.key(Role.BANK, bank)) as client:
        yield client


def address(file: File) -> str:
    return f"/v1/settlement-files/{file.file_id}/content"


async def audited(house: House, bank: str) -> list[tuple[str, str, int | None]]:
    """Route, target and end of all that the bank's key did."""
    rows = await house.pool.fetch(
        "SELECT route, target, status FROM access.audit_entries LEFT JOIN access.audit_ends USING (entry_id)"
        " WHERE name = $1 ORDER BY entry_id",
        bank,
    )
    return [tuple(row) for row in rows]


async def test_a_file_is_pulled_twice_and_is_the_same(caller: httpx.AsyncClient, file: File) -> None:
    first, again = [await caller.get(address(file)) for _ in range(2)]
    assert first.content == again.content == CONTENT
    assert first.headers["etag"] == again.headers["etag"] == f'"{hashlib.sha256(CONTENT).hexdigest()}"'
    assert first.headers["content-length"] == str(len(CONTENT))
    assert first.headers["accept-ranges"] == "bytes"
    assert first.headers["content-type"] == "application/octet-stream"
    assert first.headers["content-disposition"] == f'attachment; filename="{file.file_id}"'
    assert b64decode(first.headers["repr-digest"][9:-1]) == hashlib.sha256(CONTENT).digest()


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        (f"bytes={CHUNK_BYTES - 2}-{CHUNK_BYTES + 1}", CHUNK_BYTES - 2, CHUNK_BYTES + 2),
        (f"bytes={2 * CHUNK_BYTES}-", 2 * CHUNK_BYTES, len(CONTENT)),
        ("bytes=-5", len(CONTENT) - 5, len(CONTENT)),
        (f"bytes=-{len(CONTENT) + 1}", 0, len(CONTENT)),
        (f"bytes=7-{len(CONTENT) * 2}", 7, len(CONTENT)),
    ],
)
async def test_a_range_is_answered_with_its_bytes(
    caller: httpx.AsyncClient, file: File, asked: str, start: int, stop: int
) -> None:
    answer = await caller.get(address(file), headers={"range": asked})
    assert (answer.status_code, answer.content) == (206, CONTENT[start:stop])
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(CONTENT)}"
    assert answer.headers["content-length"] == str(stop - start)


@pytest.mark.parametrize("asked", ["bytes=5-2", "lines=1-2", "bytes=0-1,4-5", "bytes", "bytes=-0", "bytes=x-"])
async def test_a_range_that_is_none_or_several_is_passed_over(
    caller: httpx.AsyncClient, file: File, asked: str
) -> None:
    answer = await caller.get(address(file), headers={"range": asked})
    assert (answer.status_code, len(answer.content)) == (200, len(CONTENT))


async def test_a_range_behind_the_end_is_refused_and_the_size_told(caller: httpx.AsyncClient, file: File) -> None:
    answer = await caller.get(address(file), headers={"range": f"bytes={len(CONTENT)}-"})
    assert (answer.status_code, answer.json()["code"]) == (416, Code.RANGE_NOT_SATISFIABLE)
    assert answer.headers["content-range"] == f"bytes */{len(CONTENT)}"


async def test_a_range_counts_only_if_the_file_is_the_one_that_was_begun(caller: httpx.AsyncClient, file: File) -> None:
    same = {"range": "bytes=5-9", "if-range": f'"{file.sha256.hex()}"'}
    assert (await caller.get(address(file), headers=same)).content == CONTENT[5:10]
    for other in ('"another"', f'W/"{file.sha256.hex()}"', "Sat, 29 Oct 2050 19:43:31 GMT"):
        answer = await caller.get(address(file), headers={**same, "if-range": other})
        assert (answer.status_code, len(answer.content)) == (200, len(CONTENT))


@pytest.mark.parametrize("tags", ['"{}"', 'W/"{}"', '"x", "{}"', "*"])
async def test_who_has_the_file_is_not_sent_it_again(caller: httpx.AsyncClient, file: File, tags: str) -> None:
    answer = await caller.get(address(file), headers={"if-none-match": tags.format(file.sha256.hex())})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == f'"{file.sha256.hex()}"'
    other = await caller.get(address(file), headers={"if-none-match": '"x"'})
    assert other.status_code == 200


async def test_head_tells_what_a_pull_would_and_sends_nothing(caller: httpx.AsyncClient, file: File) -> None:
    for asked in ({}, {"range": "bytes=5-9"}, {"range": f"bytes={len(CONTENT)}-"}):
        head, pull = [await caller.request(method, address(file), headers=asked) for method in ("HEAD", "GET")]
        told, shown = [
            {name: each.headers.get(name) for name in ("etag", "content-range", "accept-ranges", "repr-digest")}
            for each in (pull, head)
        ]
        assert (head.status_code, head.content, shown) == (pull.status_code, b"", told)
        if pull.is_success:
            assert head.headers["content-length"] == pull.headers["content-length"]


async def test_a_download_that_broke_off_goes_on_where_it_stopped(
    standing: House, caller: httpx.AsyncClient, bank: str
) -> None:
    # More than the sockets between take, so that it does break off.
    content = os.urandom(16 * CHUNK_BYTES)
    file = await add_file(standing.pool, bank, content, day=DAY)
    got = b""
    async with caller.stream("GET", address(file)) as answer:
        tag = answer.headers["etag"]
        async for piece in answer.aiter_raw():
            got += piece
            if len(got) > CHUNK_BYTES:
                break
    assert len(got) < len(content)
    rest = await caller.get(address(file), headers={"range": f"bytes={len(got)}-", "if-range": tag})
    assert rest.status_code == 206
    assert got + rest.content == content
    route, size = "GET /v1/settlement-files/{file_id}/content", len(content)
    cut_off = (route, f"file_id={file.file_id} bytes=0-{size - 1}/{size}", None)
    taken = (route, f"file_id={file.file_id} bytes={len(got)}-{size - 1}/{size}", 206)

    async def both_stand() -> bool:
        return await audited(standing, bank) == [cut_off, taken]

    # The end is written once the last byte was taken.
    await eventually(both_stand)


async def test_readers_that_stand_still_hold_up_nobody_and_one_key_has_no_more_than_a_few(
    standing: House, caller: httpx.AsyncClient, bank: str
) -> None:
    # More than the sockets between take, so that the service must wait for each reader.
    file = await add_file(standing.pool, bank, os.urandom(16 * CHUNK_BYTES), day=DAY, version=2)
    host = urlsplit(standing.installation.base_url)
    key = await standing.keys.key(Role.BANK, bank)
    asked = f"GET {address(file)} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
    still = [await asyncio.open_connection(host.hostname, host.port, limit=1024) for _ in range(DOWNLOADS_MAX)]
    try:
        for reader, writer in still:
            writer.write(asked)
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        refused = await caller.get(address(file))
        assert (refused.status_code, refused.json()["code"]) == (429, Code.RATE_LIMITED)
        assert int(refused.headers["retry-after"]) >= 1
        other = f"B{secrets.token_hex(4).upper()}"
        own = await add_file(standing.pool, other, CONTENT, day=DAY)
        async with standing.client(await standing.keys.key(Role.BANK, other)) as client:
            pulled = await asyncio.gather(*[client.get(address(own)) for _ in range(DOWNLOADS_MAX)])
        assert all(answer.content == CONTENT for answer in pulled)

        # They are let go after a minute and hold no connection till then; the process has short work of its own.
        async def holds_none() -> bool:
            in_transaction = await standing.pool.fetchval(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE application_name = 'medsettle api' AND state LIKE 'idle in transaction%'"
            )
            return bool(in_transaction == 0)

        await eventually(holds_none, seconds_max=20)
    finally:
        for _, writer in still:
            writer.transport.abort()

    async def let_in() -> bool:
        return (await caller.get(address(file))).status_code == 200

    await eventually(let_in)


async def test_files_are_listed_once_they_are_written_in_pages(
    standing: House, caller: httpx.AsyncClient, bank: str
) -> None:
    drawn = await draw_file(standing.pool, bank, day=DAY)
    assert (await caller.get("/v1/settlement-files")).json() == {"files": [], "next_after": None}
    assert (await caller.get(f"/v1/settlement-files/{drawn}")).json()["code"] == Code.FILE_UNKNOWN
    made = [await add_file(standing.pool, bank, b"x", day=DAY, kind=kind) for kind in ("manifest", "detail_csv")]
    names = sorted(file.file_id for file in made)
    first = (await caller.get("/v1/settlement-files", params={"limit": 1})).json()
    assert [file["file_id"] for file in first["files"]] == names[:1]
    second = (await caller.get("/v1/settlement-files", params={"after": first["next_after"]})).json()
    assert [file["file_id"] for file in second["files"]] == names[1:]
    assert (await caller.get("/v1/settlement-files", params={"day": "2020-01-07"})).json()["files"] == []


async def test_the_answer_tells_what_a_file_is_and_what_took_its_place(
    standing: House, caller: httpx.AsyncClient, file: File, bank: str
) -> None:
    newer = await add_file(standing.pool, bank, b"mended", day=DAY, version=2)
    told = (await caller.get(f"/v1/settlement-files/{file.file_id}")).json()
    assert told["superseded_by"] == newer.file_id
    assert (told["business_day"], told["bank"], told["kind"], told["institution"]) == (
        "2020-01-06", bank, "payment", None,
    )  # fmt: skip
    assert (told["size"], told["sha256"], told["version"]) == (len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), 1)
    assert (told["credit_count"], told["credits"]) == (2, 300)
    assert b64decode(told["signature"]) == file.signature
    assert (await caller.get(f"/v1/settlement-files/{newer.file_id}")).json()["superseded_by"] is None


async def test_the_side_files_prove_the_file(caller: httpx.AsyncClient, file: File) -> None:
    digest, signature = [
        await caller.get(f"/v1/settlement-files/{file.file_id}/{side}") for side in ("digest", "signature")
    ]
    assert digest.text == f"{hashlib.sha256(CONTENT).hexdigest()}  {file.file_id}\n"
    assert KEYS.published[0].verifies(signature.content, digest.content)
    assert digest.headers["content-disposition"] == f'attachment; filename="{file.file_id}.sha256"'
    assert signature.headers["content-disposition"] == f'attachment; filename="{file.file_id}.sig"'


async def test_a_file_without_a_signature_says_so(standing: House, caller: httpx.AsyncClient, file: File) -> None:
    await standing.pool.execute(
        "UPDATE clearing.files SET signature = NULL, key_id = NULL WHERE file_id = $1", file.file_id
    )
    answer = await caller.get(f"/v1/settlement-files/{file.file_id}/signature")
    assert (answer.status_code, answer.json()["code"]) == (404, Code.FILE_NOT_SIGNED)
    assert (await caller.get(f"/v1/settlement-files/{file.file_id}")).json()["signature"] is None


@pytest.mark.parametrize("part", ["", "/content", "/digest", "/signature"])
async def test_a_file_is_for_its_bank_and_its_details_for_their_institution(
    standing: House, file: File, bank: str, part: str
) -> None:
    details = await add_file(standing.pool, bank, b"x", day=DAY, kind="detail_csv", institution=HOSPITAL)
    may = {
        (Role.BANK, bank): {file, details},
        (Role.BANK, f"{bank}X"): set(),
        (Role.INSTITUTION, HOSPITAL): {details},
        (Role.INSTITUTION, PHARMACY): set(),
        (Role.OPERATOR, None): {file, details},
        (Role.AUDITOR, None): {file, details},
        (Role.AGENCY, None): set(),
    }
    for (role, of), files in may.items():
        async with standing.client(await standing.keys.key(role, of)) as client:
            for each in (file, details):
                answer = await client.get(f"/v1/settlement-files/{each.file_id}{part}")
                assert answer.status_code == (200 if each in files else 403), (role, of, each.file_id)
            if part == "" and role is not Role.AGENCY:
                listed = (await client.get("/v1/settlement-files", params={"day": str(DAY), "limit": 1000})).json()
                found = {each["file_id"] for each in listed["files"]}
                assert {each for each in (file, details) if each.file_id in found} == files


async def test_who_asks_for_anothers_file_is_in_the_audit_log(standing: House, file: File, bank: str) -> None:
    async with standing.client(await standing.keys.key(Role.BANK, f"{bank}X")) as client:
        answer = await client.get(address(file))
    assert (answer.status_code, answer.json()["code"]) == (403, Code.NOT_YOURS)
    assert await audited(standing, f"{bank}X") == [
        ("GET /v1/settlement-files/{file_id}/content", f"file_id={file.file_id}", 403)
    ]


@pytest.mark.parametrize("name", ["..", "a%2Fb", "%00", "x" * 101, "%E5%B7%A5"])
async def test_what_is_no_name_of_a_file_is_not_looked_for(caller: httpx.AsyncClient, name: str) -> None:
    assert (await caller.get(f"/v1/settlement-files/{name}/content")).status_code in (404, 422)
