"""The API process: wires the pool, the group commit and the outbox into a FastAPI application."""

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import uvicorn
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from fastapi import FastAPI

from app import __version__, logs, tracing
from app.access.authenticator import Authenticator
from app.access.identity_provider import IdentityProvider
from app.access.rate_limits import Limit, Limits
from app.access.tokens import Tokens
from app.clearing.reconciliation.runner import keep_runs_compared
from app.config import Settings
from app.console.desk import Desk, running_desk
from app.console.pages import ROUTERS
from app.database import open_pool
from app.kafka import make_producer, why_away
from app.national.platform import Platform
from app.national.regions import read_regions
from app.national.signers import Signers
from app.parties.vault import Vault
from app.process_board import keep_told
from app.routes import (
    account_states,
    acknowledgments,
    audit,
    business_days,
    cards,
    certificates,
    contract,
    dead_letters,
    feed,
    funding,
    health,
    inquiry,
    mutual_aid,
    national,
    person_records,
    persons,
    receipts,
    reconciliation,
    reconciliation_breaks,
    settlement_files,
    trace,
    transactions,
)
from app.routes.document import description, operation_id
from app.routes.problems import handle_problems
from app.routes.request_ids import RequestIds
from app.routes.request_spans import RequestSpans
from app.routes.request_times import RequestTimes
from app.routes.services import Services
from app.settlement.days import keep_days_prepared
from app.settlement.dead_letter_desk import Resender
from app.settlement.feed.projector import keep_feed_projected
from app.settlement.feed.watch import FeedWatch
from app.settlement.group_commit import GroupCommit
from app.settlement.hold_expiry import keep_holds_expired
from app.settlement.outbox import Outbox
from app.settlement.publisher import PublicationMarks, Publisher
from app.settlement.receipt_desk import ReceiptDesk
from app.settlement.rules import RuleBook
from app.settlement.shares import SHARES
from app.settlement.sweeper import Sweeper
from app.signing import read_keys
from app.tasks import start_beside, stop_beside
from app.tuning import tune_for_throughput

_log = logs.get(__name__)

_POSTING_CONNECTIONS = SHARES + 1  # one to spare: a pool that is used up raises an alert
_STOP_SECONDS_MAX = 5


def create_app(settings: Settings) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with _running(settings) as services:
            app.state.services = services
            async with running_desk(services) as desk:
                app.state.desk = desk
                yield

    app = FastAPI(
        title="medsettle",
        version=__version__,
        description=description(),
        generate_unique_id_function=operation_id,
        lifespan=lifespan,
        redirect_slashes=False,
        # What FastAPI would tell by itself, if the environment asked for it, are whole addresses, and errors with their
        # text: numbers of cards and persons. See app/routes/request_spans.py.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.include_router(feed.router)
    app.include_router(transactions.router)
    app.include_router(receipts.router)
    app.include_router(trace.router)
    app.include_router(health.router)
    app.include_router(persons.router)
    app.include_router(person_records.router)
    app.include_router(cards.router)
    app.include_router(mutual_aid.router)
    app.include_router(account_states.router)
    app.include_router(funding.router)
    app.include_router(inquiry.router)
    app.include_router(reconciliation_breaks.router)  # before those that take any word for a number
    app.include_router(reconciliation.router)
    app.include_router(certificates.router)
    app.include_router(audit.router)
    app.include_router(national.router)
    app.include_router(business_days.router)
    app.include_router(dead_letters.router)
    app.include_router(settlement_files.router)
    app.include_router(acknowledgments.router)
    for pages in ROUTERS:
        app.include_router(pages)
    app.add_middleware(RequestTimes)
    app.add_middleware(RequestIds)
    if tracing.is_on():
        app.add_middleware(RequestSpans)
    handle_problems(app)
    contract.describe(app)
    return app


@asynccontextmanager
async def _running(settings: Settings) -> AsyncIterator[Services]:
    tune_for_throughput()
    url = settings.database_url.get_secret_value()
    vault = Vault.of(settings.data_keys)
    receipt_desk = ReceiptDesk(read_keys(settings.signing_key, settings.retired_signing_keys))
    # Postings have connections of their own: a flood of queries must not make them wait.
    posting = await open_pool(url, size_max=_POSTING_CONNECTIONS, application_name="medsettle api posting")
    reading = await open_pool(url, size_max=settings.pool_size_max, application_name="medsettle api")
    producer = make_producer(settings)
    publisher, marks = Publisher(producer, settings.topic_outcomes), PublicationMarks(reading)
    outbox = Outbox(publisher, marks)
    rules = RuleBook(settings.cut_off)
    tokens = Tokens(settings)
    authenticator, provider = Authenticator(reading, tokens), IdentityProvider.of(settings, tokens)
    limits = Limits(
        Limit("requests", settings.rate_limit_per_second), Limit("looks", settings.rate_limit_looks_per_second)
    )
    group_commit = GroupCommit(
        posting,
        outbox,
        rules=rules,
        batch_max=settings.batch_messages_max,
        waiting_max=settings.http_queue_max,
    )
    feed_watch = FeedWatch(reading)
    platform = Platform(
        reading, group_commit, rules, vault, read_regions(settings.national_regions), Signers(reading), url,
    )  # fmt: skip
    async with posting, reading:
        beside = start_beside(
            group_commit.run(),
            marks.run(),
            keep_days_prepared(reading),
            keep_holds_expired(reading),
            keep_runs_compared(reading, url, settings.cut_off),
            keep_feed_projected(reading),
            feed_watch.run(),
            authenticator.run(),
            keep_told(reading, "api"),
            _publishing(settings, producer, outbox, Sweeper(reading, publisher)),
        )
        try:
            yield Services(
                settings, reading, group_commit, rules, vault, receipt_desk, feed_watch, platform, authenticator,
                provider, limits, Resender(producer, settings.topic_transactions),
            )  # fmt: skip
        finally:
            with suppress(TimeoutError):  # what is not published by then the next sweeper publishes
                async with asyncio.timeout(_STOP_SECONDS_MAX):
                    await outbox.drain()
                    await marks.flush()
            await stop_beside(beside)
            with suppress(TimeoutError):
                async with asyncio.timeout(_STOP_SECONDS_MAX):
                    await producer.stop()


async def _publishing(settings: Settings, producer: AIOKafkaProducer, outbox: Outbox, sweeper: Sweeper) -> None:
    """Publish as soon as Kafka can be reached; settling over HTTP does not wait for it."""
    while True:
        try:
            await producer.start()
            break
        except KafkaError:
            _log.warning("kafka_away", reason=str(await why_away(settings)))
            await asyncio.sleep(1)
    await asyncio.gather(outbox.run(), sweeper.run())


class _Server(uvicorn.Server):
    """Lets go of readers that wait for news before it waits for all open requests."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        app = self.config.app
        assert isinstance(app, FastAPI)
        services: Services = app.state.services
        services.feed_watch.close()
        desk: Desk = app.state.desk
        desk.close()
        await super().shutdown(sockets)


async def run_api(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; requests in hand are answered first, within the drain bound."""
    app = create_app(settings)
    server = _Server(
        uvicorn.Config(
            app,
            host=settings.api_host,
            port=settings.api_port,
            loop="none",
            http="httptools",
            lifespan="on",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=settings.trusted_proxies or None,
            timeout_graceful_shutdown=settings.drain_seconds_max,
            timeout_keep_alive=75,
            backlog=2048,
        )
    )
    # Once all is served uvicorn raises the signal again; what has to be done at the end of a process would be left out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    await server.serve()
