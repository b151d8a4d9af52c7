"""Random days and banks that say anything in any order: what is paid, what is back and the ledger agree."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from app.codes import Code
from app.database import Pool
from app.verify import verify
from tests.acknowledging import PaidLine, SentFile, answer, results, return_file, send_file, status_report
from tests.builders import Database, add_institution, payment
from tests.clearing_days import balance_of, lines, make_day, open_places, post_on, seal, yesterday
from tests.filing import tell_banks

_DAYS, _CLINICS, _ACKNOWLEDGMENTS = 3, 4, 12
_BANKS = ("BANK01", "BANK02")


@dataclass
class Model:
    """What is known of each line, in the order in which it became known, and where its money then is."""

    files: list[SentFile] = field(default_factory=list)
    known: dict[str, list[str]] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    drawn_again: set[str] = field(default_factory=set)

    def may_say(self, said: dict[str, str]) -> bool:
        return not any(outcome == "paid" and "failed" in self.known[line_id] for line_id, outcome in said.items())

    def say(self, said: dict[str, str]) -> int:
        """How many results are new."""
        new = [(line_id, outcome) for line_id, outcome in said.items() if outcome not in self.known[line_id]]
        for line_id, outcome in new:
            self.known[line_id].append(outcome)
        return len(new)

    def send(self, file: SentFile) -> None:
        self.files.append(file)
        self.known.update({line.line_id: [] for line in file.lines})

    def all_lines(self) -> dict[str, tuple[str, PaidLine]]:
        return {line.line_id: (file.bank, line) for file in self.files for line in file.lines}

    def is_back(self, line_id: str) -> bool:
        return "failed" in self.known[line_id] and line_id not in self.drawn_again

    def bank_owes(self) -> Counter[str]:
        owes: Counter[str] = Counter()
        for bank, line in self.all_lines().values():
            if "failed" not in self.known[line.line_id]:
                owes[bank] += line.amount
        return owes

    def due(self) -> Counter[str]:
        due: Counter[str] = Counter()
        for line_id, (_, line) in self.all_lines().items():
            if self.is_back(line_id):
                due[self.owners[line_id]] += line.amount
        return due


def _content(chance: Random, file: SentFile, named: list[PaidLine], outcome: str, *, wrong: bool) -> bytes:
    """In the form of the bank; `wrong`: one thing in it is."""
    code = chance.choice(["", "H059", "R02"])
    if file.file_id.endswith(".xml"):
        status = {"paid": "ACSC", "failed": "RJCT"}[outcome]
        group = {chance.choice(["OrgnlMsgId", "OrgnlNbOfTxs", "OrgnlCtrlSum"]): "77"} if wrong else None
        reason = f"<StsRsnInf><Rsn><Prtry>{code}</Prtry></Rsn></StsRsnInf>" if code else ""
        told = [(line.line_id, status) for line in named]
        return status_report(file, chance.choice([None, "PART"]), told, group=group, each_rest=reason)
    marker = {"paid": "0", "failed": "1"}[outcome]
    if wrong and chance.random() < 0.5:
        bad = chance.randrange(len(named))
        change: Any = chance.choice([{"amount": named[bad].amount + 1}, {"payee_account": "x"}, {"line_id": "x"}])
        named = [line._replace(**change) if number == bad else line for number, line in enumerate(named)]
        return return_file(file, marker, named, code=code)
    return return_file(file, marker, named, code=code, header={chance.randint(1, 5): "77"} if wrong else None)


async def _hear(database: Database, chance: Random, model: Model, said_before: list[tuple[SentFile, bytes]]) -> None:
    """One more acknowledgment of some file, wrong or right, new or a repeat."""
    if said_before and chance.random() < 0.2:
        file, content = chance.choice(said_before)
        assert (await answer(database, file, content)).replayed
        return
    file = chance.choice(model.files)
    named = chance.sample(file.lines, chance.randint(1, len(file.lines)))
    outcome = chance.choice(["paid", "paid", "failed"])
    wrong = chance.random() < 0.25
    content = _content(chance, file, named, outcome, wrong=wrong)
    taken = await answer(database, file, content)
    if taken.replayed:
        return
    said_before.append((file, content))
    said = {line.line_id: outcome for line in named}
    if wrong:
        assert taken.code != Code.OK
    elif model.may_say(said):
        assert taken.code == Code.OK
        assert taken.paid_count + taken.failed_count == model.say(said)
    else:
        assert taken.code == Code.LINE_ALREADY_FAILED


async def _seal_and_send(pool: Pool, database: Database, model: Model, day: date) -> None:
    """Seal a day and send its files. All that failed and is back goes out again."""
    waiting = {line_id: line.amount for line_id, (_, line) in model.all_lines().items() if model.is_back(line_id)}
    await seal(database, day)
    rows = await pool.fetch(
        "SELECT to_char(reissue_of_day, 'YYYYMMDD') || '-' || lpad(reissue_of_no::text, 7, '0') AS line_id, amount"
        " FROM clearing.lines WHERE business_day = $1 AND reissue_of_no IS NOT NULL",
        day,
    )
    assert dict(map(tuple, rows)) == waiting
    model.drawn_again |= set(waiting)
    told = await lines(pool, day)
    model.owners.update({f"{day:%Y%m%d}-{number:07}": institution for number, _, institution, _ in told})
    for bank in _BANKS:
        if any(of_bank == bank for _, of_bank, _, _ in told):
            model.send(await send_file(pool, database, bank, day))


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_what_banks_say_and_the_ledger_agree(pool: Pool, owner: Any, database: Database, seed: int) -> None:
    chance = Random(seed)
    await open_places(pool)
    await tell_banks(pool)
    clinics = [f"K{number:011}" for number in range(_CLINICS)]
    for number, clinic in enumerate(clinics):
        await add_institution(pool, clinic, bank=_BANKS[number % 2])
    await pool.execute("UPDATE parties.institutions SET payee_account = '62' || institution")
    model, said = Model(), list[tuple[SentFile, bytes]]()
    for ago in range(_DAYS - 1, -1, -1):
        day = yesterday() - timedelta(days=ago)
        await make_day(owner, day)
        await post_on(
            pool, day, *[payment(institution=chance.choice(clinics), amount=chance.randint(1, 900)) for _ in range(8)]
        )
        await _seal_and_send(pool, database, model, day)
        for _ in range(_ACKNOWLEDGMENTS):
            await _hear(database, chance, model, said)
        assert await results(pool) == {line_id: ", ".join(known) for line_id, known in model.known.items() if known}
        for bank in _BANKS:
            assert await balance_of(pool, bank, "bank") == model.bank_owes()[bank]
        for clinic in clinics:
            assert await balance_of(pool, clinic, "institution") == model.due()[clinic]
        assert (await verify(database.app_url)).violations == []
    assert {tuple(known) for known in model.known.values()} >= {("paid",), ("failed",)}
    days = await owner.fetch("SELECT to_char(business_day, 'YYYYMMDD'), state FROM clearing.business_days")
    for day_text, state in days:
        known = [bool(told) for line_id, told in model.known.items() if line_id.startswith(day_text)]
        assert state == ("acknowledged" if all(known) else "filed")
