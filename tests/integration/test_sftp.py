"""Settlement files over SFTP, with real clients: what a bank sees, pulls and lays down, and what it cannot."""

import asyncio
import hashlib
import inspect
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncssh
import httpx
import orjson
import pytest
from app.access.sftp_keys import read_public_key, register_sftp_key, revoke_sftp_key
from app.clearing.acknowledgments.taking import BYTES_MAX
from app.clearing.files.store import CHUNK_BYTES, digest_file
from app.config import Settings
from app.database import Connection, Pool
from app.embedded.ports import free_port
from app.errors import UsageError
from app.sftp import root
from app.sftp.closed import Closed
from app.sftp.process import serving
from app.sftp.root import Root
from app.signing import new_entry
from asyncssh import SFTPError, SFTPFailure, SFTPNoSuchFile
from pydantic import SecretStr
from tests.acknowledging import SentFile, results, return_file, send_file
from tests.builders import HOSPITAL, Database, payment
from tests.clearing_days import open_places, post_yesterday, seal
from tests.filing import tell_bank
from tests.harness import DEADLINE_SECONDS, eventually
from tests.settlement_files import KEYS, add_file, draw_file, write_content

CONTENT = os.urandom(2 * CHUNK_BYTES + 5)
BANK, OTHER = "BANK01", "BANK02"
KEY = asyncssh.generate_private_key("ssh-ed25519")
OTHER_KEY = asyncssh.generate_private_key("ecdsa-sha2-nistp256")


def fingerprint(key: asyncssh.SSHKey) -> str:
    return key.get_fingerprint()


async def register(owner: Connection, bank: str, key: asyncssh.SSHKey, lifetime: timedelta = timedelta(days=1)) -> None:
    public = read_public_key(key.export_public_key().decode())
    assert public.fingerprint == fingerprint(key)
    await register_sftp_key(owner, bank, public, lifetime=lifetime, by="tests")


@pytest.fixture
async def port(pool: Pool, owner: Connection, database: Database) -> AsyncIterator[int]:
    """Of a server that knows a key of each of two banks."""
    await register(owner, BANK, KEY)
    await register(owner, OTHER, OTHER_KEY)
    settings = Settings(
        database_url=SecretStr(database.app_url),
        sftp_port=0,
        sftp_host_key=SecretStr(new_entry("Ed25519")),
        drain_seconds_max=1,
    )
    async with serving(pool, settings) as port:
        yield port


def connected(port: int, bank: str = BANK, key: asyncssh.SSHKey | None = None, **options: Any) -> Any:
    chosen = key or (KEY if bank == BANK else OTHER_KEY)
    return asyncssh.connect(
        "127.0.0.1", port, username=bank, client_keys=[chosen], known_hosts=None, config=None, agent_path=None,
        **options,
    )  # fmt: skip


@asynccontextmanager
async def session(port: int, bank: str = BANK) -> AsyncIterator[asyncssh.SFTPClient]:
    async with connected(port, bank) as connection, connection.start_sftp_client() as client:
        yield client


async def names(client: asyncssh.SFTPClient, folder: str) -> set[str]:
    return {str(name) for name in await client.listdir(folder)} - {".", ".."}


async def content_of(client: asyncssh.SFTPClient, path: str) -> bytes:
    async with client.open(path, "rb") as file:
        content: Any = await file.read()
        return bytes(content)


async def lay(client: asyncssh.SFTPClient, path: str, content: bytes) -> None:
    async with client.open(path, "wb") as file:
        await file.write(content)


async def audited(pool: Pool) -> list[tuple[Any, ...]]:
    rows = await pool.fetch(
        "SELECT name, credential, route, target, status FROM access.audit_entries"
        " LEFT JOIN access.audit_ends USING (entry_id) ORDER BY entry_id"
    )
    return [tuple(row) for row in rows]


# Getting in


async def test_a_bank_gets_in_by_its_own_key_alone(port: int) -> None:
    async with session(port) as client:
        assert await names(client, "/") == {"in", "out"}
    for bank, key in ((BANK, OTHER_KEY), (OTHER, KEY), ("", KEY), (BANK, asyncssh.generate_private_key("ssh-ed25519"))):
        with pytest.raises(asyncssh.PermissionDenied):
            await connected(port, bank, key)


