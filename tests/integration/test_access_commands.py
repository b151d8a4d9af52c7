"""The commands that make, rotate and revoke keys and read the audit log, each in a process of its own."""

import asyncio
import os
import re
import sys
from pathlib import Path

from app.access.api_keys import find_key
from app.database import Pool, transaction
from app.signing import PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.builders import HOSPITAL, Database

CLERK = ("--operator", "c17")


async def medsettle(database: Database, *words: str, owner: bool = True) -> tuple[int | None, str, str]:
    """Exit code, what it said, what it complained of."""
    environment = {**os.environ, "MEDSETTLE_DATABASE_URL": database.app_url}
    if owner:
        environment["MEDSETTLE_OWNER_DATABASE_URL"] = database.owner_url
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app", *words,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=environment,
    )  # fmt: skip
    said, complained = await process.communicate()
    return process.returncode, said.decode(), complained.decode()


async def is_good(pool: Pool, key: str) -> bool:
    async with transaction(pool) as connection:
        found = await find_key(connection, key)
    assert found is not None
    return found.is_good


async def test_a_key_is_created_listed_rotated_and_revoked(database: Database, pool: Pool) -> None:
    code, made, told = await medsettle(database, "api-keys", "create", "institution", "--of", HOSPITAL, *CLERK)
    assert code == 0, told
    first = made.strip()
    key_id = first.split("_")[1]
    assert re.fullmatch(r"mds_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", first)
    assert first not in told
    rotating = ("api-keys", "rotate", key_id, "--overlap-hours", "1", *CLERK)
    second = (await medsettle(database, *rotating))[1].strip()
    assert await is_good(pool, first)
    assert await is_good(pool, second)
    assert (await medsettle(database, "api-keys", "revoke", key_id, *CLERK))[1] == f"key {key_id}: revoked\n"
    assert not await is_good(pool, first)
    _, good, _ = await medsettle(database, "api-keys", "list")
    _, every, _ = await medsettle(database, "api-keys", "list", "--all")
    assert re.findall("^[0-9a-f]{12}", good, re.MULTILINE) == [second.split("_")[1]]
    assert f"{key_id}: institution {HOSPITAL}; {HOSPITAL}; revoked" in every
    assert f"in place of {key_id}" in good
    assert first not in every
    _, log, _ = await medsettle(database, "audit", "list", "--name", "c17")
    assert [line.split("; ")[1] for line in log.splitlines()] == [
        "api-keys revoke", "api-keys rotate", "api-keys create",
    ]  # fmt: skip


async def test_the_services_own_role_can_make_no_key(database: Database) -> None:
    creating = ("api-keys", "create", "agency", "--name", "clerk-17", *CLERK)
    code, said, complained = await medsettle(database, *creating, owner=False)
    assert (code, said) == (1, "")
    assert "MEDSETTLE_OWNER_DATABASE_URL" in complained


async def test_a_wrong_binding_is_told(database: Database) -> None:
    for words in (("agency", "--of", "102", "--name", "x"), ("bank", "--name", "x"), ("auditor",)):
        code, said, _ = await medsettle(database, "api-keys", "create", *words, *CLERK)
        assert code != 0, words
        assert said == ""


async def test_a_producers_key_is_registered_and_revoked(database: Database, tmp_path: Path) -> None:
    key = PublicKey("Ed25519", Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    file = tmp_path / "producer.pub.pem"
    file.write_text(key.pem)
    registering = ("producer-keys", "register", HOSPITAL, str(file), *CLERK)
    assert (await medsettle(database, *registering))[1] == f"key {key.key_id} of {HOSPITAL}\n"
    code, _, complained = await medsettle(database, *registering)
    assert code == 1
    assert "registered already" in complained
    revoked = await medsettle(database, "producer-keys", "revoke", key.key_id, *CLERK)
    assert revoked[1] == f"key {key.key_id}: revoked\n"
    _, listed, _ = await medsettle(database, "producer-keys", "list")
    assert listed.startswith(f"{key.key_id}: {HOSPITAL}; revoked")
