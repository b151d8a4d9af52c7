"""Random days: details, totals, the ledger's movements and what the institution was told agree, by class too."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

import pytest
from app.clearing.reconciliation.ledger_rows import BY_DAYS, BY_FEED, parameters
from app.clearing.reconciliation.scope import Scope, Sums
from app.clearing.reconciliation.session import session
from app.clearing.reconciliation.totals import sums_of
from app.database import Pool
from app.settlement.clearing_class import clearing_type
from app.settlement.feed.projector import catch_up
from app.settlement.messages import Message
from app.settlement.records import Outcome
from app.verify import verify
from tests.builders import (
    HOSPITAL,
    Database,
    add_debit_card,
    add_institution,
    add_person,
    authorization,
    by_card,
    follow_up,
    payment,
)
from tests.kinds import grant, outcomes
from tests.reconciling import UploadedRow, found_in, reconciled, scope_of

_BATCHES, _BATCH = 12, 14
_PERSONS = ("P1", "P2", "P3")


class Class(NamedTuple):
    insurance_type: str
    clearing_type: str


@dataclass
class Care:
    """A payment or capture in the hospital's own books: its class, the fund's part, what is left of the share."""

    message: Message
    cleared_as: Class
    fund: int
    left: int

    @property
    def fee(self) -> int:
        """What stands of the medical fee."""
        return self.left + self.fund if self.left else 0


@dataclass
class Hospital:
    """What a billing system keeps: of each message that took effect a row, from what it was told."""

    chance: Random
    rows: dict[Class, list[UploadedRow]] = field(default_factory=lambda: defaultdict(list))
    cash: dict[Class, int] = field(default_factory=lambda: defaultdict(int))
    cares: dict[str, Care] = field(default_factory=dict)
    holds: list[Message] = field(default_factory=list)
    purchases: list[Message] = field(default_factory=list)
    refunds: dict[str, tuple[Message, Care]] = field(default_factory=dict)

    def next_message(self) -> Message:
        chance = self.chance
        cares, refunds = list(self.cares.values()), list(self.refunds.values())
        match chance.choice("pppppphcccrrrrvvvudb"):
            case "h":
                return authorization(person_no=chance.choice(_PERSONS), amount=chance.randint(1, 300), **self._care())
            case "c" if self.holds:
                return follow_up("capture", chance.choice(self.holds), amount=chance.choice((0, 20)))
            case "r" if cares:
                care = chance.choice(cares)
                return follow_up("refund", care.message, amount=chance.choice((0, 0, 30)))
            case "v" if cares:
                return follow_up("reversal", chance.choice(cares).message)
            case "u" if refunds:
                return follow_up("reversal", chance.choice(refunds)[0])
            case "d":
                return follow_up("void", chance.choice(self.holds)) if self.holds else by_card("withdrawal", amount=1)
            case "b":
                bought = chance.choice(self.purchases) if self.purchases else None
                return by_card("purchase", amount=9) if bought is None else follow_up("refund", bought, amount=2)
        amount = chance.randint(1, 200)
        return payment(
            person_no=chance.choice(_PERSONS),
            amount=amount,
            total_fee=chance.choice((None, amount, amount + 77)),
            use_debit=False,
            **self._care(),
        )

    def _care(self) -> dict[str, str | None]:
        return {
            "med_type": self.chance.choice(("11", "21", "41", None)),
            "insurance_type": self.chance.choice((None, "390")),
            "treatment_id": self.chance.choice((None, "T7")),
        }

    def note(self, message: Message, told: Outcome) -> None:
        if told.code != "ok":
            return
        match message.kind:
            case "authorization":
                self.holds.append(message)
            case "purchase":
                self.purchases.append(message)
            case "payment" | "capture":
                self._note_care(message, told)
            case "refund" | "reversal" if message.original_message_id in self.cares:
                self._note_back(message, told, self.cares[message.original_message_id])
            case "reversal" if message.original_message_id in self.refunds:
                self._note_again(message, told)

    def _note_care(self, message: Message, told: Outcome) -> None:
        named = message
        if message.kind == "capture":
            [named] = [hold for hold in self.holds if hold.message_id == message.original_message_id]
        cleared_as = Class(named.insurance_type or "310", clearing_type(named.med_type))
        share = _share(told)
        care = Care(message, cleared_as, (message.total_fee or share) - share, share)
        self.cares[message.message_id] = care
        self._add(care, message, told, care.fee)

    def _note_back(self, message: Message, told: Outcome, care: Care) -> None:
        before = care.fee
        care.left -= _share(told)
        if message.kind == "refund":
            self.refunds[message.message_id] = (message, care)
        self._add(care, message, told, care.fee - before)

    def _note_again(self, message: Message, told: Outcome) -> None:
        _, care = self.refunds[message.original_message_id or ""]
        before = care.fee
        care.left += _share(told)
        self._add(care, message, told, care.fee - before)

    def _add(self, care: Care, message: Message, told: Outcome, fee: int) -> None:
        sign = 1 if fee > 0 else -1
        account, cash = told.account_paid + told.mutual_aid_paid, told.cash_due + told.debit_paid
        self.cash[care.cleared_as] += sign * cash
        self.rows[care.cleared_as].append(
            UploadedRow(
                told.settlement_id, message.person_no, fee, sign * account, fee - sign * (account + cash),
                message.treatment_id, message.message_id, "0" if sign > 0 else "1",
            )
        )  # fmt: skip

    def all_rows(self) -> list[UploadedRow]:
        return [row for rows in self.rows.values() for row in rows]

    def sums(self, *classes: Class) -> Sums:
        rows = [row for each in classes for row in self.rows[each]]
        return Sums(
            sum(row.medfee for row in rows),
            sum(row.fund_pay for row in rows),
            sum(row.account_pay for row in rows),
            sum(self.cash[each] for each in classes),
            sum(1 if row.flag == "0" else -1 for row in rows),
        )


def _share(told: Outcome) -> int:
    return told.account_paid + told.mutual_aid_paid + told.debit_paid + told.cash_due


async def a_day(pool: Pool, seed: int) -> Hospital:
    await add_institution(pool, HOSPITAL)
    for person_no, balance in zip(_PERSONS, (6_000, 700, 300), strict=True):
        await add_person(pool, person_no, balance=balance)
    await add_debit_card(pool, "P1", balance=500)
    await grant(pool, "P2", "P3")
    hospital = Hospital(Random(seed))
    for _ in range(_BATCHES):
        messages = [hospital.next_message() for _ in range(_BATCH)]
        for message, told in zip(messages, await outcomes(pool, *messages), strict=True):
            hospital.note(message, told)
    return hospital


async def _moved(pool: Pool) -> int:
    """Money of personal accounts that came to the hospital's account, less what went back."""
    fen: int = await pool.fetchval(
        "SELECT coalesce(sum(CASE WHEN t.credit_account = i.account_id THEN t.amount ELSE -t.amount END), 0)::bigint"
        " FROM parties.institutions AS i"
        " JOIN ledger.transfers AS t ON i.account_id IN (t.credit_account, t.debit_account)"
        " JOIN ledger.accounts AS a ON a.account_id IN (t.credit_account, t.debit_account)"
        " WHERE i.institution = $1 AND a.kind = 'personal'",
        HOSPITAL,
    )
    return fen