async def test_a_key_that_is_expired_or_revoked_lets_nobody_in(port: int, owner: Connection) -> None:
    expired, revoked = [asyncssh.generate_private_key("ssh-ed25519") for _ in range(2)]
    await register(owner, BANK, expired, timedelta(0))
    await register(owner, BANK, revoked)
    assert await revoke_sftp_key(owner, fingerprint(revoked), by="tests")
    for key in (expired, revoked):
        with pytest.raises(asyncssh.PermissionDenied):
            await connected(port, BANK, key)


async def test_a_session_ends_with_its_key(port: int, pool: Pool, owner: Connection) -> None:
    file = await add_file(pool, BANK, CONTENT)
    async with connected(port) as connection:
        client = await connection.start_sftp_client()
        assert await content_of(client, f"/out/{file.file_id}") == CONTENT
        await revoke_sftp_key(owner, fingerprint(KEY), by="tests")
        with pytest.raises((SFTPError, asyncssh.Error)):
            await content_of(client, f"/out/{file.file_id}")
        await connection.wait_closed()


async def test_nothing_but_files_is_served(port: int) -> None:
    async with connected(port) as connection:
        attempts: list[Any] = [
            lambda: connection.run("id"),
            lambda: connection.create_process(term_type="xterm"),
            lambda: connection.create_process(subsystem="netconf"),
            lambda: connection.open_connection("127.0.0.1", port),
            lambda: connection.start_server(lambda *_: None, "127.0.0.1", 0),
            lambda: connection.forward_remote_port("127.0.0.1", 0, "127.0.0.1", port),
        ]
        for wanted in attempts:
            with pytest.raises((asyncssh.ChannelOpenError, asyncssh.ChannelListenError)):
                await wanted()
    with pytest.raises(asyncssh.PermissionDenied):
        await asyncssh.connect(
            "127.0.0.1", port, username=BANK, password="x", client_keys=None, known_hosts=None, config=None,
            agent_path=None,
        )  # fmt: skip


async def test_a_bank_has_a_few_connections_and_leaves_room_for_others(port: int) -> None:
    held = [await connected(port) for _ in range(8)]
    try:
        with pytest.raises(asyncssh.Error):
            async with session(port) as client:
                await client.listdir("/")
        async with session(port, OTHER) as client:
            assert await names(client, "/") == {"in", "out"}
    finally:
        for connection in held:
            connection.abort()


