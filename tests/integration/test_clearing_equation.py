"""Random days to their end: ledger, totals, positions, lines in the bytes of files and answers of banks are one figure.

Files are read, and answers written, by the bank of the demo, which shares no code with the service. The expectation is
kept in plain Python from what institutions were told. Hypothesis chooses what happens, and shrinks a run that fails.
MEDSETTLE_CLEARING_RUNS says how many runs; where it is empty the same four are made each time.
"""

import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from app.clearing.acknowledgments.taking import finish, take
from app.clearing.files.store import digest_file, list_files
from app.codes import Code
from app.database import Pool, connect, open_pool
from app.demo.bank import OrderedLine, PulledFile, is_genuine, read_lines, write_answers
from app.settlement.messages import Message
from app.settlement.rules import RuleBook
from app.verify import verify
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.builders import MIDNIGHT, Database, Databases, add_institution, add_person, follow_up, payment
from tests.clearing_days import LATE, balance_of, make_day, post_on, seal, yesterday
from tests.filing import content_of, tell_bank, write
from tests.settlement_files import KEYS

LONG = int(os.environ.get("MEDSETTLE_CLEARING_RUNS") or 0)
RUNS = LONG or 4
_RUNS_A_TEST = 10

_DAYS, _STEPS = 3, 14
_ENCODINGS = {"TEXT": "UTF-8", "GBK": "GBK", "XML": "UTF-8"}
_PLACES = {f"K{number:011}": bank for number, bank in enumerate(["TEXT", "TEXT", "GBK", "GBK", "XML", "XML"])}


@dataclass
class Expected:
    """Fen. due: not paid yet, by institution. back: of failed lines that are not drawn again, by line id.

    lines: every line that banks were told, with its bank and day. failed: those that failed in the end.
    """

    due: Counter[str] = field(default_factory=Counter)
    back: dict[str, OrderedLine] = field(default_factory=dict)
    lines: dict[str, tuple[str, OrderedLine]] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)

    def draw(self, held: set[str], collecting: set[str]) -> Counter[tuple[str, int, str]]:
        """Institution, fen and the line paid again, of each line that the next seal must draw."""
        drawn: Counter[tuple[str, int, str]] = Counter()
        for place, fen in list(self.due.items()):
            if fen and place not in held and (fen > 0 or _PLACES[place] in collecting):
                drawn[place, fen, ""] += 1
                del self.due[place]
        for line_id, line in list(self.back.items()):
            if line.institution not in held:
                drawn[line.institution, line.amount, line_id] += 1
                del self.back[line_id]
        return drawn

    def owed_by(self, bank: str) -> int:
        return sum(
            line.amount for line_id, (of, line) in self.lines.items() if of == bank and line_id not in self.failed
        )

    def owed_to(self, place: str) -> int:
        return self.due[place] + sum(line.amount for line in self.back.values() if line.institution == place)


