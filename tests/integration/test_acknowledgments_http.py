"""Acknowledgments over HTTP, of files of a day that was sealed, and the guide for banks run as it stands."""

import os
import re
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from app.access.principal import Role
from app.clearing.acknowledgments.taking import BYTES_MAX
from app.codes import Code
from app.database import Pool
from pydantic import SecretStr
from tests.acknowledging import SentFile, results, return_file, send_file
from tests.builders import PHARMACY, Database, payment
from tests.callers import As, Keys
from tests.clearing_days import balance_of, open_places, post_yesterday, seal
from tests.filing import tell_bank, tell_banks, write
from tests.harness import House
from tests.settlement_files import SIGNING_KEY

GUIDE = Path(__file__).parents[2] / "docs" / "guide-bank.md"
BANK, OTHER = "BANK01", "BANK02"


@pytest.fixture
async def sealed(pool: Pool, database: Database) -> Pool:
    """Yesterday, sealed: HOSPITAL is paid 700 fen by BANK01 and PHARMACY 70 by BANK02."""
    await open_places(pool)
    await post_yesterday(pool, payment(amount=700), payment(institution=PHARMACY, amount=70))
    await seal(database)
    return pool


@pytest.fixture
async def served(standing: House, sealed: Pool, database: Database, tmp_path: Path) -> AsyncIterator[str]:
    """Address of an API over that ledger."""
    overrides = {"database_url": SecretStr(database.app_url), "signing_key": SecretStr(SIGNING_KEY)}
    async with standing.other(tmp_path / "house", **overrides) as house:
        await house.start_api()
        yield house.installation.base_url


@pytest.fixture
async def sent(sealed: Pool, database: Database) -> SentFile:
    for bank in (BANK, OTHER):
        await tell_bank(sealed, bank)
    return await send_file(sealed, database)


@pytest.fixture
async def caller(served: str, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    key = await Keys(database.owner_url).key(Role.BANK, BANK)
    async with httpx.AsyncClient(base_url=served, auth=As(key), timeout=60) as client:
        yield client


async def hand_in(client: httpx.AsyncClient, file_id: str, content: bytes) -> httpx.Response:
    return await client.post(f"/v1/settlement-files/{file_id}/acknowledgment", content=content)


async def test_an_acknowledgment_is_taken_once_and_refused_as_a_whole(
    caller: httpx.AsyncClient, pool: Pool, sent: SentFile
) -> None:
    wrong = await hand_in(caller, sent.file_id, return_file(sent, "0", sent.lines, header={3: "1"}))
    assert (wrong.status_code, wrong.json()["code"]) == (422, Code.ACKNOWLEDGMENT_SUMS_DIFFER)
    assert wrong.json()["detail"]
    assert await results(pool) == {}
    failed = return_file(sent, "1", sent.lines, code="H059", reason="account closed")
    first, again = [await hand_in(caller, sent.file_id, failed) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert (first.json()["failed_count"], first.json()["failed"], first.json()["received_by"]) == (1, 700, BANK)
    assert set((await results(pool)).values()) == {"failed"}
    assert await balance_of(pool, BANK, "bank") == 0
    listed = (await caller.get(f"/v1/settlement-files/{sent.file_id}/acknowledgments")).json()
    assert [each["code"] for each in listed["acknowledgments"]] == ["ok", "acknowledgment_sums_differ"]
    paged = await caller.get(f"/v1/settlement-files/{sent.file_id}/acknowledgments", params={"limit": 1})
    assert paged.json()["next_before"] == first.json()["ack_id"]
    rows = await pool.fetch(
        "SELECT name, target, status FROM access.audit_entries JOIN access.audit_ends USING (entry_id)"
        " WHERE route LIKE 'POST %' ORDER BY entry_id"
    )
    assert [tuple(row) for row in rows] == [(BANK, f"file_id={sent.file_id}", status) for status in (422, 201, 200)]


async def test_an_acknowledgment_is_its_banks_and_of_a_payment_file(
    caller: httpx.AsyncClient, pool: Pool, sent: SentFile, database: Database
) -> None:
    right = return_file(sent, "0", sent.lines)
    others = await send_file(pool, database, OTHER)
    foreign = await hand_in(caller, others.file_id, return_file(others, "0", others.lines))
    assert (foreign.status_code, foreign.json()["code"]) == (403, Code.NOT_YOURS)
    unknown = await hand_in(caller, "20200101_BANK01_payment_v1.txt", right)
    assert (unknown.status_code, unknown.json()["code"]) == (404, Code.FILE_UNKNOWN)
    refused = await hand_in(caller, sent.file_id.replace("payment_v1.txt", "manifest_v1.json"), right)
    assert (refused.status_code, refused.json()["code"]) == (422, Code.NOT_A_PAYMENT_FILE)
    keys = Keys(database.owner_url)
    for role in (Role.OPERATOR, Role.AUDITOR, Role.INSTITUTION, Role.AGENCY):
        async with httpx.AsyncClient(base_url=caller.base_url, auth=As(await keys.key(role)), timeout=60) as other:
            assert (await hand_in(other, sent.file_id, right)).status_code == 403
    assert await results(pool) == {}


async def test_a_body_beyond_the_limit_is_not_taken(caller: httpx.AsyncClient, pool: Pool, sent: SentFile) -> None:
    answer = await hand_in(caller, sent.file_id, bytes(BYTES_MAX + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, Code.ACKNOWLEDGMENT_TOO_LARGE)
    assert await pool.fetchval("SELECT count(*) FROM clearing.acknowledgments") == 0


async def test_the_guide_for_banks_is_true(served: str, sealed: Pool, database: Database, tmp_path: Path) -> None:
    """Every block is run in its order, as a reader would, over files that the service wrote itself."""
    await tell_banks(sealed)
    await write(database)
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 5
    script = "set -euo pipefail\n" + "".join(f"echo '--- {number}'\n{text}" for number, text in enumerate(blocks))
    key = await Keys(database.owner_url).key(Role.BANK, BANK)
    ran = bash(script, tmp_path, API=served, BANK=BANK, KEY=key)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    _, found, pulled, taken, replayed = re.split(r"--- \d\n", ran.stdout)[1:]
    assert '"kind":"payment"' in found
    assert ".txt: OK\nSignature Verified Successfully" in pulled
    assert "201 Created" in taken
    assert '"code":"ok"' in taken
    assert "200 OK" in replayed
    assert '"paid":700' in replayed
    assert set((await results(sealed)).values()) == {"paid"}
    assert_a_changed_byte_is_refused(tmp_path)


def assert_a_changed_byte_is_refused(folder: Path) -> None:
    """By the commands of the guide, for a byte of the file and for one of its digest."""
    name = (folder / "payment.name").read_text().strip()
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(bytes([content[0] ^ 1]) + content[1:])
    assert bash(f"sha256sum -c {name}.sha256", folder).returncode != 0
    digest = folder / f"{name}.sha256"
    verify = f"openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in {digest.name} -sigfile {name}.sig"
    assert bash(verify, folder).returncode == 0
    told = digest.read_text()
    digest.write_text(f"{'0' if told[0] != '0' else '1'}{told[1:]}")
    assert bash(verify, folder).returncode != 0


def bash(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/bash", "-c", script], cwd=folder, env={**os.environ, **variables}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
