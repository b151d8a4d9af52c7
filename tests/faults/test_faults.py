"""Each part is taken away under load; every test ends with the same check of every message and every fen."""

import asyncio
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from signal import SIGTERM

import pytest
from app.embedded.broker import start_broker
from app.embedded.ports import free_port
from pydantic import SecretStr
from tests.harness import House, copy_of, eventually, house_in, owned
from tests.traffic import Traffic


@pytest.fixture
async def house(house_folder: Path, tmp_path: Path) -> AsyncIterator[House]:
    async with house_in(copy_of(house_folder, tmp_path / "house")) as house:
        yield house


@pytest.fixture
async def traffic(house: House) -> Traffic:
    traffic = Traffic(house, seed=2026)
    await traffic.open_parties()
    return traffic


@pytest.mark.processes
async def test_nothing_is_lost_or_doubled_where_nothing_happens(house: House, traffic: Traffic) -> None:
    await house.start_worker()
    await house.start_api()
    async with traffic.flowing(http=True):
        await house.settle_until(1_000)
    await traffic.assert_settled_once()


async def test_the_check_itself_finds_what_is_lost_doubled_or_changed(house: House, traffic: Traffic) -> None:
    await house.start_worker()
    await house.start_api()
    async with traffic.flowing(http=True):
        await house.settle_until(300)
    await traffic.assert_settled_once()
    traffic.patience_seconds = 1
    key = next(iter(traffic.sent))
    told, answers = list(house.outcomes.records), list(traffic.answers)

    async def finds() -> None:
        with pytest.raises(AssertionError):
            await traffic.assert_settled_once()
        house.outcomes.records[:], traffic.answers[:] = told, answers

    traffic.sent["H00000000001", "LOST"] = traffic.sent[key]
    await finds()
    del traffic.sent["H00000000001", "LOST"]
    house.outcomes.records[:] = [record for record in told if key[1].encode() not in (record.value or b"")]
    await finds()
    traffic.answers[0] = {**answers[0], "account_paid": answers[0]["account_paid"] + 1}
    await finds()
    async with owned(house) as owner:
        for change, mended in (
            ("UPDATE ledger.accounts SET balance = balance + 1 WHERE owner = 'P1'", "balance - 1"),
            ("UPDATE settlement.settlements SET position = position + 900 WHERE message_id = 'T1'", "position - 900"),
        ):
            await owner.execute(change)
            await finds()
            await owner.execute(change.replace("balance + 1", mended).replace("position + 900", mended))
        await owner.execute(
            "INSERT INTO settlement.settlements SELECT (jsonb_populate_record(s, '{\"position\": 900}')).*"
            " FROM settlement.settlements AS s WHERE message_id = 'T1' LIMIT 1"
        )
        await finds()
        await owner.execute("DELETE FROM settlement.settlements WHERE position = 900")
    await traffic.assert_settled_once()


async def test_a_killed_worker(house: House, traffic: Traffic) -> None:
    worker = await house.start_worker()
    async with traffic.flowing():
        for count in (200, 600, 1_000):
            await house.settle_until(count)
            worker.kill()
            worker = await house.start_worker()
    await traffic.assert_settled_once()


@pytest.mark.processes
async def test_a_killed_api(house: House, traffic: Traffic) -> None:
    """Clients send again what was not answered; what was answered is durable."""
    api = await house.start_api()
    async with traffic.flowing(kafka=False, http=True):
        for count in (100, 300, 500):
            await house.settle_until(count)
            api.kill()
            api = await house.start_api()
    await traffic.assert_settled_once()


@pytest.mark.processes
async def test_a_killed_postgres(house: House, traffic: Traffic) -> None:
    worker = await house.start_worker()
    api = await house.start_api()
    async with traffic.flowing(http=True):
        for count in (200, 700, 1_200):
            await house.settle_until(count)
            house.postgres.kill()
            await house.postgres.restart()
    await traffic.assert_settled_once()
    assert (worker.exit_code, api.exit_code) == (None, None)


