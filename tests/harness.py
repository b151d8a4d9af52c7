"""Whole installations under test: real servers, real worker and API processes, and readers of what they publish."""

import asyncio
import math
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeAlias

import httpx
import orjson
import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from app.config import Settings
from app.database import Pool, connect, open_pool
from app.embedded.broker import Broker, ensure_topics
from app.embedded.disk import made_folder
from app.embedded.ports import free_port
from app.embedded.postgres import Postgres
from app.embedded.process import Child
from app.installation import Installation
from app.kafka import access, make_producer
from app.settlement.days import prepare_days
from tests.callers import As, AsWhoeverMay, Keys
from tests.engines.chosen import installed_here

Record: TypeAlias = "ConsumerRecord[bytes | None, bytes | None]"

PARTITIONS = 4
#: For workers whom nobody kills: a machine that is busy must not take them for dead. Joining takes as long.
LONG_SESSION_MS = 4_000
DEADLINE_SECONDS = 90.0  # no measure of speed: a machine that is busy with other things may take its time


async def eventually(condition: Callable[[], Awaitable[bool]], *, seconds_max: float = DEADLINE_SECONDS) -> None:
    """Wait until a condition holds, which it must at last."""
    deadline = time.monotonic() + seconds_max
    while not await condition():
        assert time.monotonic() < deadline, f"{condition} did not come to hold within {seconds_max:.0f} seconds"
        await asyncio.sleep(0.02)


# No server of the tests' own speaks TLS to clients of HTTP; what else a client would do is read the certificates of the
# world, which takes longer than most tests.
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Told(NamedTuple):
    """An outcome as it stands on the topic."""

    outcome: dict[str, Any]
    record: Record


class TopicReader:
    """Reads a topic from its beginning, in the background, as long as its block lasts."""

    def __init__(self, settings: Settings, topic: str) -> None:
        self.records: list[Record] = []
        self._settings = settings
        self._places = [TopicPartition(topic, number) for number in range(settings.topic_partitions)]

    async def __aenter__(self) -> Self:
        await self.begin()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.pause()

    async def begin(self) -> None:
        """Read from the beginning of the log; what was read of an older one is kept."""
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self._settings.kafka_bootstrap_servers,
            auto_offset_reset="earliest",
            **access(self._settings),
        )
        await self._consumer.start()
        self._consumer.assign(self._places)
        self._reading = asyncio.create_task(self._read())

    async def pause(self) -> None:
        self._reading.cancel()
        with suppress(asyncio.CancelledError):
            await self._reading
        with suppress(asyncio.CancelledError):  # out of aiokafka, where the broker is away
            await self._consumer.stop()

    async def _read(self) -> None:
        while True:
            try:
                polled = await self._consumer.getmany(timeout_ms=100)
            except KafkaError:
                await asyncio.sleep(0.1)
                continue
            for records in polled.values():
                self.records.extend(records)

    async def having(self, select: Callable[[Record], bool], count: int = 1) -> list[Record]:
        """The records of a kind, once there are as many as asked for."""
        found: list[Record] = []

        async def enough() -> bool:
            found[:] = [record for record in self.records if select(record)]
            return len(found) >= count

        await eventually(enough)
        return found


