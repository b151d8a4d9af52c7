"""An institution's day of a million settlements reconciled: how long, how much memory, and whether each break is found.

`python -m loadtests.reconciliation [--rows 1000000]`; payments and refunds go through the posting path,
the upload is made from their outcomes. First it is clean and must come out without a break; then breaks of each kind
are planted and must be found and named, all of them and no other. Exit 1 where that does not hold.
"""

import argparse
import asyncio
import os
import re
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import psutil
from app.clearing.reconciliation.breaks import Break, breaks_of
from app.clearing.reconciliation.ledger_rows import BY_DAYS, BY_FEED, parameters
from app.clearing.reconciliation.scope import Scope, yuan
from app.clearing.reconciliation.session import session
from app.config import ZONE
from app.database import Pool, transaction
from app.installation import Installation, environment
from app.parties.csv_files import InstitutionRow, PersonRow
from app.parties.load import store_institutions, store_persons
from app.settlement.feed.projector import catch_up
from app.settlement.messages import Card, Message
from app.settlement.rules import RuleBook
from app.settlement.settle import settle

from loadtests.bench.payments import institution_code, message_id, person_no
from loadtests.bench.population import chunked
from loadtests.bench.site import Site, built_site, pool_of

_HOSPITAL = institution_code(0)
_PHARMACY, _SMALL = "P00000000001", 200
_PERSONS = 100_000
_BATCH = 4_000
_REFUND_EVERY = 50
_SAMPLE_SECONDS = 0.05


class Row(NamedTuple):
    """A row of the institution, in the columns of its file."""

    settlement_id: str
    treatment_id: str
    person_no: str
    medfee: int
    fund_pay: int
    account_pay: int
    flag: int

    def text(self) -> str:
        return (
            f"{self.settlement_id}\t{self.treatment_id}\t{self.person_no}\t{yuan(self.medfee)}\t{yuan(self.fund_pay)}"
            f"\t{yuan(self.account_pay)}\t{self.flag}\n"
        )


class Measured(NamedTuple):
    seconds: float
    command_mib: float
    postgres_mib: float
    said: str


async def measure(rows: int, folder: Path) -> bool:
    async with built_site(folder / "site", {"fsync": "off"}) as site:
        ledger = await site.ledger("reconciliation")
        async with pool_of(ledger) as pool:
            await _open(pool)
            started = time.monotonic()
            uploaded = await _settled_day(pool, rows)
            print(f"{len(uploaded):,} settlements in {time.monotonic() - started:.0f} s")
            await site.execute("VACUUM (ANALYZE)", "CHECKPOINT", database="reconciliation")
            clean = await _reconcile(site, ledger, folder / "clean.zip", [row.text() for row in uploaded])
            _print("clean", clean)
            is_sound = f"{len(uploaded):,} equal, 0 centre_more, 0 institution_more, 0 differs" in clean.said
            planted = Planted(uploaded)
            broken = await _reconcile(site, ledger, folder / "broken.zip", planted.lines)
            _print("with planted breaks", broken)
            is_sound = await planted.all_found(pool, broken) and is_sound
            return await _small_one(ledger, pool) and is_sound


async def _small_one(ledger: Installation, pool: Pool) -> bool:
    """The totals of a pharmacy with few settlements among the hospital's, by its feed and by reading the day."""
    rules = RuleBook(datetime.min.time())
    messages = [
        Message(_PHARMACY, f"S{number}", "payment", person_no(number), 100, Card("01"), med_type="41")
        for number in range(_SMALL)
    ]
    await settle(pool, messages, rules=rules)
    await catch_up(pool)
    scope = Scope(_PHARMACY, _today(), _today())
    found = []
    async with session(ledger.settings.database_url.get_secret_value()) as connection:
        for name, rows in (("its feed", BY_FEED), ("reading the day", BY_DAYS)):
            started = time.monotonic()
            found.append(await connection.fetchval(f"SELECT count(*) FROM ({rows}) AS r", *parameters(scope)))  # noqa: S608
            print(f"a pharmacy's {found[-1]:,} settlements by {name}: {(time.monotonic() - started) * 1e3:.0f} ms")
    return found == [_SMALL, _SMALL]


def _print(what: str, measured: Measured) -> None:
    print(f"{what}: {measured.seconds:.1f} s from the archive to the run's end")
    print(f"peak of the command {measured.command_mib:.0f} MiB, of its backends {measured.postgres_mib:.0f} MiB")
    print(measured.said)


async def _open(pool: Pool) -> None:
    parties = [
        InstitutionRow(0, code, kind, "BANK01", code, "active")
        for code, kind in ((_HOSPITAL, "hospital"), (_PHARMACY, "pharmacy"))
    ]
    async with transaction(pool) as connection:
        await store_institutions(connection, parties)
    for numbers in chunked(range(_PERSONS), 20_000):
        async with transaction(pool) as connection:
            await store_persons(connection, [PersonRow(0, person_no(number), 0) for number in numbers])


async def _settled_day(pool: Pool, count: int) -> list[Row]:
    """Account money, cash and the fund's part; one of fifty gives one of them back."""
    rules = RuleBook(datetime.min.time())
    found: list[Row] = []
    money = (_contribution(number) for number in range(_PERSONS))
    while batch := list(islice(money, _BATCH)):
        await settle(pool, batch, rules=rules)
    messages = _messages(count)
    while batch := list(islice(messages, _BATCH)):
        for message, answer in zip(batch, (await settle(pool, batch, rules=rules)).answers, strict=True):
            row = answer.row
            assert row.status == "settled", row.code
            sign = -1 if message.kind == "refund" else 1
            account, fund = row.account_paid, (message.total_fee or message.amount) - message.amount
            share = account + row.cash_due
            found.append(
                Row(row.settlement_id, message.treatment_id or "null", message.person_no, sign * (share + fund),
                    sign * fund, sign * account, int(sign < 0))
            )  # fmt: skip
    return found


