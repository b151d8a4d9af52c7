"""Where the benchmark runs: one embedded Postgres, one broker, and a ledger database for each population."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from app.config import Settings
from app.database import Pool, connect, open_pool
from app.embedded.broker import ensure_topics
from app.embedded.ports import free_port
from app.embedded.postgres import Postgres
from app.embedded.process import Child
from app.embedded.stack import Stack
from app.installation import Installation, installed
from app.migrate import migrate
from app.settlement.days import prepare_days
from pydantic import SecretStr

#: Two for each of two workers. The embedded broker pays by the partition for each fetch and each tick of a sender, with
#: the cores that it shares with all that is measured.
PARTITIONS = 4


@dataclass(frozen=True, slots=True)
class Site:
    """The running servers. A ledger is an `Installation` of its own on them: own database, same broker."""

    installation: Installation
    stack: Stack

    @property
    def postgres(self) -> Postgres:
        return self.stack.postgres

    async def ledger(self, name: str, **settings: object) -> Installation:
        """A migrated, empty ledger in a database of this name."""
        await self.execute(f"CREATE DATABASE {name}")
        own = self.installation.settings.model_copy(
            update={"database_url": SecretStr(_in_database(self.installation, name)), **settings}
        )
        owner_url = self.url(name)
        await migrate(owner_url)
        ledger = replace(self.installation, settings=own, owner_url=owner_url, children=[])
        async with pool_of(ledger) as pool:
            await prepare_days(pool)
        return ledger

    def url(self, database: str) -> str:
        """The superuser's URL of a database."""
        return _renamed(self.postgres.superuser_url, database)

    async def execute(self, *statements: str, database: str = "medsettle") -> None:
        connection = await connect(self.url(database), application_name="medsettle bench")
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def settle_down(self, database: str) -> None:
        """Vacuum a database and write everything out, so that one measurement does not pay for the one before it.

        Autovacuum comes once a minute to what was written in the last one, and takes a third of a core for seconds.
        """
        await self.execute("VACUUM (ANALYZE)", "CHECKPOINT", database=database)

    async def fresh_topics(self) -> None:
        """Empty topics. The broker keeps its log in memory and is started anew so as not to grow."""
        await self.stack.broker.restart()
        settings = self.installation.settings
        names = (settings.topic_transactions, settings.topic_outcomes, settings.topic_dead_letters)
        await ensure_topics(settings.kafka_bootstrap_servers, dict.fromkeys(names, settings.topic_partitions))


@asynccontextmanager
async def built_site(data_dir: Path, postgres_settings: Mapping[str, str]) -> AsyncIterator[Site]:
    """Embedded servers, whatever the environment names: a benchmark never runs on someone's real ledger."""
    settings = Settings().model_copy(
        update={
            "database_url": SecretStr(""),
            "owner_database_url": SecretStr(""),
            "kafka_bootstrap_servers": "",
            "api_port": 0,
            "topic_partitions": PARTITIONS,
        }
    )
    async with installed(data_dir, settings) as installation:
        assert installation.stack is not None
        yield Site(installation, installation.stack)


@asynccontextmanager
async def pool_of(ledger: Installation) -> AsyncIterator[Pool]:
    """A pool as the application's own, for loading and for looking."""
    pool = await open_pool(
        ledger.settings.database_url.get_secret_value(), size_max=4, application_name="medsettle bench"
    )
    async with pool:
        yield pool


@asynccontextmanager
async def workers_of(ledger: Installation, count: int) -> AsyncIterator[list[Child]]:
    """So many worker processes, stopped in order at the end of the block."""
    children = await asyncio.gather(*(ledger.start_worker() for _ in range(count)))
    try:
        yield children
    finally:
        await asyncio.gather(*(ledger.stop(child) for child in children))
        for child in children:
            ledger.children.remove(child)


class Apis(NamedTuple):
    processes: dict[str, int]
    base_urls: list[str]


@asynccontextmanager
async def apis_of(ledger: Installation, count: int) -> AsyncIterator[Apis]:
    """So many API processes, each on a port of its own as behind a balancer, stopped at the end of the block."""
    ports = [{"api_port": free_port()} for _ in range(count)]
    replicas = [replace(ledger, settings=ledger.settings.model_copy(update=port), children=[]) for port in ports]
    async with AsyncExitStack() as running:
        children = []
        for replica in replicas:
            children.append(await replica.start_api())
            running.push_async_callback(replica.stop, children[-1])
        pids = {f"api {number}": child.pid for number, child in enumerate(children, start=1)}
        yield Apis(pids, [replica.base_url for replica in replicas])


def database_of(ledger: Installation) -> str:
    return urlsplit(ledger.owner_url).path[1:]


def _in_database(installation: Installation, name: str) -> str:
    return _renamed(installation.settings.database_url.get_secret_value(), name)


def _renamed(url: str, database: str) -> str:
    return urlsplit(url)._replace(path=f"/{database}").geturl()
