"""Random days: what institutions were told, the ledger, the day, its positions and its lines come to one figure."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from app.database import Pool
from app.settlement.messages import Message
from app.settlement.records import Answer
from app.verify import verify
from tests.builders import HOSPITAL, PHARMACY, Database, follow_up, payment
from tests.clearing_days import balance_of, lines, make_day, open_places, positions, post_on, seal, yesterday

_DAYS, _STEPS = 4, 25
_BANKS = {HOSPITAL: "BANK01", PHARMACY: "BANK02"}


@dataclass
class Told:
    """What an institution was told that moved, in fen, and of how many settlements."""

    debits: int = 0
    refunds: int = 0
    count: int = 0


@dataclass
class Sender:
    """Two institutions that pay, refund, reverse, and reverse refunds, over days."""

    chance: Random
    payments: list[Message] = field(default_factory=list)
    refunds: list[Message] = field(default_factory=list)

    async def play(self, pool: Pool, day: date) -> dict[str, Told]:
        told: dict[str, Told] = defaultdict(Told)
        for _ in range(_STEPS):
            message, comes_in = self._message()
            [answer] = await post_on(pool, day, message)
            _hear(told[message.institution], answer, comes_in)
        return told

    def _message(self) -> tuple[Message, bool]:
        act = self.chance.choice(["payment", "payment", "payment", "refund", "refund", "reversal", "undo"])
        if act == "undo" and self.refunds:
            return follow_up("reversal", self.chance.choice(self.refunds)), True
        if act == "refund" and self.payments:
            self.refunds.append(
                follow_up("refund", self.chance.choice(self.payments), amount=self.chance.randint(1, 5_000))
            )
            return self.refunds[-1], False
        if act == "reversal" and self.payments:
            return follow_up("reversal", self.chance.choice(self.payments)), False
        self.payments.append(
            payment(
                amount=self.chance.randint(1, 5_000),
                institution=self.chance.choice([HOSPITAL, PHARMACY]),
                med_type=self.chance.choice([None, "11", "21", "41"]),
                person_no=self.chance.choice(["P1", "P2"]),
            )
        )
        return self.payments[-1], True


def _hear(told: Told, answer: Answer, comes_in: bool) -> None:
    outcome = answer.outcome
    moved = outcome.account_paid + outcome.mutual_aid_paid + outcome.debit_paid
    if answer.code != "ok" or not moved:
        return
    told.count += 1
    if comes_in:
        told.debits += moved
    else:
        told.refunds += moved


@pytest.mark.parametrize(("seed", "negative_net"), [(1, "carried"), (2, "collected"), (3, "carried")])
async def test_ledger_day_positions_and_lines_are_one_figure(
    pool: Pool, owner: Any, database: Database, seed: int, negative_net: str
) -> None:
    await open_places(pool)
    await owner.execute(
        "INSERT INTO clearing.netting_rules VALUES ('BANK01', '1980-01-01', $1, 'c1', '1970-01-01Z')", negative_net
    )
    sender = Sender(Random(seed))
    left: dict[str, int] = defaultdict(int)  # what is due and not paid, by institution
    paid: dict[str, int] = defaultdict(int)  # what each bank is to pay out in all
    for ago in range(_DAYS - 1, -1, -1):
        day = yesterday() - timedelta(days=ago)
        await make_day(owner, day)
        has_account = sender.chance.random() < 0.7
        await owner.execute(
            "UPDATE parties.institutions SET payee_account = $2 WHERE institution = $1",
            HOSPITAL, "62" if has_account else "",
        )  # fmt: skip
        told = await sender.play(pool, day)
        sealed = await seal(database, day)
        assert sealed.totals is not None
        assert (sealed.totals.debits, sealed.totals.refunds) == (
            sum(each.debits for each in told.values()), sum(each.refunds for each in told.values()),
        )  # fmt: skip
        assert sealed.totals.debit_count + sealed.totals.refund_count == sum(each.count for each in told.values())
        drawn = {institution: amount for _, _, institution, amount in await lines(pool, day)}
        for institution, position in (await positions(pool, day)).items():
            due = left[institution] + told[institution].debits - told[institution].refunds
            pays = institution == PHARMACY or has_account
            pays &= due > 0 or (institution == HOSPITAL and negative_net == "collected")
            expected = due if pays else 0
            left[institution] = due - expected
            paid[institution] += expected
            assert (position["paid"], position["carried_out"]) == (expected, due - expected)
            assert drawn.get(institution, 0) == expected
        for institution, bank in _BANKS.items():
            assert await balance_of(pool, institution, "institution") == left[institution]
            assert await balance_of(pool, bank, "bank") == paid[institution]
    assert (await verify(database.app_url)).violations == []
