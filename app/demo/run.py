"""`medsettle demo`: a realistic day through the whole service, with a worker killed in the middle, and the proof."""

import asyncio
import signal
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path

from rich.console import Console

from app.config import ZONE, Settings
from app.database import connect
from app.demo.answers import message_times, read_answers
from app.demo.card_life import live_through, print_steps
from app.demo.clearing import clear
from app.demo.clearing_report import clearing_checks, print_clearing
from app.demo.day import DayMessage, make_day
from app.demo.expected import Expected, expected_outcomes
from app.demo.population import Population
from app.demo.report import DemoReport, Money, make_checks, print_report
from app.demo.seed import load_population
from app.demo.traffic import Watch, produce
from app.installation import Installation, installed
from app.progress import shown
from app.verify import print_report as print_verification
from app.verify import verify

_PER_SECOND = 2_000  # the national peak
_KILL_AFTER = 0.4
_SEED = 7
_SECONDS_BESIDE_MAX = 90
# With days that begin so late the worker books on yesterday, which is over for all others: no one waits for midnight.
_LATE = time_of_day(23, 59, 59, 999_999)


async def run_demo(settings: Settings, data_dir: Path, *, transactions: int, persons: int, keep: bool) -> bool:
    """Run it all; whether everything added up. With `keep` the installation then stays until Ctrl-C."""
    console = Console(highlight=False)
    started = time.monotonic()
    late = settings.model_copy(update={"api_port": 0, "cut_off": _LATE})
    async with installed(data_dir, late) as installation:
        console.print(f"Postgres and broker run on {installation.data_dir} ({time.monotonic() - started:.1f} s)")
        population = await load_population(installation.settings, installation.data_dir, persons)
        made_day = datetime.now(ZONE).date() - timedelta(days=1)
        messages = list(make_day(population, transactions, _SEED, day=made_day))
        expected = expected_outcomes(population, messages, today=made_day)
        console.print(f"A day of {len(messages):,} messages of {len(population.persons):,} persons goes to Kafka")
        seconds = await _settle_day(installation, messages, console)
        report = await _report(installation, population, expected, len(messages), seconds)
        installation.settings = installation.settings.model_copy(update={"cut_off": settings.cut_off})
        await installation.start_api()
        steps = await live_through(installation.base_url, installation.owner_url, population)
        console.print(f"{made_day} and the day before it are sealed, and their banks pay")
        cleared = await clear(installation, population, made_day)
        checks = clearing_checks(cleared, expected.received)
        verification = await verify(installation.settings.database_url.get_secret_value())
        print_verification(verification)
        print_steps(console, steps)
        print_report(console, report)
        print_clearing(console, cleared, checks)
        all_hold = report.adds_up and all(check.holds for check in checks)
        console.print("[bold green]Everything adds up." if all_hold else "[bold red]It does not add up.")
        if keep:
            await _keep(installation, console)
        return all_hold and verification.ok and all(step.holds for step in steps)


async def _settle_day(installation: Installation, messages: Sequence[DayMessage], console: Console) -> float:
    """Send the day at a steady pace, kill the worker once, wait until all is answered. Returns the seconds taken."""
    first = second = await installation.start_worker()
    started = time.monotonic()
    killed = False
    async with Watch(installation.settings) as watch:
        with shown() as progress:
            producing = asyncio.create_task(produce(installation.settings, messages, per_second=_PER_SECOND))
            answered = 0
            while answered < len(messages):
                await asyncio.sleep(0.1)
                answered = await watch.answered()
                progress("messages answered", answered, len(messages))
                if not killed and answered > len(messages) * _KILL_AFTER:
                    first.kill()
                    installation.children.remove(first)
                    killed = True
                    second = await installation.start_worker()
                    console.print(f"Worker {first.pid} was killed with SIGKILL; worker {second.pid} goes on")
                if producing.done():
                    producing.result()  # raises what went wrong
                if time.monotonic() - started > len(messages) / _PER_SECOND + _SECONDS_BESIDE_MAX:
                    raise second.failure("The day is not settled long after it was sent")
    return time.monotonic() - started


async def _report(
    installation: Installation, population: Population, expected: Expected, sent: int, seconds: float
) -> DemoReport:
    answers = await read_answers(installation.settings, await message_times(installation.settings))
    money, balances, held = await _read_ledger(installation, sum(person.balance for person in population.persons))
    checks = make_checks(
        sent, answers, expected, money,
        balances_match=balances == expected.balances, holds_match=held == +expected.held,
    )  # fmt: skip
    return DemoReport(sent, seconds, answers, checks)


_ACCOUNTS = "SELECT owner, balance, held FROM ledger.accounts WHERE kind = 'personal'"
_RECEIVED = """
SELECT coalesce(sum(moved.fen), 0)::bigint
FROM (
    SELECT credit_account AS account_id, amount AS fen FROM ledger.transfers
    UNION ALL
    SELECT debit_account, -amount FROM ledger.transfers
) AS moved
JOIN ledger.accounts AS a USING (account_id)
WHERE a.kind = 'institution'
"""


async def _read_ledger(installation: Installation, opening: int) -> tuple[Money, dict[str, int], dict[str, int]]:
    """The sums, each person's balance, and what is held of it where anything is."""
    connection = await connect(installation.owner_url, application_name="medsettle demo")
    try:
        rows = await connection.fetch(_ACCOUNTS)
        received: int = await connection.fetchval(_RECEIVED)
    finally:
        await connection.close()
    balances = {row["owner"]: row["balance"] for row in rows}
    held = {row["owner"]: row["held"] for row in rows if row["held"]}
    return Money(opening, sum(balances.values()), received), balances, held


async def _keep(installation: Installation, console: Console) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    settings = installation.settings
    console.print(
        f"\nIt keeps running until Ctrl-C:\n"
        f"  API        {installation.base_url}/docs\n"
        f"  metrics    {installation.base_url}/metrics\n"
        f"  Kafka      {settings.kafka_bootstrap_servers}\n"
        f"  Postgres   {settings.database_url.get_secret_value()}\n"
        f"  logs       {installation.data_dir}"
    )
    await stopping.wait()