@pytest.mark.processes
async def test_postgres_away_for_twenty_seconds(house: House, traffic: Traffic) -> None:
    worker = await house.start_worker()
    api = await house.start_api()
    async with traffic.flowing(http=True):
        await house.settle_until(200)
        await house.postgres.stop()
        await asyncio.sleep(20)
        assert (worker.exit_code, api.exit_code) == (None, None)
        await house.postgres.restart()
        await house.settle_until(500)
    # Its end says too that nothing but rubbish became a dead letter.
    await traffic.assert_settled_once()
    assert (worker.exit_code, api.exit_code) == (None, None)


@pytest.mark.processes
async def test_a_broker_that_comes_back_empty(house: House, traffic: Traffic) -> None:
    """Its log is gone, so senders repeat what was not answered; what was recorded is told on the new log."""
    worker = await house.start_worker()
    api = await house.start_api()
    await traffic.send([traffic.record() for _ in range(1_000)])
    await house.settle_until(300)
    house.broker.kill()
    before = await house.settled()
    async with traffic.flowing(kafka=False, http=True):
        await house.settle_until(before + 50)
    unpublished = await house.pool.fetch(
        "SELECT institution, message_id FROM settlement.settlements"
        " WHERE batch_id IN (SELECT batch_id FROM ledger.batches WHERE published_at IS NULL)"
    )
    assert len(unpublished) >= 50
    seen = len(house.outcomes.records)
    await house.renew_broker(worker, api)
    traffic.forget_places()
    async with traffic.flowing(http=True):
        await house.settle_until(before + 500)
    await traffic.repeat_all()
    await traffic.assert_settled_once()
    told = {(outcome["institution"], outcome["message_id"]) for outcome in traffic.outcomes_from(seen)}
    assert {tuple(row) for row in unpublished} <= told
    assert (worker.exit_code, api.exit_code) == (None, None)


@pytest.mark.processes
async def test_a_new_log_is_read_from_its_beginning_by_the_next_worker_too(house: House, traffic: Traffic) -> None:
    """An offset of the old log, committed late, would make it skip the beginning of the new one.

    New brokers number idempotent producers from the first again. A worker that is taken for one of before the loss,
    which has written on the new log since, ends, and its successor is another.
    """
    worker = await house.start_worker()
    await traffic.send([traffic.record() for _ in range(1_000)])
    await house.settle_until(300)
    house.broker.kill()
    await asyncio.sleep(1)
    await house.renew_broker(worker)
    traffic.forget_places()
    await house.all_published()
    await asyncio.sleep(3)  # for what the worker may still commit
    worker.kill()
    await traffic.repeat_all()
    async with house.kept_worker():
        await traffic.assert_settled_once()


@pytest.mark.processes
async def test_a_worker_that_stops_while_the_broker_is_away_stops_in_order(house: House, traffic: Traffic) -> None:
    worker = await house.start_worker()
    async with traffic.flowing():
        await house.settle_until(200)
    await traffic.assert_settled_once()
    house.broker.kill()
    await asyncio.sleep(2)
    assert await house.stop(worker) == 0
    assert "worker_stopped" in worker.log_text()
    assert "Traceback" not in worker.log_text()


@pytest.mark.processes
async def test_two_workers_of_which_one_comes_and_one_is_killed(house: House, traffic: Traffic) -> None:
    first = await house.start_worker()
    async with traffic.flowing():
        await house.settle_until(200)
        second = await house.start_worker()
        await house.settle_until(600)
        first.kill()
        await house.settle_until(1_000)
        await house.start_worker()
        await house.settle_until(1_400)
    await traffic.assert_settled_once()
    assert second.exit_code is None


@pytest.mark.processes
async def test_processes_that_are_asked_to_stop_in_the_middle(house: House, traffic: Traffic) -> None:
    worker = await house.start_worker()
    api = await house.start_api()
    async with traffic.flowing(http=True):
        for count in (200, 600):
            await house.settle_until(count)
            assert await house.stop(worker) == 0
            assert await house.stop(api) in {0, -SIGTERM}  # uvicorn drains and then passes the signal on
            worker = await house.start_worker()
            api = await house.start_api()
    await traffic.assert_settled_once()


