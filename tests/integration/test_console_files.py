"""Settlement files in the console: whose are shown to whom, and pulled as over the API."""

import secrets
from collections.abc import AsyncIterator
from datetime import date

import pytest
from app.access.principal import Role
from app.clearing.files.store import File, digest_file
from tests.builders import HOSPITAL, PHARMACY
from tests.console import Desk
from tests.harness import House, eventually
from tests.settlement_files import add_file

# Long past, so that no other test of the house has to do with it.
DAY = date(2020, 1, 7)
CONTENT = b"what a bank is to pay\n"


@pytest.fixture
async def own(standing: House, bank: str) -> File:
    return await add_file(standing.pool, bank, CONTENT, day=DAY)


@pytest.fixture
async def foreign(standing: House) -> File:
    return await add_file(standing.pool, f"F{secrets.token_hex(4).upper()}", CONTENT, day=DAY)


@pytest.fixture
async def desk(standing: House, bank: str) -> AsyncIterator[Desk]:
    """The bank's."""
    async with Desk(standing) as desk:
        await desk.sign_in(await standing.keys.key(Role.BANK, bank))
        yield desk


async def test_a_bank_sees_its_own_files_and_no_others(desk: Desk, own: File, foreign: File) -> None:
    shown = (await desk.http.get("/console/files")).text
    assert own.file_id in shown
    assert foreign.file_id not in shown


async def test_an_institution_sees_the_details_of_its_own_transactions(standing: House, bank: str) -> None:
    mine, other = [
        await add_file(standing.pool, bank, CONTENT, day=DAY, kind="detail_csv", institution=institution)
        for institution in (HOSPITAL, PHARMACY)
    ]
    async with Desk(standing) as desk:
        await desk.sign_in(await standing.keys.key(Role.INSTITUTION, HOSPITAL))
        shown = (await desk.http.get("/console/files", params={"day": DAY.isoformat()})).text
        refused = await desk.http.get(f"/console/files/{other.file_id}/content")
    assert mine.file_id in shown
    assert other.file_id not in shown
    assert refused.status_code == 403


async def test_a_bank_pulls_a_file_with_its_digest_and_signature(desk: Desk, own: File) -> None:
    at = f"/console/files/{own.file_id}"
    content = await desk.http.get(f"{at}/content")
    assert (content.status_code, content.content) == (200, CONTENT)
    assert content.headers["content-disposition"] == f'attachment; filename="{own.file_id}"'
    assert (await desk.http.get(f"{at}/digest")).content == digest_file(own)
    assert (await desk.http.get(f"{at}/signature")).content == own.signature


@pytest.mark.parametrize("part", ["content", "digest", "signature"])
async def test_nothing_of_a_file_of_another_bank_is_pulled(desk: Desk, foreign: File, part: str) -> None:
    answer = await desk.http.get(f"/console/files/{foreign.file_id}/{part}")
    assert answer.status_code == 403
    assert "not_yours" in answer.text


async def test_a_pull_stands_in_the_audit_log_with_what_went_out(
    desk: Desk, own: File, standing: House, bank: str
) -> None:
    await desk.http.get(f"/console/files/{own.file_id}/content")
    size = len(CONTENT)

    async def stands() -> bool:
        rows = await standing.pool.fetch(
            "SELECT target, status FROM access.audit_entries JOIN access.audit_ends USING (entry_id)"
            " WHERE name = $1 AND route = 'GET /console/files/{file_id}/content'",
            bank,
        )
        return [tuple(row) for row in rows] == [(f"file_id={own.file_id} bytes=0-{size - 1}/{size}", 200)]

    # The end is written once the last byte was taken.
    await eventually(stands)


async def test_the_newest_day_comes_first_and_a_newer_version_is_named(
    desk: Desk, own: File, standing: House, bank: str
) -> None:
    newer = await add_file(standing.pool, bank, CONTENT, day=DAY, version=2)
    later = await add_file(standing.pool, bank, CONTENT, day=date(2020, 1, 8))
    shown = (await desk.http.get("/console/files")).text
    assert shown.index(later.file_id) < shown.index(newer.file_id) < shown.index(own.file_id)
    assert "Superseded by version 2" in shown