@pytest.mark.parametrize(
    "text", ["", "ssh-dss AAAAB3NzaC1kc3MAAAAA", "ssh-ed25519 xx", "-----BEGIN OPENSSH PRIVATE KEY-----"]
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        read_public_key(text)


def test_a_short_rsa_key_is_refused() -> None:
    with pytest.raises(UsageError, match="3072"):
        read_public_key(asyncssh.generate_private_key("ssh-rsa", key_size=2048).export_public_key().decode())


# Pulling


async def test_a_file_appears_with_its_markers_when_it_is_written(port: int, pool: Pool) -> None:
    async with session(port) as client:
        file_id = await draw_file(pool, BANK)
        assert await names(client, "/out") == set()
        with pytest.raises(SFTPNoSuchFile):
            await content_of(client, f"/out/{file_id}")
        file = await write_content(pool, file_id, CONTENT)
        assert await names(client, "/out") == {file_id, f"{file_id}.sha256", f"{file_id}.sig"}
        assert await content_of(client, f"/out/{file_id}") == CONTENT
        digest = await content_of(client, f"/out/{file_id}.sha256")
        assert digest == digest_file(file) == f"{hashlib.sha256(CONTENT).hexdigest()}  {file_id}\n".encode()
        assert KEYS.published[0].verifies(await content_of(client, f"/out/{file_id}.sig"), digest)
        seen = await client.stat(f"/out/{file_id}")
        assert (seen.size, seen.mtime, seen.permissions) == (len(CONTENT), int(file.written_at.timestamp()), 0o100444)


async def test_files_of_long_ago_are_not_listed_and_still_there(port: int, pool: Pool) -> None:
    old = await add_file(pool, BANK, b"old", day=(await add_file(pool, BANK, b"new")).business_day - timedelta(days=60))
    async with session(port) as client:
        assert old.file_id not in await names(client, "/out")
        assert await content_of(client, f"/out/{old.file_id}") == b"old"


async def test_a_download_goes_on_where_it_stopped_and_each_is_in_the_audit_log(port: int, pool: Pool) -> None:
    file = await add_file(pool, BANK, CONTENT)
    async with session(port) as client:
        async with client.open(f"/out/{file.file_id}", "rb") as opened:
            first: Any = await opened.read(CHUNK_BYTES)
        async with client.open(f"/out/{file.file_id}", "rb") as opened:
            rest: Any = await opened.read(-1, CHUNK_BYTES)
    assert first + rest == CONTENT
    size = len(CONTENT)
    who = (BANK, fingerprint(KEY), "SFTP get /out")
    assert await audited(pool) == [
        (*who, f"file_id={file.file_id} bytes=0-{size - 1}/{size}", None),
        (*who, f"file_id={file.file_id} bytes={CHUNK_BYTES}-{size - 1}/{size}", 206),
    ]


async def test_a_client_that_takes_nothing_is_let_go(port: int, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(root, "_UNSENT_SECONDS_MAX", 0.0)
    monkeypatch.setattr(root, "_UNSENT_BYTES_MAX", -1)
    file = await add_file(pool, BANK, CONTENT)
    async with connected(port) as connection:
        client = await connection.start_sftp_client()
        with pytest.raises((SFTPError, asyncssh.Error)):
            await content_of(client, f"/out/{file.file_id}")
        await connection.wait_closed()


# What a bank does not reach


async def test_a_bank_sees_nothing_of_anothers(port: int, pool: Pool) -> None:
    file = await add_file(pool, OTHER, CONTENT)
    async with session(port) as client:
        assert await names(client, "/out") == set()
        for name in (file.file_id, f"{file.file_id}.sha256", f"{file.file_id}.sig", f"{file.file_id}.ack.result.json"):
            with pytest.raises(SFTPNoSuchFile):
                await client.stat(f"/out/{name}")
            with pytest.raises(SFTPNoSuchFile):
                await content_of(client, f"/out/{name}")
        with pytest.raises(SFTPNoSuchFile):
            await lay(client, f"/in/{file.file_id}.ack", b"0|x|0|0|0|0\n")
    assert await pool.fetchval("SELECT count(*) FROM clearing.acknowledgments") == 0
    assert await audited(pool) == [
        (BANK, fingerprint(KEY), "SFTP put /in", f"file_id={file.file_id}", 422),
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd", "../etc/passwd", "/out/../../etc/passwd", "/out/..", "//etc//passwd", "/out/./../..//etc/passwd",
        "/out/%2e%2e/etc/passwd", "/out/a/b", "/OUT", "/out/..\\..\\etc\\passwd", "~/x", "/out/\u2024\u2024/x",
        "/out/\uff0e\uff0e/etc/passwd", "/out/a\x00b", "/out/" + "x" * 5_000, "/proc/self/environ",
    ],
)  # fmt: skip
async def test_no_path_leads_out_of_the_folders(port: int, path: str) -> None:
    async with session(port) as client:
        for attempt in (client.stat, client.lstat, client.listdir, lambda name: content_of(client, name)):
            if path == "/out/.." and attempt in (client.stat, client.lstat, client.listdir):
                continue  # the root itself
            with pytest.raises(SFTPError):
                await attempt(path)
        with pytest.raises(SFTPError):
            await lay(client, path, b"x")


async def test_bytes_that_are_no_text_are_no_path(port: int) -> None:
    async with session(port) as client:
        for path in (b"/out/\xff\xfe", b"\x80"):
            with pytest.raises(SFTPNoSuchFile):
                await client.stat(path)
            with pytest.raises(SFTPNoSuchFile):
                await client.realpath(path)


async def test_nothing_else_is_done_to_files(port: int, pool: Pool) -> None:
    file = await add_file(pool, BANK, CONTENT)
    path = f"/out/{file.file_id}"
    async with session(port) as client:
        attempts: list[Any] = [
            lambda: client.remove(path),
            lambda: client.rename(path, "/out/x"),
            lambda: client.rename(path, "/in/x"),
            lambda: client.posix_rename(path, "/in/x"),
            lambda: client.symlink("/etc/passwd", "/in/x.ack"),
            lambda: client.link("/etc/passwd", "/in/x.ack"),
            lambda: client.readlink(path),
            lambda: client.mkdir("/in/x"),
            lambda: client.rmdir("/out"),
            lambda: client.chmod(path, 0o777),
            lambda: client.truncate(path, 0),
            lambda: client.statvfs("/"),
            lambda: lay(client, path, b"x"),
            lambda: lay(client, "/out/new", b"x"),
            lambda: content_of(client, "/in/x.ack"),
            lambda: client.open("/out", "rb"),
        ]
        for refused in attempts:
            with pytest.raises(SFTPError):
                await refused()
        assert await content_of(client, path) == CONTENT


def test_no_operation_of_the_library_is_left_to_the_machines_files() -> None:
    harmless = {"channel", "connection", "env", "logger", "convert_attrs", "format_longname", "exit"}
    operations = {name for name, _ in inspect.getmembers(asyncssh.SFTPServer) if not name.startswith("_")} - harmless
    assert {name for name in operations if name not in vars(Closed)} == set()
    assert issubclass(Root, Closed)


# Laying down


@pytest.fixture
async def sent(pool: Pool, database: Database) -> SentFile:
    """The payment file of BANK01 for a sealed day, with one line."""
    await open_places(pool)
    await tell_bank(pool, BANK)
    await post_yesterday(pool, payment(institution=HOSPITAL, amount=700))
    await seal(database)
    return await send_file(pool, database)


async def told(client: asyncssh.SFTPClient, sent: SentFile) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = orjson.loads(await content_of(client, f"/out/{sent.file_id}.ack.result.json"))[
        "acknowledgments"
    ]
    return found


async def test_an_upload_is_taken_when_it_is_closed_and_answered_in_out(port: int, pool: Pool, sent: SentFile) -> None:
    async with session(port) as client:
        assert f"{sent.file_id}.ack.result.json" not in await names(client, "/out")
        await lay(client, f"/in/{sent.file_id}.ack", return_file(sent, "0", sent.lines))
        assert (await client.stat(f"/in/{sent.file_id}.ack")).size == len(return_file(sent, "0", sent.lines))
        assert f"{sent.file_id}.ack.result.json" in await names(client, "/out")
        [answer] = await told(client, sent)
    assert (answer["code"], answer["paid_count"], answer["paid"], answer["received_by"]) == ("ok", 1, 700, BANK)
    assert set((await results(pool)).values()) == {"paid"}
    assert (await audited(pool))[0][2:] == ("SFTP put /in", f"file_id={sent.file_id}", 201)


async def test_an_upload_under_another_name_is_taken_when_it_is_renamed(port: int, pool: Pool, sent: SentFile) -> None:
    async with session(port) as client:
        await lay(client, "/in/upload.filepart", return_file(sent, "0", sent.lines))
        assert await results(pool) == {}
        assert await names(client, "/in") == {"upload.filepart"}
        await client.rename("/in/upload.filepart", f"/in/{sent.file_id}.ack.txt")
        [answer] = await told(client, sent)
    assert answer["code"] == "ok"


async def test_what_is_refused_is_answered_with_the_reason(port: int, sent: SentFile) -> None:
    wrong = return_file(sent, "0", sent.lines, header={3: "1"})
    async with session(port) as client:
        await lay(client, f"/in/{sent.file_id}.ack", wrong)
        await lay(client, f"/in/{sent.file_id}.ack", return_file(sent, "0", sent.lines))
        refused, taken = await told(client, sent)
    assert (refused["code"], taken["code"]) == ("acknowledgment_sums_differ", "ok")
    assert refused["reason"]


async def unfinished(client: asyncssh.SFTPClient, path: str, content: bytes) -> None:
    opened = await client.open(path, "wb")
    await opened.write(content)


@pytest.mark.parametrize("cut", ["the connection", "the session"])
async def test_an_upload_that_was_cut_off_is_dropped(port: int, pool: Pool, sent: SentFile, cut: str) -> None:
    connection = await connected(port)
    client = await connection.start_sftp_client()
    await unfinished(client, f"/in/{sent.file_id}.ack", return_file(sent, "0", sent.lines))
    if cut == "the connection":
        connection.abort()
    else:
        client.exit()
        await client.wait_closed()
    await connection.wait_closed() if cut == "the connection" else connection.close()
    async with session(port) as later:
        assert await names(later, "/in") == set()
    assert await results(pool) == {}
    assert await pool.fetchval("SELECT count(*) FROM clearing.acknowledgments") == 0


async def test_an_upload_that_is_too_long_or_has_a_hole_is_not_taken(port: int, pool: Pool, sent: SentFile) -> None:
    path = f"/in/{sent.file_id}.ack"
    async with session(port) as client:
        opened = await client.open(path, "wb")
        with pytest.raises(SFTPFailure, match="At most"):
            await opened.write(b"x", BYTES_MAX)
        with pytest.raises(SFTPFailure, match="Not all of it came"):
            await opened.close()
        opened = await client.open(path, "wb")
        await opened.write(b"x", 10)
        with pytest.raises(SFTPFailure, match="Not all of it came"):
            await opened.close()
    assert await pool.fetchval("SELECT count(*) FROM clearing.acknowledgments") == 0


async def test_the_client_of_openssh_pulls_and_lays_down(port: int, pool: Pool, sent: SentFile, tmp_path: Path) -> None:
    binary = shutil.which("sftp")
    assert binary is not None, "install openssh-client"
    details = await add_file(pool, BANK, CONTENT, kind="detail_csv", institution=HOSPITAL, version=2)
    key = tmp_path / "key"
    key.write_bytes(KEY.export_private_key())
    key.chmod(0o600)
    (tmp_path / "mine.ack").write_bytes(return_file(sent, "0", sent.lines))
    batch = (
        f"ls -l /out\nget /out/{details.file_id}*\nput mine.ack /in/{sent.file_id}.ack\n"
        f"get /out/{sent.file_id}.ack.result.json\n"
    )
    ran = await asyncio.create_subprocess_exec(
        binary, "-b", "-", "-P", str(port), "-i", str(key), "-F", "none", "-o", "StrictHostKeyChecking=no",
        "-o", f"UserKnownHostsFile={tmp_path / 'known'}", "-o", "IdentitiesOnly=yes", f"{BANK}@127.0.0.1",
        cwd=tmp_path, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await ran.communicate(batch.encode())
    assert ran.returncode == 0, (out + err).decode()
    assert (tmp_path / details.file_id).read_bytes() == CONTENT
    checked = await asyncio.create_subprocess_exec("sha256sum", "-c", f"{details.file_id}.sha256", cwd=tmp_path)
    assert await checked.wait() == 0
    [answer] = orjson.loads((tmp_path / f"{sent.file_id}.ack.result.json").read_bytes())["acknowledgments"]
    assert answer["code"] == "ok"


async def test_the_process_serves_tells_of_its_health_and_stops(
    pool: Pool, owner: Connection, database: Database
) -> None:
    await register(owner, BANK, KEY)
    file = await add_file(pool, BANK, CONTENT)
    ports = {"MEDSETTLE_SFTP_PORT": free_port(), "MEDSETTLE_SFTP_METRICS_PORT": free_port()}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app", "sftp",
        env={
            **os.environ,
            **{name: str(port) for name, port in ports.items()},
            "MEDSETTLE_DATABASE_URL": database.app_url,
            "MEDSETTLE_SFTP_HOST_KEY": new_entry("Ed25519"),
        },
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{ports['MEDSETTLE_SFTP_METRICS_PORT']}") as client:

            async def ready() -> bool:
                with suppress(httpx.TransportError):
                    return (await client.get("/health/ready")).status_code == 200
                return False

            await eventually(ready)
            async with session(ports["MEDSETTLE_SFTP_PORT"]) as banks:
                assert await content_of(banks, f"/out/{file.file_id}") == CONTENT
                assert "medsettle_sftp_connections 1.0" in (await client.get("/metrics")).text
        child.terminate()
        assert await asyncio.wait_for(child.wait(), DEADLINE_SECONDS) == 0
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