# What is wrong with the server and not with the messages

_SESSIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'medsettle_app'"
_WRONG = {
    "it may not write": (
        "REVOKE INSERT ON settlement.settlements FROM medsettle_app",
        "GRANT INSERT ON settlement.settlements TO medsettle_app",
    ),
    "it is a standby": (
        f"ALTER ROLE medsettle_app SET default_transaction_read_only = on; {_SESSIONS}",
        f"ALTER ROLE medsettle_app RESET default_transaction_read_only; {_SESSIONS}",
    ),
    "it has no schema": ("ALTER SCHEMA settlement RENAME TO away", "ALTER SCHEMA away RENAME TO settlement"),
    "it lets nobody in": (
        f"ALTER ROLE medsettle_app NOLOGIN; {_SESSIONS}",
        "ALTER ROLE medsettle_app LOGIN",
    ),
    "it has no connection left": (
        f"ALTER ROLE medsettle_app CONNECTION LIMIT 0; {_SESSIONS}",
        "ALTER ROLE medsettle_app CONNECTION LIMIT -1",
    ),
}


@pytest.mark.processes
@pytest.mark.parametrize(("plant", "mend"), _WRONG.values(), ids=_WRONG)
async def test_messages_wait_for_a_server_that_is_wrong(house: House, traffic: Traffic, plant: str, mend: str) -> None:
    """A batch that such a server refuses would otherwise be dead letters, every one of them."""
    worker = await house.start_worker()
    api = await house.start_api()
    async with owned(house) as owner, traffic.flowing(http=True):
        await house.settle_until(200)
        await owner.execute(plant)

        async def waits() -> bool:
            return "database_away_partitions_paused" in worker.log_text()

        await eventually(waits)
        await asyncio.sleep(2)
        await owner.execute(mend)
        await house.settle_until(500)
    await traffic.assert_settled_once()
    assert (worker.exit_code, api.exit_code) == (None, None)


@pytest.mark.processes
async def test_sessions_that_are_terminated_in_the_middle(house: House, traffic: Traffic) -> None:
    worker = await house.start_worker()
    api = await house.start_api()
    async with owned(house) as owner, traffic.flowing(http=True):
        for _ in range(40):
            await owner.execute(_SESSIONS)
            await asyncio.sleep(0.1)
    await traffic.assert_settled_once()
    assert (worker.exit_code, api.exit_code) == (None, None)


# A disk that runs full


NAMESPACE = [
    "unshare",
    *(["--mount"] if os.geteuid() == 0 else ["--user", "--map-current-user", "--keep-caps", "--mount"]),
]

NO_MOUNT = 77

# Postgres with its database on a disk of 48 MiB of its own, in a mount namespace that nobody else sees.
POSTGRES_ON_A_SMALL_DISK = """
import asyncio, ctypes, os, sys
from pathlib import Path
import asyncpg
from app.embedded.postgres import start_postgres
from tests.engines.chosen import POSTGRES

folder, password = Path(sys.argv[1]), sys.argv[2]
small = Path("/mnt")  # everybody may enter it, and in this namespace nobody else sees what is mounted there
if ctypes.CDLL(None, use_errno=True).mount(b"tmpfs", bytes(small), b"tmpfs", 0, b"size=48m"):
    sys.exit(int(sys.argv[3]))

async def main():
    owner = (folder / "postgres").stat()
    space = small / "space"
    space.mkdir()
    os.chown(space, owner.st_uid, owner.st_gid)
    postgres = await start_postgres(folder, settings={"shared_buffers": "32MB"}, programs=POSTGRES)
    connection = await asyncpg.connect(postgres.superuser_url.rpartition("/")[0] + "/postgres")
    await connection.execute(f"CREATE TABLESPACE small LOCATION '{space}'")
    await connection.execute("ALTER DATABASE medsettle SET TABLESPACE small")
    await connection.execute(f"ALTER ROLE medsettle_app LOGIN PASSWORD '{password}'")
    await connection.close()
    print(postgres.superuser_url, postgres.url("medsettle_app", password), flush=True)
    while command := (await asyncio.to_thread(sys.stdin.readline)).strip():
        if command == "fill":
            with (small / "ballast").open("wb", buffering=0) as file:
                try:
                    while True:
                        file.write(bytes(4096))
                except OSError:
                    pass
        else:
            (small / "ballast").unlink()
        print("done", flush=True)
    await postgres.stop()

asyncio.run(main())
"""


