"""The commands that make, rotate and revoke keys and read the audit log, each in a process of its own."""

import re
from pathlib import Path
from subprocess import CompletedProcess

from app.access.api_keys import find_key
from app.database import Pool, transaction
from app.signing import PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.builders import HOSPITAL, Database
from tests.commands import medsettle

CLERK = ("--operator", "c17")


def by_owner(database: Database, *words: str | Path) -> CompletedProcess[str]:
    """With the role of the tables' owner, which alone makes keys."""
    return medsettle(*words, on=database, MEDSETTLE_OWNER_DATABASE_URL=database.owner_url)


async def is_good(pool: Pool, key: str) -> bool:
    async with transaction(pool) as connection:
        found = await find_key(connection, key)
    assert found is not None
    return found.is_good


async def test_a_key_is_created_listed_rotated_and_revoked(database: Database, pool: Pool) -> None:
    created = by_owner(database, "api-keys", "create", "institution", "--of", HOSPITAL, *CLERK)
    assert created.returncode == 0, created.stderr
    first = created.stdout.strip()
    key_id = first.split("_")[1]
    assert re.fullmatch(r"mds_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", first)
    assert first not in created.stderr
    rotating = ("api-keys", "rotate", key_id, "--overlap-hours", "1", *CLERK)
    second = by_owner(database, *rotating).stdout.strip()
    assert await is_good(pool, first)
    assert await is_good(pool, second)
    assert by_owner(database, "api-keys", "revoke", key_id, *CLERK).stdout == f"key {key_id}: revoked\n"
    assert not await is_good(pool, first)
    good = by_owner(database, "api-keys", "list").stdout
    every = by_owner(database, "api-keys", "list", "--all").stdout
    assert re.findall("^[0-9a-f]{12}", good, re.MULTILINE) == [second.split("_")[1]]
    assert f"{key_id}: institution {HOSPITAL}; {HOSPITAL}; revoked" in every
    assert f"in place of {key_id}" in good
    assert first not in every
    log = by_owner(database, "audit", "list", "--name", "c17").stdout
    assert [line.split("; ")[1] for line in log.splitlines()] == [
        "api-keys revoke", "api-keys rotate", "api-keys create",
    ]  # fmt: skip


def test_the_services_own_role_can_make_no_key(database: Database) -> None:
    refused = medsettle("api-keys", "create", "agency", "--name", "clerk-17", *CLERK, on=database)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "MEDSETTLE_OWNER_DATABASE_URL" in refused.stderr


def test_a_wrong_binding_is_told(database: Database) -> None:
    for words in (("agency", "--of", "102", "--name", "x"), ("bank", "--name", "x"), ("auditor",)):
        refused = by_owner(database, "api-keys", "create", *words, *CLERK)
        assert refused.returncode != 0, words
        assert refused.stdout == ""


def test_a_producers_key_is_registered_and_revoked(database: Database, tmp_path: Path) -> None:
    key = PublicKey("Ed25519", Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    file = tmp_path / "producer.pub.pem"
    file.write_text(key.pem)
    registering = ("producer-keys", "register", HOSPITAL, file, *CLERK)
    assert by_owner(database, *registering).stdout == f"key {key.key_id} of {HOSPITAL}\n"
    again = by_owner(database, *registering)
    assert again.returncode == 1
    assert "registered already" in again.stderr
    revoked = by_owner(database, "producer-keys", "revoke", key.key_id, *CLERK)
    assert revoked.stdout == f"key {key.key_id}: revoked\n"
    listed = by_owner(database, "producer-keys", "list").stdout
    assert listed.startswith(f"{key.key_id}: {HOSPITAL}; revoked")