def _contribution(number: int) -> Message:
    return Message("AGENCY000000", f"C{number}", "contribution", person_no(number), 10_000 + number)


def _messages(count: int) -> Iterator[Message]:
    for number in range(count):
        paying = person_no(number * 7919 % _PERSONS)
        if number % _REFUND_EVERY == _REFUND_EVERY - 1:
            # Of a payment some batches before without a fund's part, so it gives back what it was.
            back = number - _REFUND_EVERY * 2 + 1
            if back > 0:
                original = message_id(_HOSPITAL, back)
                yield Message(
                    _HOSPITAL, message_id(_HOSPITAL, number), "refund", person_no(back * 7919 % _PERSONS), 0,
                    original_message_id=original,
                )  # fmt: skip
                continue
        amount = 100 + number % 5_000
        yield Message(
            _HOSPITAL, message_id(_HOSPITAL, number), "payment", paying, amount, Card("01"),
            med_type=("11", "21", "14")[number % 3],
            total_fee=amount + number % 300 if number % 2 else None,
            treatment_id=f"T{number}",
        )  # fmt: skip


# Of one row in so many each of these is planted; a refund bears no flag of another one and no treatment here.
_PLANTED_EVERY = 9_973
_CHANGES: dict[int, tuple[str, Callable[[Row], Row]]] = {
    1: ("medfee", lambda row: row._replace(medfee=row.medfee + 1)),
    2: ("fund_pay", lambda row: row._replace(fund_pay=row.fund_pay - 100)),
    3: ("account_pay", lambda row: row._replace(account_pay=row.account_pay + 5)),
    4: ("person_no", lambda row: row._replace(person_no="99STRANGER")),
    5: ("treatment_id", lambda row: row if row.flag else row._replace(treatment_id="OTHER")),
    6: ("refund_flag", lambda row: row._replace(flag=1)),
}
_LEFT_OUT, _MADE_UP = 7, 8


class Planted:
    """The rows with breaks of each kind planted in them, and what must be found: kind, settlement, field or reason."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.expected: Counter[tuple[str, str, str]] = Counter()
        self.lines: list[str] = []
        for number, row in enumerate(rows):
            what = number % _PLANTED_EVERY
            # What was refunded may bear the flag.
            is_refunded = number % _REFUND_EVERY == 0
            self._plant(0 if is_refunded and _CHANGES.get(what, ("",))[0] == "refund_flag" else what, row)

    def _plant(self, what: int, row: Row) -> None:
        if what == _LEFT_OUT:
            self.expected["centre_more", row.settlement_id, ""] += 1
            return
        if what == _MADE_UP:
            made_up = row._replace(settlement_id=f"{row.settlement_id[:23]}9{row.settlement_id[24:]}")
            self.expected["institution_more", made_up.settlement_id, "not_known"] += 1
            self.lines.append(made_up.text())
        changed = row
        if what in _CHANGES:
            field, change = _CHANGES[what]
            changed = change(row)
            if changed != row:
                self.expected["differs", row.settlement_id, field] += 1
        self.lines.append(changed.text())

    async def all_found(self, pool: Pool, measured: Measured) -> bool:
        run_id = int(re.findall(r"reconciliation (\d+):", measured.said)[0])
        found: Counter[tuple[str, str, str]] = Counter()
        after = 0
        while page := await breaks_of(pool, run_id, after=after, limit=1_000):
            after = page[-1].break_id
            found.update(map(_named, page))
        print(f"{self.expected.total():,} breaks planted, {(found & self.expected).total():,} of them found and named,"
              f" {(found - self.expected).total():,} others")  # fmt: skip
        return found == self.expected


def _named(found: Break) -> tuple[str, str, str]:
    return found.kind, found.settlement_id or "", ",".join(found.fields) or found.reason or ""


async def _reconcile(site: Site, ledger: Installation, file: Path, lines: Iterable[str]) -> Measured:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("upload.txt", "".join(lines))
    start = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app", "reconcile", "details", str(file), _HOSPITAL, f"{_today()}", "--operator", "bench",
        env={**os.environ, **environment(ledger.settings)},
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    root, postgres = psutil.Process(process.pid), psutil.Process(site.postgres.pid)
    before = {child.pid for child in postgres.children()}
    ended = asyncio.create_task(process.communicate())
    command, backends = 0.0, 0.0
    while not ended.done():
        command = max(command, _mib([root]))
        backends = max(backends, _mib([each for each in postgres.children() if each.pid not in before]))
        await asyncio.wait([ended], timeout=_SAMPLE_SECONDS)
    said, _ = ended.result()
    assert process.returncode == 0, f"reconcile ended with exit code {process.returncode}"
    return Measured(time.monotonic() - start, command, backends, said.decode().strip())


def _mib(processes: Iterable[psutil.Process]) -> float:
    """Memory of their own: what backends share, the server's buffers, is there without them."""
    own = 0
    for process in processes:
        with suppress(psutil.Error):
            own += process.memory_full_info().uss
    return own / 2**20


def _today() -> date:
    return datetime.now(ZONE).date()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    with TemporaryDirectory(prefix="medsettle-reconciliation-") as folder:
        if not asyncio.run(measure(options.rows, Path(folder))):
            sys.exit("Not each planted break, or another one, was found.")


if __name__ == "__main__":
    main()