class SmallDisk:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def do(self, command: str) -> None:
        """`fill` the disk to its last byte, or make it `free` again."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(command.encode() + b"\n")
        assert await self._process.stdout.readline() == b"done\n"


@asynccontextmanager
async def postgres_on_a_small_disk(folder: Path) -> AsyncIterator[tuple[SmallDisk, str, str]]:
    """The disk, and the URLs of the owner and of the application."""
    if subprocess.run([*NAMESPACE, "true"], check=False).returncode:  # noqa: ASYNC221
        pytest.skip("no mount namespace may be made here; the error itself is tested below")
    argv = [
        *NAMESPACE,
        sys.executable,
        "-c",
        POSTGRES_ON_A_SMALL_DISK,
        str(folder),
        secrets.token_hex(8),
        str(NO_MOUNT),
    ]
    process = await asyncio.create_subprocess_exec(*argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        urls = (await process.stdout.readline()).decode().split()
        if not urls:
            assert await process.wait() == NO_MOUNT
            pytest.skip("no disk may be mounted here; the error itself is tested below")
        yield SmallDisk(process), urls[0], urls[1]
    finally:
        process.stdin.close()
        await process.wait()


@pytest.mark.processes
async def test_a_disk_that_is_full_until_somebody_frees_it(house_folder: Path, tmp_path: Path) -> None:
    broker = await start_broker(tmp_path)
    try:
        async with (
            postgres_on_a_small_disk(copy_of(house_folder, tmp_path / "postgres")) as (disk, owner_url, app_url),
            house_in(
                tmp_path / "house",
                database_url=SecretStr(app_url),
                owner_database_url=SecretStr(owner_url),
                kafka_bootstrap_servers=broker.bootstrap_servers,
                kafka_idempotent_producer=False,
                kafka_session_timeout_ms=1_500,
                api_port=free_port(),
            ) as house,
        ):
            await run_out_of_disk(house, disk)
    finally:
        await broker.stop()


class RefusingPostgres:
    """A Postgres that answers every posting with the very error of a full disk; needs no right to mount one."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def do(self, command: str) -> None:
        async with owned(self._house) as owner:
            await owner.execute(REFUSE if command == "fill" else "DROP TRIGGER no_room ON settlement.settlements")


REFUSE = """
CREATE FUNCTION public.disk_full() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
END
$$;
CREATE TRIGGER no_room BEFORE INSERT ON settlement.settlements FOR EACH STATEMENT EXECUTE FUNCTION public.disk_full();
"""


@pytest.mark.processes
async def test_the_error_of_a_full_disk_until_it_is_gone(house: House) -> None:
    await run_out_of_disk(house, RefusingPostgres(house))


async def run_out_of_disk(house: House, disk: SmallDisk | RefusingPostgres) -> None:
    traffic = Traffic(house, seed=2026)
    await traffic.open_parties()
    worker = await house.start_worker()
    api = await house.start_api()
    async with traffic.flowing(http=True):
        await house.settle_until(200)
        await disk.do("fill")

        async def refused_and_stuck() -> bool:
            """What still finds room in pages that are there already may settle; at last nothing does."""
            before = await house.settled()
            await asyncio.sleep(3)
            return "DiskFullError" in worker.log_text() and await house.settled() == before

        await eventually(refused_and_stuck)
        stuck_at = await house.settled()
        await disk.do("free")
        await house.settle_until(stuck_at + 300)
    await traffic.assert_settled_once()
    assert (worker.exit_code, api.exit_code) == (None, None)
