"""A whole installation on this machine: servers, schema, topics, and the service's own processes.

Servers that the settings name are used; what they leave empty is started here, on loopback and in the data folder.
"""

import asyncio
import json
import os
import secrets
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGTERM

import asyncpg
import httpx
from pydantic import SecretStr

from app import signing
from app.config import Settings
from app.database import connect
from app.embedded.broker import ensure_topics
from app.embedded.disk import made_folder, refusals_explained
from app.embedded.ports import free_port
from app.embedded.process import Child, spawn
from app.embedded.stack import Stack, running_stack
from app.errors import StackError
from app.kafka import access
from app.migrate import migrate
from app.parties.vault import new_entry

APPLICATION_ROLE = "medsettle_app"

#: In the data folder of an embedded stack: entries of MEDSETTLE_DATA_KEYS, the current one first.
KEY_FILE = "data_keys"
#: In the same place: the entry of MEDSETTLE_SIGNING_KEY.
SIGNING_KEY_FILE = "signing_key"

# The embedded broker has no idempotent producer. On loopback bytes cost less than packing them.
EMBEDDED_KAFKA = {"kafka_idempotent_producer": False, "kafka_compression": "none"}

_READY_SECONDS_MAX = 120.0  # several that start at once on a small machine take their time


@dataclass(slots=True)
class Installation:
    """Servers with schema and topics. Children die with this process; stop them before the block ends."""

    data_dir: Path
    settings: Settings
    owner_url: str
    stack: Stack | None
    children: list[Child] = field(default_factory=list)

    @property
    def base_url(self) -> str:
        return f"http://{self.settings.api_host}:{self.settings.api_port}"

    async def start_worker(self) -> Child:
        """Start a worker and return when it owns partitions or waits for some."""
        child = self._start("worker")
        await self._until_ready(child, lambda: _says(child, "worker_started"))
        return child

    async def start_api(self) -> Child:
        """Start the API and return when it is ready."""
        child = self._start("api")
        async with httpx.AsyncClient(base_url=self.base_url) as client:
            await self._until_ready(child, lambda: _answers(client))
        return child

    async def start_scheduler(self) -> Child:
        """Start a scheduler and return when it looks for days to seal."""
        child = self._start("scheduler")
        await self._until_ready(child, lambda: _says(child, "scheduler_started"))
        return child

    async def stop(self, child: Child) -> None:
        await child.stop((SIGTERM, self.settings.drain_seconds_max + 2))

    async def _until_ready(self, child: Child, ready: Callable[[], Awaitable[bool]]) -> None:
        try:
            async with asyncio.timeout(_READY_SECONDS_MAX):
                while not await ready():
                    if child.exit_code is not None:
                        raise child.failure(f"The {child.name} ended while it started")
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise child.failure(f"The {child.name} was not ready after {_READY_SECONDS_MAX:.0f} seconds") from None

    def _start(self, command: str) -> Child:
        child = spawn(
            command,
            [sys.executable, "-m", "app", command],
            log=self.data_dir / f"{command}.log",
            death_signal=SIGTERM,
            env={**os.environ, **environment(self.settings)},
        )
        self.children.append(child)
        return child


@asynccontextmanager
async def installed(
    data_dir: Path, settings: Settings, *, postgres_port: int = 0, kafka_port: int = 0
) -> AsyncIterator[Installation]:
    """Have servers, schema and topics; on leaving, the children are stopped first and then the servers."""
    outside = (bool(settings.database_url.get_secret_value()), bool(settings.kafka_bootstrap_servers))
    if all(outside):
        installation = Installation(made_folder(data_dir), settings, _owner_url(settings), None)
        async with _with_schema(installation):
            yield installation
        return
    if any(outside):
        raise StackError(
            "Set both MEDSETTLE_DATABASE_URL and MEDSETTLE_KAFKA_BOOTSTRAP_SERVERS to use servers of your own, or none"
        )
    embedded = with_short_sessions(settings.model_copy(update=EMBEDDED_KAFKA))
    async with (
        running_stack(data_dir, postgres_port=postgres_port, kafka_port=kafka_port) as stack,
        installed_on(stack, embedded) as installation,
    ):
        yield installation


def with_short_sessions(settings: Settings) -> Settings:
    """A worker that was killed is replaced soon, where no other time was set; Kafka would take none below 6 seconds."""
    if "kafka_session_timeout_ms" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"kafka_session_timeout_ms": 1_500})


@asynccontextmanager
async def installed_on(stack: Stack, settings: Settings) -> AsyncIterator[Installation]:
    """Have schema, topics, a login and keys on servers that were started here."""
    password = secrets.token_urlsafe(18)
    filled = settings.model_copy(
        update={
            "database_url": SecretStr(stack.postgres.url(APPLICATION_ROLE, password)),
            "owner_database_url": SecretStr(stack.postgres.superuser_url),
            "kafka_bootstrap_servers": stack.broker.bootstrap_servers,
            "api_port": settings.api_port or free_port(),
            "data_keys": settings.data_keys
            if settings.data_keys.get_secret_value()
            else _kept_key(stack.data_dir / KEY_FILE, lambda: new_entry(1)),
            "signing_key": settings.signing_key
            if settings.signing_key.get_secret_value()
            else _kept_key(stack.data_dir / SIGNING_KEY_FILE, lambda: signing.new_entry("Ed25519")),
        }
    )
    installation = Installation(stack.data_dir, filled, stack.postgres.superuser_url, stack)
    async with _with_schema(installation):
        await _let_application_log_in(installation.owner_url, password)
        yield installation


def _kept_key(file: Path, make: Callable[[], str]) -> SecretStr:
    """What lies beside the embedded servers' data; made at the first start."""
    with refusals_explained(file.parent):
        if not file.exists():
            # Written apart and renamed: a start that was killed leaves no half key behind.
            written = file.with_suffix(".new")
            written.unlink(missing_ok=True)
            written.touch(mode=0o600)
            written.write_text(f"{make()}\n")
            written.rename(file)
        return SecretStr(",".join(file.read_text().split()))


@asynccontextmanager
async def _with_schema(installation: Installation) -> AsyncIterator[None]:
    settings = installation.settings
    await migrate(installation.owner_url)
    await ensure_topics(
        settings.kafka_bootstrap_servers,
        dict.fromkeys(
            (settings.topic_transactions, settings.topic_outcomes, settings.topic_dead_letters),
            settings.topic_partitions,
        ),
        **access(settings),
    )
    try:
        yield
    finally:
        for child in installation.children:
            await installation.stop(child)


async def _let_application_log_in(owner_url: str, password: str) -> None:
    connection = await connect(owner_url, application_name="medsettle installation")
    try:
        literal = await connection.fetchval("SELECT quote_literal($1::text)", password)
        await connection.execute(f"ALTER ROLE {APPLICATION_ROLE} LOGIN PASSWORD {literal}")
    except asyncpg.PostgresError as error:
        raise StackError(f"The application's role could not be given a password: {error}") from error
    finally:
        await connection.close()


async def _says(child: Child, event: str) -> bool:
    return event in child.log_text()


async def _answers(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/health/ready")).is_success
    except httpx.TransportError:
        return False


def _owner_url(settings: Settings) -> str:
    return settings.owner_database_url.get_secret_value() or settings.database_url.get_secret_value()


def environment(settings: Settings) -> dict[str, str]:
    """The settings as the environment of a child; the owner's URL stays with us."""
    values = settings.model_dump(exclude={"owner_database_url"})
    return {f"MEDSETTLE_{name.upper()}": _text(value) for name, value in values.items()}


def _text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return json.dumps(value) if isinstance(value, tuple) else str(value)
