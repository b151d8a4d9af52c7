"""HTTP: one transaction a request and batches of 100, the generator on the same two cores as the service."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain, islice
from random import Random

from app.access.api_keys import Binding, create_key
from app.access.principal import Role
from app.database import connect
from app.errors import MedsettleError
from app.installation import Installation

from loadtests.bench.cpu import metered
from loadtests.bench.figures import Latency, latency_of
from loadtests.bench.http_client import HttpLoad, post
from loadtests.bench.payments import INSTITUTIONS, Transaction, institution_code
from loadtests.bench.site import Site, apis_of, database_of

CONNECTIONS = 64
BATCH = 100
#: For each of two processes a full group in flight, and a part of the next one.
BATCH_CONNECTIONS = 48

_WARM_UP_SECONDS = 2.0
# In which each process meets more than half of the keys for the first time, and looks them up.
_BATCH_WARM_UP_SECONDS = 5.0
# As many are made before anything is measured; should they not last, the others are made beside it.
_TRANSACTIONS_PER_SECOND_MAX = 20_000
_REQUESTS_PER_SECOND_MAX = 4_000
_KEY_LIFETIME = timedelta(days=1)


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


async def measure_http(
    site: Site, ledger: Installation, payments: Iterator[Transaction], *, processes: int, seconds: float
) -> HttpRun:
    await site.fresh_topics()
    await site.settle_down(database_of(ledger))
    keys = await _make_keys(ledger)
    contents = _made(
        (post("/v1/transactions", payment.value, keys[payment.institution]) for payment in payments),
        int((_WARM_UP_SECONDS + 2 * seconds) * _REQUESTS_PER_SECOND_MAX),
    )
    async with apis_of(ledger, processes) as apis, HttpLoad(apis.base_urls, CONNECTIONS) as load:
        await load.closed(contents, _WARM_UP_SECONDS)
        async with metered(site, **apis.processes) as meter:
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
    site: Site, ledger: Installation, payments: Iterator[Transaction], *, processes: int, seconds: float
) -> HttpBatchRun:
    """payments: BATCH in a row at one institution."""
    await site.fresh_topics()
    await site.settle_down(database_of(ledger))
    batches = _made(
        _batches(payments, await _make_keys(ledger)),
        int((_BATCH_WARM_UP_SECONDS + seconds) * _TRANSACTIONS_PER_SECOND_MAX) // BATCH,
    )
    async with apis_of(ledger, processes) as apis, HttpLoad(apis.base_urls, BATCH_CONNECTIONS) as load:
        await load.closed(batches, _BATCH_WARM_UP_SECONDS)
        async with metered(site, **apis.processes) as meter:
            per_second = await load.closed(batches, seconds)
        return HttpBatchRun(
            connections=BATCH_CONNECTIONS,
            batch=BATCH,
            transactions_per_second=per_second * BATCH,
            latency=_checked(load, 200),
            cores=meter.cores(),
        )


def _made(contents: Iterator[bytes], count: int) -> Iterator[bytes]:
    """The same, so many of them made now: the generator shares the cores, and making a payment costs it 6 to 14 µs."""
    return chain(list(islice(contents, count)), contents)


def _batches(payments: Iterator[Transaction], keys: Mapping[str, str]) -> Iterator[bytes]:
    while True:
        batch = list(islice(payments, BATCH))
        body = b"[" + b",".join([payment.value for payment in batch]) + b"]"
        yield post("/v1/transactions/batch", body, keys[batch[0].institution])


async def _make_keys(ledger: Installation) -> dict[str, str]:
    """A key for each institution, since one may not send what is another's."""
    codes = [institution_code(number) for number in range(INSTITUTIONS)]
    connection = await connect(ledger.owner_url, application_name="medsettle bench")
    try:
        async with connection.transaction():
            bindings = [Binding(Role.INSTITUTION, code, institution=code) for code in codes]
            return {
                binding.name: (await create_key(connection, binding, lifetime=_KEY_LIFETIME, created_by="bench")).key
                for binding in bindings
            }
    finally:
        await connection.close()


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
