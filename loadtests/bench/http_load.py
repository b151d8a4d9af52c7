"""HTTP: one transaction a request and batches of 100, the generator on the same two cores as the service."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from random import Random

from app.errors import MedsettleError
from app.installation import Installation

from loadtests.bench.cpu import metered
from loadtests.bench.figures import Latency, latency_of
from loadtests.bench.http_client import HttpLoad, post
from loadtests.bench.payments import Transaction
from loadtests.bench.site import Site, api_of

CONNECTIONS = 64
BATCH_CONNECTIONS = 32
BATCH = 100

_WARM_UP_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class HttpRun:
    """`per_second` is the closed loop's maximum; `latency` was taken at half of it, in an open loop."""

    connections: int
    per_second: float
    latency_at_maximum: Latency
    open_per_second: float
    latency: Latency
    cores: dict[str, float]


@dataclass(frozen=True, slots=True)
class HttpBatchRun:
    connections: int
    batch: int
    transactions_per_second: float
    latency: Latency
    cores: dict[str, float]


async def measure_http(site: Site, ledger: Installation, payments: Iterator[Transaction], *, seconds: float) -> HttpRun:
    await site.fresh_topics()
    await site.settle_down()
    contents = (post("/v1/transactions", payment.value) for payment in payments)
    async with api_of(ledger) as api, HttpLoad(ledger.base_url, CONNECTIONS) as load:
        await load.closed(contents, _WARM_UP_SECONDS)
        async with metered(site, api=api.pid) as meter:
            per_second = await load.closed(contents, seconds)
        at_maximum = _checked(load, 201)
        open_per_second = await load.open(contents, _poisson(per_second / 2), seconds)
        return HttpRun(
            connections=CONNECTIONS,
            per_second=per_second,
            latency_at_maximum=at_maximum,
            open_per_second=open_per_second,
            latency=_checked(load, 201),
            cores=meter.cores(),
        )


async def measure_http_batches(
    site: Site, ledger: Installation, payments: Iterator[Transaction], *, seconds: float
) -> HttpBatchRun:
    await site.fresh_topics()
    await site.settle_down()
    async with api_of(ledger) as api, HttpLoad(ledger.base_url, BATCH_CONNECTIONS) as load:
        await load.closed(_batches(payments), _WARM_UP_SECONDS)
        async with metered(site, api=api.pid) as meter:
            per_second = await load.closed(_batches(payments), seconds)
        return HttpBatchRun(
            connections=BATCH_CONNECTIONS,
            batch=BATCH,
            transactions_per_second=per_second * BATCH,
            latency=_checked(load, 200),
            cores=meter.cores(),
        )


def _batches(payments: Iterator[Transaction]) -> Iterator[bytes]:
    while True:
        values = [payment.value for payment in islice(payments, BATCH)]
        yield post("/v1/transactions/batch", b"[" + b",".join(values) + b"]")


def _poisson(per_second: float) -> Iterator[float]:
    """Gaps between arrivals that know nothing of each other."""
    random = Random(1)
    while True:
        yield random.expovariate(per_second)


def _checked(load: HttpLoad, status: int) -> Latency:
    """Every answer was the expected one; a fast refusal is no throughput."""
    if set(load.statuses) != {status}:
        raise MedsettleError(f"The API answered {dict(Counter(load.statuses))}, only {status} was expected")
    return latency_of(load.latencies)