class House:
    """One installation with clients of its own, and a few words for what tests do with it."""

    def __init__(self, installation: Installation, pool: Pool, producer: AIOKafkaProducer) -> None:
        self.installation = installation
        self.settings = installation.settings
        self.pool = pool
        self.producer = producer
        self.outcomes = TopicReader(self.settings, self.settings.topic_outcomes)
        self.dead_letters = TopicReader(self.settings, self.settings.topic_dead_letters)
        self.keys = Keys(installation.owner_url)
        self._told: dict[str, list[Told]] = {}
        self._told_upto = 0

    @property
    def postgres(self) -> Postgres:
        assert self.installation.stack is not None
        return self.installation.stack.postgres

    @property
    def broker(self) -> Broker:
        assert self.installation.stack is not None
        return self.installation.stack.broker

    async def start_worker(self) -> Child:
        return await self.installation.start_worker()

    @asynccontextmanager
    async def kept_worker(self) -> AsyncIterator[None]:
        """A worker as long as the block lasts, and another one where it ends, as an orchestrator keeps one."""

        async def keep() -> None:
            while True:
                worker = await self.start_worker()
                await worker.ended(math.inf)

        keeping = asyncio.create_task(keep())
        try:
            yield
        finally:
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping

    async def start_api(self) -> Child:
        return await self.installation.start_api()

    async def start_scheduler(self) -> Child:
        return await self.installation.start_scheduler()

    async def stop(self, child: Child) -> int | None:
        """SIGTERM; the exit code."""
        await self.installation.stop(child)
        return child.exit_code

    def client(self, key: str | None = None) -> httpx.AsyncClient:
        """With a key of `self.keys`, else in the name of whoever may send what is sent.

        As many connections as there are requests, like a province full of tills.
        """
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        auth = AsWhoeverMay(self.keys) if key is None else As(key)
        return httpx.AsyncClient(
            base_url=self.installation.base_url, timeout=DEADLINE_SECONDS, limits=limits, auth=auth, verify=PLAIN
        )

    @asynccontextmanager
    async def other(self, folder: Path, **overrides: Any) -> AsyncIterator["House"]:
        """The same servers with processes of other settings; those that were started are stopped at the end."""
        changed = self.settings.model_copy(update={"api_port": free_port(), **overrides})
        installation = Installation(made_folder(folder), changed, self.installation.owner_url, None)
        try:
            yield House(installation, self.pool, self.producer)
        finally:
            for child in installation.children:
                await installation.stop(child)

    @asynccontextmanager
    async def locked(self, person_no: str) -> AsyncIterator[None]:
        """Nothing of this person settles inside the block: another session holds the account."""
        async with owned(self) as owner, owner.transaction():
            await owner.execute("SELECT FROM ledger.accounts WHERE owner = $1 FOR UPDATE", person_no)
            yield

    async def send(self, value: bytes | None, *, key: bytes | None = b"P1", **options: Any) -> str:
        """Send one record to the worker, however often it takes; the place where it came to stand."""
        while True:
            try:
                sent = await self.producer.send_and_wait(
                    self.settings.topic_transactions, value=value, key=key, **options
                )
            except KafkaError:
                await asyncio.sleep(0.1)
                continue
            return f"{sent.partition}/{sent.offset}"

    async def told(self, message_id: str, count: int = 1) -> list[Told]:
        """What the outcome topic says of a message, once it says it `count` times."""

        async def enough() -> bool:
            return len(self.told_so_far().get(message_id, [])) >= count

        await eventually(enough)
        return self.told_so_far()[message_id]

    def told_so_far(self) -> dict[str, list[Told]]:
        new = self.outcomes.records[self._told_upto :]
        self._told_upto += len(new)
        for record in new:
            outcome = orjson.loads(record.value or b"")
            self._told.setdefault(outcome["message_id"], []).append(Told(outcome, record))
        return self._told

    async def settled(self) -> int:
        """How many payments are recorded."""
        found: int = await self.pool.fetchval("SELECT count(*) FROM settlement.settlements WHERE kind = 'payment'")
        return found

    async def settle_until(self, count: int) -> None:
        """Wait until so many payments are recorded; Postgres may be away meanwhile."""

        async def enough() -> bool:
            with suppress(Exception):
                return await self.settled() >= count
            return False

        await eventually(enough)

    async def all_published(self) -> None:
        """Wait until no recorded batch is left to be published."""

        async def none_left() -> bool:
            with suppress(Exception):
                left = await self.pool.fetchval("SELECT count(*) FROM ledger.batches WHERE published_at IS NULL")
                return bool(left == 0)
            return False

        await eventually(none_left)

    async def hush(self) -> None:
        """Count all batches so far as published: opening balances need not be told in a test."""
        async with owned(self) as owner:
            await owner.execute("UPDATE ledger.batches SET published_at = now() WHERE published_at IS NULL")

    async def renew_broker(self, *children: Child) -> None:
        """Start a killed broker, with an empty log.

        Our clients and the processes stand still until the topics are there: asked for one topic by two at once,
        this broker makes it twice and forgets what the first of them wrote.
        """
        for reader in (self.outcomes, self.dead_letters):
            await reader.pause()
        await self.producer.stop()
        processes = [psutil.Process(child.pid) for child in children]
        for process in processes:
            process.suspend()
        await self.broker.restart()
        await ensure_topics(self.settings.kafka_bootstrap_servers, topics(self.settings))
        for process in processes:
            process.resume()
        self.producer = make_producer(self.settings)
        await self.producer.start()
        for reader in (self.outcomes, self.dead_letters):
            await reader.begin()


@asynccontextmanager
async def house_in(folder: Path, **overrides: Any) -> AsyncIterator[House]:
    """A house with Postgres and a broker of its own; worker and API are started by the test."""
    async with installed_here(folder, settings(**overrides)) as installation, house_of(installation) as house:
        yield house


@asynccontextmanager
async def house_of(installation: Installation) -> AsyncIterator[House]:
    """The installation with clients of its own, and days to settle in."""
    pool = await open_pool(installation.settings.database_url.get_secret_value(), size_max=2, application_name="tests")
    producer = make_producer(installation.settings)
    async with pool:
        await producer.start()
        house = House(installation, pool, producer)
        try:
            await prepare_days(pool)
            async with house.outcomes, house.dead_letters:
                yield house
        finally:
            await house.producer.stop()


@asynccontextmanager
async def owned(house: House) -> AsyncIterator[Any]:
    """A connection of the role that owns the tables."""
    connection = await connect(house.installation.owner_url, application_name="tests")
    try:
        yield connection
    finally:
        await connection.close()


def settings(**overrides: Any) -> Settings:
    """Small batches, so that a run has many moments at which it can be killed."""
    values: dict[str, Any] = {"topic_partitions": PARTITIONS, "batch_messages_max": 50, "api_port": 0}
    return Settings(**{**values, **overrides})


def topics(settings: Settings) -> dict[str, int]:
    return dict.fromkeys(
        (settings.topic_transactions, settings.topic_outcomes, settings.topic_dead_letters), settings.topic_partitions
    )


def copy_of(folder: Path, target: Path) -> Path:
    """A data folder of its own, without the time that initdb takes."""
    subprocess.run(["/bin/cp", "-a", folder, target], check=True)
    return target