class Days:
    """One run: institutions of three banks that pay, refund and reverse, and banks that pay, fail and take back."""

    def __init__(self, pool: Pool, owner: Any, database: Database, chance: Random) -> None:
        self.pool, self.owner, self.database = pool, owner, database
        self.chance, self.expected = chance, Expected()
        self.payments: list[Message] = []
        self.silent: list[tuple[str, list[OrderedLine], str]] = []  # files that wait for an answer

    async def begin(self) -> None:
        for bank, encoding in _ENCODINGS.items():
            await tell_bank(self.pool, bank, form="pain.001" if bank == "XML" else "text", encoding=encoding)
        for place, bank in _PLACES.items():
            await add_institution(self.pool, place, bank=bank)
        for person_no in ("P1", "P2"):
            await add_person(self.pool, person_no, balance=1_000_000, rules=RuleBook(LATE))
        self.collecting = {bank for bank in ("TEXT", "GBK") if self.chance.random() < 0.5}
        for bank in self.collecting:
            await self.owner.execute(
                "INSERT INTO clearing.netting_rules VALUES ($1, '1980-01-01', 'collected', 'c1', '1970-01-01Z')", bank
            )

    async def play(self, day: date) -> None:
        """A day's postings, and its totals."""
        debits = refunds = 0
        for _ in range(_STEPS):
            message, comes_in = self._message()
            [answer] = await post_on(self.pool, day, message)
            moved = answer.outcome.account_paid if answer.code == "ok" else 0
            debits, refunds = debits + moved * comes_in, refunds + moved * (not comes_in)
            self.expected.due[message.institution] += moved if comes_in else -moved
        held = await self._hold_over()
        drawn = self.expected.draw(held, self.collecting)
        sealed = await seal(self.database, day)
        assert sealed.totals is not None
        assert (sealed.totals.debits, sealed.totals.refunds) == (debits, refunds)
        await self._told_to_banks(day, drawn)

    def _message(self) -> tuple[Message, bool]:
        act = self.chance.choice(["payment", "payment", "refund", "reversal"])
        if act == "payment" or not self.payments:
            place, person = self.chance.choice(list(_PLACES)), self.chance.choice(["P1", "P2"])
            self.payments.append(payment(amount=self.chance.randint(1, 5_000), institution=place, person_no=person))
            return self.payments[-1], True
        original = self.chance.choice(self.payments)
        amount = {"amount": self.chance.randint(1, 5_000)} if act == "refund" else {}
        return follow_up(act, original, **amount), False

    async def _hold_over(self) -> set[str]:
        """Some institutions are blocked or without an account when the day is sealed."""
        held = set()
        for place in _PLACES:
            why = self.chance.choice(["", "", "", "blocked", "no_account"])
            await self.owner.execute(
                "UPDATE parties.institutions SET state = $2, payee_name = '测试', payee_account = $3"
                " WHERE institution = $1",
                place, "blocked" if why == "blocked" else "active", "" if why == "no_account" else f"62{place}",
            )  # fmt: skip
            if why:
                held.add(place)
        return held

    async def _told_to_banks(self, day: date, drawn: Counter[tuple[str, int, str]]) -> None:
        """What the banks read out of the bytes is what had to be drawn."""
        await self.owner.execute("UPDATE parties.institutions SET state = 'active'")
        await write(self.database, day)
        told: Counter[tuple[str, int, str]] = Counter()
        for bank, encoding in _ENCODINGS.items():
            async with self.pool.acquire() as connection:
                files = [each for each in await list_files(connection, bank=bank, day=day) if each.kind == "payment"]
            for file in files:
                content = await content_of(self.pool, file.file_id.partition("_")[2], file.business_day)
                pulled = PulledFile(file.file_id, content, digest_file(file), file.signature or b"")
                assert is_genuine(pulled, [key.pem for key in KEYS.published])
                lines = read_lines(pulled, encoding)
                told.update((line.institution, line.amount, line.reissue_of) for line in lines)
                self.expected.lines |= {line.line_id: (bank, line) for line in lines}
                self.silent.append((file.file_id, lines, encoding))
        assert told == drawn

    async def answer_some(self, share: float) -> None:
        """Banks answer some of their files, in any order, and not all lines are paid."""
        self.chance.shuffle(self.silent)
        count = round(len(self.silent) * share)
        answered, self.silent = self.silent[:count], self.silent[count:]
        for file_id, lines, encoding in answered:
            unpayable = {line.line_id for line in lines if self.chance.random() < 0.35}
            await self._send(file_id, lines, unpayable, encoding)
            bounced = {line.line_id for line in lines if self.chance.random() < 0.1} - unpayable
            if bounced:
                await self._send(file_id, lines, unpayable | bounced, encoding, only_failed=True)

    async def _send(
        self, file_id: str, lines: list[OrderedLine], unpayable: set[str], encoding: str, *, only_failed: bool = False
    ) -> None:
        contents = write_answers(file_id, lines, unpayable, encoding)
        if only_failed and not file_id.endswith(".xml"):
            contents = contents[-1:]
        for content in contents:
            taken = await take(self.database.app_url, MIDNIGHT, file_id, content, by="bank")
            assert (taken.code, taken.replayed) == (Code.OK, False)
            assert (await take(self.database.app_url, MIDNIGHT, file_id, content, by="bank")).replayed
        new = unpayable - self.expected.failed
        self.expected.failed |= new
        self.expected.back |= {line.line_id: line for line in lines if line.line_id in new}

    async def assert_one_figure(self) -> None:
        for bank in _ENCODINGS:
            assert await balance_of(self.pool, bank, "bank") == self.expected.owed_by(bank)
        for place in _PLACES:
            assert await balance_of(self.pool, place, "institution") == self.expected.owed_to(place)


@pytest.mark.parametrize("_part", range(-(-RUNS // _RUNS_A_TEST)))
@given(chance=st.randoms(use_true_random=False))
@settings(
    max_examples=min(RUNS, _RUNS_A_TEST),
    derandomize=not LONG,
    deadline=None,
    database=None,
    print_blob=True,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
async def test_ledger_totals_positions_files_and_acknowledgments_are_one_figure(
    databases: Databases, _part: int, chance: Random
) -> None:
    async with databases() as database, await open_pool(database.app_url, size_max=4, application_name="tests") as pool:
        owner = await connect(database.owner_url, application_name="tests")
        try:
            await play_to_the_end(Days(pool, owner, database, chance))
        finally:
            await owner.close()


async def play_to_the_end(days: Days) -> None:
    await days.begin()
    for ago in range(_DAYS - 1, -1, -1):
        day = yesterday() - timedelta(days=ago)
        await make_day(days.owner, day)
        await days.play(day)
        await days.answer_some(0.6)
        await days.assert_one_figure()
    await days.answer_some(1)
    await days.assert_one_figure()
    await finish(days.database.app_url, MIDNIGHT)  # a day without lines waits for no bank
    states = await days.owner.fetch("SELECT DISTINCT state FROM clearing.business_days")
    assert [state for (state,) in states] == ["acknowledged"]
    assert (await verify(days.database.app_url)).violations == []