async def _details(database: Database, scope: Scope) -> Sums:
    async with session(database.app_url) as connection:
        rows = await connection.fetch(BY_DAYS, *parameters(scope))
        by_feed = await connection.fetch(BY_FEED, *parameters(scope))
    assert sorted(by_feed, key=lambda row: row[0]) == sorted(rows, key=lambda row: row[0])
    medfee, fund_pay, account_pay, cash = (
        sum(row[name] for row in rows) for name in ("medfee", "fund_pay", "account_pay", "cash")
    )
    return Sums(medfee, fund_pay, account_pay, cash, sum(-1 if row["gives_back"] else 1 for row in rows))


async def _totals(database: Database, scope: Scope) -> Sums:
    async with session(database.app_url) as connection:
        return await sums_of(connection, scope)


@pytest.mark.parametrize("seed", range(6))
async def test_details_totals_ledger_and_outcomes_of_a_random_day_agree(
    pool: Pool, database: Database, seed: int
) -> None:
    hospital = await a_day(pool, seed)
    assert len(hospital.rows) > 3
    for each in hospital.rows:
        scope = scope_of(insurance_type=each.insurance_type, clearing_type=each.clearing_type)
        assert await _totals(database, scope) == await _details(database, scope) == hospital.sums(each)
        run = await reconciled(pool, database.app_url, hospital.rows[each], scope)
        assert (run.is_equal, run.sums) == (True, hospital.sums(each))
    total = await _totals(database, scope_of())
    assert total == hospital.sums(*hospital.rows)
    assert total.medfee == total.fund_pay + total.account_pay + total.cash
    assert total.account_pay == await _moved(pool)
    await catch_up(pool)
    assert await _details(database, scope_of()) == total
    for with_message_ids in (False, True):
        run = await reconciled(pool, database.app_url, hospital.all_rows(), with_message_ids=with_message_ids)
        assert await found_in(pool, run) == []
        assert run.is_equal
    assert (await verify(database.app_url)).violations == []


@pytest.mark.parametrize("seed", range(6))
async def test_every_break_planted_in_a_random_day_is_found_and_named(
    pool: Pool, database: Database, seed: int
) -> None:
    hospital = await a_day(pool, seed)
    chance = Random(seed)
    rows = hospital.all_rows()
    chance.shuffle(rows)
    uploaded, planted = _plant(rows, chance)
    run = await reconciled(pool, database.app_url, uploaded, with_message_ids=True)
    found = {(each.kind, each.message_id or "", *each.fields) for each in await found_in(pool, run)}
    assert found == planted
    assert run.rows is not None
    assert run.rows.breaks == len(planted)
    assert run.rows.equal == len(uploaded) - len([each for each in planted if each[0] != "centre_more"])


def _plant(rows: Sequence[UploadedRow], chance: Random) -> tuple[list[UploadedRow], set[tuple[str, ...]]]:
    uploaded: list[UploadedRow] = []
    planted: set[tuple[str, ...]] = set()
    for number, row in enumerate(rows):
        kept = row
        name = row.message_id or ""
        match chance.choice(("", "", "left_out", "medfee", "fund_pay", "account_pay", "person_no", "coming")):
            case "left_out":
                planted.add(("centre_more", name))
                continue
            case "coming":
                planted.add(("not_arrived", f"COMING{number}"))
                uploaded.append(row.with_(settlement_id=None, message_id=f"COMING{number}"))
            case "person_no":
                planted.add(("differs", name, "person_no"))
                kept = row.with_(person_no="SOMEBODY")
            case "medfee" | "fund_pay" | "account_pay" as column:
                planted.add(("differs", name, column))
                kept = row.with_(**{column: getattr(row, column) + chance.choice((1, -1, 10_000))})
        uploaded.append(kept)
    return uploaded, planted
