"""Apache Kafka as the broker of tests: one node in KRaft mode on loopback, a process of its own.

`python -m tests.engines.kafka HOME` readies the jars in HOME/jars: what each start would do again is done once.
"""

import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Final, NamedTuple

from app.embedded.broker import Broker
from app.embedded.disk import made_folder
from app.embedded.ports import LOOPBACK, PortTakenError, free_port, start_on
from app.embedded.process import POLL_SECONDS, Child, spawn

START_SECONDS_MAX: Final = 120  # a JVM on a machine that is busy with other things
STOP_SECONDS_MAX: Final = 30

#: One node is enough for all topics, groups come to life at once, and sessions may be as short as tests want them.
_PROPERTIES: Final = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "INTERNAL",
    "offsets.topic.num.partitions": "4",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
}

# Starts in a third of the time: classes are mapped from an archive, and what runs so shortly is hardly optimized.
_JAVA: Final = (
    *("java", "-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
    *(
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",
    ),
)
_STARTED: Final = "Kafka Server started"


class Security(NamedTuple):
    """How clients are let in: a protocol, properties of their listener and logins as StorageTool takes them."""

    protocol: str
    properties: Mapping[str, str]
    logins: Sequence[str] = ()


OPEN: Final = Security("PLAINTEXT", {})


@dataclass(slots=True)
class Kafka(Broker):
    """Used like the embedded broker: a `restart` forgets everything. `resume` starts it on the log that it has."""

    home: Path
    java: Sequence[str | Path]
    security: Security

    async def stop(self) -> None:
        """At once, as what it holds is thrown away."""
        self.kill()

    async def stop_in_order(self) -> None:
        await self._child.stop((SIGTERM, STOP_SECONDS_MAX))

    async def restart(self) -> None:
        self.kill()
        _empty(self.home, self.log_dir, self.security)
        await self.resume()

    async def resume(self) -> None:
        self.kill()
        self._child = await _launch(self.java, self.log_dir, self.port, self.security)


async def start_kafka(home: Path, folder: Path, security: Security = OPEN) -> Kafka:
    """Run the Kafka of `home` on an empty log in `folder`."""
    folder = made_folder(folder)
    _empty(home, folder, security)
    return await _start(home, folder, security, f"-XX:SharedArchiveFile={home / 'classes.jsa'}")


async def _start(home: Path, folder: Path, security: Security, *options: str) -> Kafka:
    java = (*_JAVA, *options, "-cp", _class_path(home), "kafka.Kafka")

    async def start(port: int) -> Kafka:
        return Kafka(folder, port, await _launch(java, folder, port, security), home, java, security)

    return await start_on(0, start)


def _empty(home: Path, folder: Path, security: Security) -> None:
    shutil.rmtree(folder / "log", ignore_errors=True)
    if security.logins:
        _format(home, _properties(folder, free_port(), security), security)
        return
    shutil.copytree(home / "formatted", folder / "log")


async def _launch(java: Sequence[str | Path], folder: Path, port: int, security: Security) -> Child:
    properties = _properties(folder, port, security)
    child = spawn("Kafka", [*java, properties], log=folder / "broker.log", death_signal=SIGKILL)
    try:
        await _ready(child, port)
    except BaseException:
        child.kill()
        raise
    return child


def _properties(folder: Path, port: int, security: Security) -> Path:
    """The file of properties, with ports that are free now for what clients do not speak to."""
    ports = {"CLIENTS": port}
    for name in ("INTERNAL", "CONTROLLER"):
        ports[name] = next(found for found in iter(free_port, None) if found not in ports.values())
    properties = {
        **_PROPERTIES,
        "controller.quorum.voters": f"1@{LOOPBACK}:{ports['CONTROLLER']}",
        "listeners": ",".join(f"{name}://{LOOPBACK}:{place}" for name, place in ports.items()),
        "listener.security.protocol.map": f"CLIENTS:{security.protocol},INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
        **{f"listener.name.clients.{name}": value for name, value in security.properties.items()},
        "log.dirs": str(folder / "log"),
    }
    file = folder / "server.properties"
    file.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))
    return file


def _class_path(home: Path) -> str:
    return ":".join(map(str, sorted((home / "jars").glob("*.jar"))))


async def _ready(child: Child, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while _STARTED not in child.log_text():
        if "Address already in use" in child.log_text():
            raise PortTakenError("Kafka", port)
        if child.exit_code is not None:
            raise child.failure("Kafka did not start")
        if time.monotonic() > deadline:
            raise child.failure(f"Kafka did not start within {START_SECONDS_MAX} seconds")
        await asyncio.sleep(POLL_SECONDS)


async def _prepare(home: Path) -> None:
    """A formatted log, which every start copies, and an archive of the classes that a start loads."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _format(home, _properties(folder, free_port(), OPEN), OPEN)
        shutil.rmtree(home / "formatted", ignore_errors=True)
        shutil.copytree(folder / "log", home / "formatted")
        first = await _start(home, folder, OPEN, f"-XX:ArchiveClassesAtExit={home / 'classes.jsa'}")
        await first.stop_in_order()


def _format(home: Path, properties: Path, security: Security) -> None:
    logins = [word for login in security.logins for word in ("--add-scram", login)]
    _storage(home, "format", "--cluster-id", _storage(home, "random-uuid"), "--config", properties, *logins)


def _storage(home: Path, *words: str | Path) -> str:
    """What Kafka's tool of this name prints."""
    tool = [*_JAVA, "-cp", _class_path(home), "kafka.tools.StorageTool"]
    return subprocess.run([*tool, *words], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


if __name__ == "__main__":
    asyncio.run(_prepare(Path(sys.argv[1]).absolute()))
