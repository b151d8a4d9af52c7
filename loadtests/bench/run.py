"""`medsettle bench`: takes every figure in one run on servers of its own. Start reading here."""

import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.errors import MedsettleError
from app.installation import Installation
from app.progress import shown
from app.tuning import tune_for_throughput
from app.verify import verify

from loadtests.bench.baselines import COPY_ROWS, Tpcb, measure_copy, measure_tpcb
from loadtests.bench.cpu import text_of
from loadtests.bench.http_load import BATCH, measure_http, measure_http_batches
from loadtests.bench.latency import measure_failover, measure_latency
from loadtests.bench.machine import machine_facts
from loadtests.bench.mixed import DEBIT_EVERY, MixedMaker
from loadtests.bench.payments import PaymentMaker, Transaction
from loadtests.bench.pipeline import PipelineRun, measure_pipeline
from loadtests.bench.population import add_debit_accounts, payers_of, populate
from loadtests.bench.report import BenchReport, print_report, write_json
from loadtests.bench.site import Site, built_site
from loadtests.bench.storage import measure_storage

__all__ = ["BenchReport", "print_report", "run_bench"]

Say = Callable[[str], None]

HOT_SHARE, HOT_PER_SECOND = 0.7, 1_000.0
#: As many as there are workers; the chart, too, has two of each.
HTTP_PROCESSES = 2
_SEED = 20_261_122
_ENDLESS = 10**9


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of each; seconds are those of one measurement, without its warm-up."""

    tpcb_scale: int
    tpcb_seconds: int
    persons: int
    messages: int
    workers: Sequence[int]
    copy_rows: int
    copy_seconds: float
    http_seconds: float
    latency_seconds: float
    many_persons: int  # 0: leave this row out


QUICK = Plan(20, 5, 100_000, 300_000, (2,), 200_000, 3, 5, 6, 0)
FULL = Plan(50, 15, 100_000, 1_000_000, (1, 2), 400_000, 10, 15, 20, 10_000_000)


async def run_bench(
    quick: bool, output: Path | None, *, data_dir: Path | None = None, say: Say = print, plan: Plan | None = None
) -> BenchReport:
    """Take all figures on embedded servers in `data_dir`, by default a folder that is removed afterwards."""
    plan = plan or (QUICK if quick else FULL)
    started = time.monotonic()
    tune_for_throughput()  # the generator shares the cores: its pauses would be counted as the service's
    with tempfile.TemporaryDirectory(prefix="medsettle-bench-") as folder:
        async with built_site(data_dir or Path(folder), {}) as site:
            report = BenchReport(quick, await machine_facts(site))
            await _Bench(site, plan, report, say).run()
    report.seconds = time.monotonic() - started
    if output is not None:
        write_json(report, output)
    return report


class _Bench:
    def __init__(self, site: Site, plan: Plan, report: BenchReport, say: Say) -> None:
        self._site = site
        self._plan = plan
        self._report = report
        self._say = say
        self._maker = PaymentMaker(_SEED)
        self._persons = range(plan.persons)

    async def run(self) -> None:
        """COPY and half of the maximum follow the maximum at once: a shared host may soon be slower, or faster."""
        self._say(f"pgbench TPC-B at scale {self._plan.tpcb_scale} with 1, 16 and 64 clients")
        tpcb = await measure_tpcb(self._site, scale=self._plan.tpcb_scale, seconds=self._plan.tpcb_seconds)
        self._keep("tpcb", tpcb)
        ledger = await self._ledger("bench", self._plan.persons, self._persons)
        best = await self._pipeline(ledger)
        await self._compare(ledger, best, tpcb)
        await self._try("half_maximum", self._half_maximum(ledger, best))
        await self._try("mixed_profile", self._mixed_profile(ledger, best))
        await self._try("http_single", self._http(ledger))
        await self._try("http_batch", self._http_batches(ledger))
        await self._try("hot_account", self._hot_account(ledger))
        await self._try("many_accounts", self._many_accounts(best))
        await self._try("failover", self._failover(ledger))
        await self._verify(ledger)

    async def _try(self, key: str, work: Coroutine[None, None, None]) -> None:
        """What fails leaves its row empty and the others their chance: a full run takes long."""
        try:
            await work
        except MedsettleError as error:
            self._report.add(key, None, "failed")
            self._report.faults.append(f"{key}: {error}")

    async def _ledger(self, name: str, persons: int, payers: Sequence[int]) -> Installation:
        self._say(f"a ledger of {persons:,} accounts, {len(payers):,} of them with money")
        ledger = await self._site.ledger(name)
        with shown() as progress:
            await populate(self._site, ledger, persons, payers, progress)
        return ledger

    async def _pipeline(self, ledger: Installation) -> PipelineRun:
        runs = [await self._run_payments(ledger, self._persons, workers) for workers in self._plan.workers]
        self._keep("pipeline", runs)
        storage = await measure_storage(ledger)
        self._keep("storage", storage)
        self._report.add("storage", storage.bytes_per_settlement, f"{storage.settlements:,} settlements")
        return max(runs, key=lambda run: run.per_second)

    async def _compare(self, ledger: Installation, best: PipelineRun, tpcb: Tpcb) -> None:
        self._say(f"COPY of the same rows, {COPY_ROWS:,} a commit, by 1 and by 2 connections")
        copied = await measure_copy(self._site, ledger, rows=self._plan.copy_rows, seconds=self._plan.copy_seconds)
        self._keep("copy", copied)
        rate = f"{best.per_second:,.0f}/s"
        self._report.add("pipeline_by_tpcb", best.per_second / tpcb.best, f"{rate} ÷ {tpcb.best:,.0f}/s")
        alone = copied.per_second[1]
        self._report.add("pipeline_by_copy", best.per_second / alone, f"{rate} ÷ {alone:,.0f}/s")
        self._report.remarks += [
            f"TPC-B by clients: {_by(tpcb.tps)}",
            f"COPY by connections: {_by(copied.per_second)}; ÷ the best it is {best.per_second / copied.best:.2f}",
        ]

    async def _run_payments(self, ledger: Installation, persons: Sequence[int], workers: int) -> PipelineRun:
        self._say(f"pipeline: {self._plan.messages:,} payments through {workers} worker(s)")
        return await self._run_pipeline("pipeline", ledger, self._maker.payments(self._plan.messages, persons), workers)

    async def _mixed_profile(self, ledger: Installation, best: PipelineRun) -> None:
        self._say(f"mixed profile: {self._plan.messages:,} messages through {best.workers} worker(s)")
        await add_debit_accounts(self._site, ledger, self._persons[::DEBIT_EVERY])
        messages = MixedMaker(self._maker, self._persons, _SEED).transactions(self._plan.messages)
        run = await self._run_pipeline("mixed profile", ledger, messages, best.workers)
        self._keep("mixed_profile", run)
        self._report.add(
            "mixed_profile", run.per_second / best.per_second, f"{run.per_second:,.0f}/s ÷ {best.per_second:,.0f}/s"
        )
        counts = [f"{outcome} {count:,}" for outcome, count in run.counted.by_outcome.items()]
        self._report.remarks.append(f"mixed profile: {', '.join(counts)}")

    async def _run_pipeline(
        self, name: str, ledger: Installation, messages: Iterator[Transaction], workers: int
    ) -> PipelineRun:
        run = await measure_pipeline(self._site, ledger, messages, workers)
        if not run.counted.is_sound:
            self._report.faults.append(f"{name}, {workers} worker(s): {run.counted}")
        self._report.remarks.append(
            f"{name}, {workers} worker(s): {run.per_second:,.0f}/s, batches of {run.batch_messages_mean:,.0f} "
            f"(at most {run.batch_messages_max:,}), {run.micros_per_message:.0f} µs of processor a message; "
            f"cores: {text_of(run.cores)}"
        )
        return run

    async def _http(self, ledger: Installation) -> None:
        self._say("HTTP, one transaction a request: its maximum, then half of it in an open loop")
        payments = self._maker.payments(_ENDLESS, self._persons)
        run = await measure_http(
            self._site, ledger, payments, processes=HTTP_PROCESSES, seconds=self._plan.http_seconds
        )
        self._keep("http_single", run)
        self._report.add("http_single", run.per_second, _connected(run.connections))
        self._report.remarks.append(
            f"HTTP at {run.open_per_second:,.0f}/s, open loop: p50 {run.latency.p50_ms} ms, "
            f"p99 {run.latency.p99_ms} ms, worst {run.latency.max_ms} ms; "
            f"cores at the maximum: {text_of(run.cores)}"
        )

    async def _http_batches(self, ledger: Installation) -> None:
        self._say("HTTP, batches")
        payments = self._maker.payments(_ENDLESS, self._persons, in_a_row=BATCH)
        run = await measure_http_batches(
            self._site, ledger, payments, processes=HTTP_PROCESSES, seconds=self._plan.http_seconds
        )
        self._keep("http_batch", run)
        self._report.add("http_batch", run.transactions_per_second, _connected(run.connections))
        self._report.remarks.append(f"HTTP batches: p99 {run.latency.p99_ms} ms; cores: {text_of(run.cores)}")

    async def _hot_account(self, ledger: Installation) -> None:
        payments = self._maker.skewed(_ENDLESS, self._persons, HOT_SHARE)
        await self._latency("hot_account", ledger, payments, HOT_PER_SECOND, max(self._plan.workers))

    async def _half_maximum(self, ledger: Installation, best: PipelineRun) -> None:
        payments = self._maker.payments(_ENDLESS, self._persons)
        await self._latency("half_maximum", ledger, payments, best.per_second / 2, best.workers)

    async def _latency(
        self, key: str, ledger: Installation, payments: Iterator[Transaction], per_second: float, workers: int
    ) -> None:
        self._say(f"latency at {per_second:,.0f}/s, {key}")
        run = await measure_latency(
            self._site,
            ledger,
            payments,
            per_second=per_second,
            seconds=self._plan.latency_seconds,
            workers=workers,
        )
        self._keep(key, run)
        self._report.add(key, run.latency.p99_ms, f"{run.per_second:,.0f}/s, p50 {run.latency.p50_ms} ms")
        self._report.remarks.append(f"{key}: {workers} worker(s), cores: {text_of(run.cores)}")

    async def _many_accounts(self, best: PipelineRun) -> None:
        if not self._plan.many_persons:
            self._report.add("many_accounts", None, "full mode only")
            return
        payers = payers_of(self._plan.many_persons, self._plan.messages, _SEED)
        ledger = await self._ledger("many", self._plan.many_persons, payers)
        run = await self._run_payments(ledger, payers, best.workers)
        self._keep("many_accounts", run)
        self._report.add(
            "many_accounts", run.per_second / best.per_second, f"{run.per_second:,.0f}/s ÷ {best.per_second:,.0f}/s"
        )
        await self._verify(ledger)

    async def _failover(self, ledger: Installation) -> None:
        self._say("SIGKILL of one of two workers")
        failover = await measure_failover(self._site, ledger, self._maker.payments(_ENDLESS, self._persons))
        self._keep("failover", failover)
        self._report.add("failover", failover.seconds, f"session timeout {failover.session_timeout_ms:,} ms")

    async def _verify(self, ledger: Installation) -> None:
        self._say("verify")
        verified = await verify(ledger.owner_url)
        rows = max(result.rows for result in verified.results)
        self._report.remarks.append(
            f"verify: {rows:,} rows in {verified.seconds:.1f} s, {'clean' if verified.ok else 'BROKEN'}"
        )
        self._report.faults += [f"verify: {broken.row}: {broken.detail}" for broken in verified.violations]

    def _keep(self, name: str, measured: object) -> None:
        self._report.details[name] = measured


def _by(figures: Mapping[int, float]) -> str:
    return ", ".join(f"{number}: {figure:,.0f}/s" for number, figure in figures.items())


def _connected(connections: int) -> str:
    return f"{connections} connections, {HTTP_PROCESSES} API processes"
