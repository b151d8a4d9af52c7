"""A day of a million settlements sealed beside live postings: how long, and what postings notice of it.

`python -m loadtests.sealing [--settlements 1000000] [--rate 2000]`; the day goes through the posting path. Postings of
the open day run at a fixed rate before and during the seal, each a batch; their latency is printed side by side. Exit 1
where the seal does not say what was posted.
"""

import argparse
import asyncio
import os
import sys
import time
from contextlib import suppress
from datetime import date, datetime, timedelta
from datetime import time as day_time
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from app.clearing.seal import preview
from app.config import ZONE
from app.database import Pool, transaction
from app.installation import Installation, environment
from app.parties.csv_files import InstitutionRow, PersonRow
from app.parties.load import store_institutions, store_persons
from app.settlement.messages import Card, Message
from app.settlement.rules import RuleBook
from app.settlement.settle import settle

from loadtests.bench.payments import institution_code, message_id, person_no
from loadtests.bench.population import chunked
from loadtests.bench.site import built_site, pool_of

_INSTITUTIONS = 1_000
BANKS = ("102", "103", "104", "105", "403")
_PERSONS = 50_000
_BATCH = 4_000
_LIVE_BATCH = 10
_QUIET_SECONDS = 8.0

_MIDNIGHT = day_time(0)
#: By this cut-off today has not begun, so what is posted is yesterday's.
_LATE = day_time(23, 59, 59, 999_999)


async def measure(settlements: int, rate: int, folder: Path) -> bool:
    async with built_site(folder / "site", {"shared_buffers": "1GB", "max_wal_size": "8GB"}) as site:
        ledger = await site.ledger("sealing")
        async with pool_of(ledger) as pool:
            await open_places(pool)
            started = time.monotonic()
            debits = await post_day(pool, settlements)
            print(f"{settlements:,} settlements posted in {time.monotonic() - started:.0f} s")
            await site.execute("VACUUM (ANALYZE)", "CHECKPOINT", database="sealing")
            yesterday = datetime.now(ZONE).date() - timedelta(days=1)
            live = _Live(pool, rate)
            async with live:
                await asyncio.sleep(_QUIET_SECONDS)
                live.turn("before")
                started = time.monotonic()
                said = await _seal(ledger, yesterday)
                seconds = time.monotonic() - started
                live.turn("during")
            print(said)
            print(f"sealed in {seconds:.1f} s from the command's start to its end")
            for name, latencies in live.turns.items():
                print(f"postings {name} the seal: {_told(latencies)}")
            seen = await preview(ledger.settings.database_url.get_secret_value(), _MIDNIGHT, yesterday)
            booked = await pool.fetchval("SELECT coalesce(sum(amount), 0) FROM clearing.lines")
    is_sound = (seen.totals.debit_count, seen.totals.debits, booked) == (settlements, debits, debits)
    print("day, positions and lines say what was posted" if is_sound else "THE SEAL DOES NOT SAY WHAT WAS POSTED")
    return is_sound


async def _seal(ledger: Installation, day: date) -> str:
    command = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app", "seal", str(day), env={**os.environ, **environment(ledger.settings)},
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, _ = await command.communicate()
    return said.decode().strip()


class _Live:
    """Postings of the open day at a fixed rate, whatever each takes: latency counts from when it was due."""

    def __init__(self, pool: Pool, rate: int) -> None:
        self.turns: dict[str, list[float]] = {}
        self._pool, self._every = pool, _LIVE_BATCH / rate
        self._rules = RuleBook(_MIDNIGHT)
        self._latencies: list[float] = []
        self._numbers = count(10**8)

    def turn(self, name: str) -> None:
        self.turns[name], self._latencies = self._latencies, []

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        due = time.monotonic()
        async with asyncio.TaskGroup() as group:
            while True:
                due += self._every
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                group.create_task(self._post(due))

    async def _post(self, due: float) -> None:
        batch = [_payment(next(self._numbers), 1) for _ in range(_LIVE_BATCH)]
        await settle(self._pool, batch, rules=self._rules)
        self._latencies.append(time.monotonic() - due)


def _told(latencies: list[float]) -> str:
    ordered = sorted(latencies)
    p50, p99 = (ordered[int(len(ordered) * share)] * 1_000 for share in (0.50, 0.99))
    return f"p50 {p50:.0f} ms, p99 {p99:.0f} ms, most {ordered[-1] * 1_000:.0f} ms of {len(ordered):,} batches"


async def open_places(pool: Pool) -> None:
    """Institutions at the five banks, and persons who can pay whatever is posted."""
    places = [
        InstitutionRow(
            0, institution_code(number), "hospital", BANKS[number % len(BANKS)], f"H{number}", "active",
            payee_name=f"H{number}", payee_account=f"6299{number:08}",
        )
        for number in range(_INSTITUTIONS)
    ]  # fmt: skip
    async with transaction(pool) as connection:
        await store_institutions(connection, places)
    rules = RuleBook(_LATE)
    for numbers in chunked(range(_PERSONS), 20_000):
        async with transaction(pool) as connection:
            await store_persons(connection, [PersonRow(0, person_no(number), 0) for number in numbers])
        for part in chunked(numbers, _BATCH):
            await settle(
                pool,
                [Message("AGENCY000000", f"C{number}", "contribution", person_no(number), 10**9) for number in part],
                rules=rules,
            )


async def post_day(pool: Pool, settlements: int) -> int:
    """Two batches at once, over disjoint persons; the sum of what was paid."""
    rules = RuleBook(_LATE)
    batches = chunked(range(settlements), _BATCH)
    paid = 0

    async def post() -> None:
        nonlocal paid
        for numbers in batches:
            messages = [_payment(number, 100 + number % 5_000) for number in numbers]
            answers = (await settle(pool, messages, rules=rules)).answers
            assert all(answer.status == "settled" for answer in answers)
            paid += sum(message.amount for message in messages)

    await asyncio.gather(post(), post())
    return paid


def _payment(number: int, amount: int) -> Message:
    place = institution_code(number * 31 % _INSTITUTIONS)
    return Message(
        place, message_id(place, number), "payment", person_no(number % _PERSONS), amount, Card("01"),
        med_type=("11", "21", "41")[number % 3],
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settlements", type=int, default=1_000_000)
    parser.add_argument("--rate", type=int, default=2_000, help="live settlements a second")
    given = parser.parse_args()
    with TemporaryDirectory(prefix="medsettle-sealing-") as folder:
        return 0 if asyncio.run(measure(given.settlements, given.rate, Path(folder))) else 1


if __name__ == "__main__":
    sys.exit(main())
