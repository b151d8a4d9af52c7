"""Small worlds for the model to play in: three persons, a hospital and a pharmacy on one real database, many times.

A world is used by one sequence alone, so a sequence finds everything new without a database of its own.
"""

import asyncio
from collections import deque
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, TypeVar

from app.database import Connection, connect, open_pool, transaction
from app.ledger.accounts import FUND_ACCOUNT, NewAccount, new_account_ids, open_accounts
from app.ledger.buckets import bucket_of
from app.ledger.verify import Violation
from app.settlement.rules import RuleBook
from app.verify import verify
from tests.builders import AGENCY, MIDNIGHT, Database
from tests.model.books import Account, Card, Institution, Person, Rule
from tests.model.model import Model

T = TypeVar("T")

BANK = "BANK01"
FUND = "the fund"
#: Of person A, B and C. C's card waits for its first use, and with it C's account.
CARD_STATES = (("active", "on"), ("active", "on"), ("issued", "off"))
_WORLDS_AT_ONCE = 50


@dataclass(frozen=True)
class World:
    """Numbers of everything in it; `owners` names the accounts by id."""

    persons: tuple[str, ...]
    hospital: str
    pharmacy: str
    owners: Mapping[int, str]

    @property
    def ids(self) -> list[int]:
        return list(self.owners)


def card_of(person_no: str) -> str:
    return f"Z{person_no}"


def serial_of(person_no: str) -> str:
    return f"SN{person_no}"


def debit_account_of(person_no: str) -> str:
    return f"{BANK}/{person_no}"


def model_of(world: World, rule: Rule) -> Model:
    cards, persons = {}, {}
    for person_no, (state, application) in zip(world.persons, CARD_STATES, strict=True):
        own = Account(person_no, state="normal" if state == "active" else "dormant")
        debit = Account(debit_account_of(person_no))
        persons[person_no] = Person(own)
        cards[card_of(person_no)] = Card(person_no, serial_of(person_no), debit, state, application)
    institutions = {
        code: Institution(Account(owner, is_kept=False), kind)
        for code, owner, kind in (
            (world.hospital, world.hospital, "hospital"),
            (world.pharmacy, world.pharmacy, "pharmacy"),
            (AGENCY, FUND, "agency"),
        )
    }
    return Model(rule, persons, cards, institutions)


class Standing(NamedTuple):
    """An account in the ledger. open_held: of holds that nothing closed; held_now: of those of them that stand now."""

    account_id: int
    balance: int
    accumulated: int
    held: int
    last_entry: int
    state: str
    open_held: int
    held_now: int
    paid_at_pharmacies: int
    payments_at_pharmacies: int
    now: datetime


class Movements(NamedTuple):
    """All that went from one account to another, in fen, and in how many transfers."""

    debit_account: int
    credit_account: int
    amount: int
    number: int


_STANDINGS = """
WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now)
SELECT
    a.account_id, a.balance, a.accumulated, a.held, a.last_entry, a.state, h.open_held, h.held_now, d.paid, d.payments,
    clock.now
FROM clock, ledger.accounts AS a, LATERAL (
    SELECT coalesce(sum(paid), 0)::bigint AS paid, coalesce(sum(payments), 0)::bigint AS payments
    FROM settlement.pharmacy_days
    WHERE account_id = a.account_id
) AS d, LATERAL (
    SELECT
        coalesce(sum(held), 0)::bigint AS open_held,
        coalesce(sum(held) FILTER (WHERE expires_at > clock.now), 0)::bigint AS held_now
    FROM settlement.holds
    WHERE account_id = a.account_id AND state = 'open'
) AS h
WHERE a.account_id = ANY ($1) AND a.balance IS NOT NULL
"""
# Each transfer once, by the kept account that it left or, where it left a derived one, came to.
_MOVEMENTS = """
SELECT debit_account, credit_account, sum(amount)::bigint, count(*)
FROM ledger.transfers
WHERE debit_account = ANY ($1) AND debit_entry IS NOT NULL
GROUP BY 1, 2
UNION ALL
SELECT debit_account, credit_account, sum(amount)::bigint, count(*)
FROM ledger.transfers
WHERE credit_account = ANY ($1) AND credit_entry IS NOT NULL AND debit_entry IS NULL
GROUP BY 1, 2
"""


class Bench:
    """The service on one database, driven from a thread that is not asynchronous itself."""

    def __init__(self, database: Database, rules: Mapping[str, Rule]) -> None:
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._database = database
        self._worlds: deque[World] = deque()
        self._made = 0
        self.rules = RuleBook(MIDNIGHT)
        self.run(self._open(rules))

    async def _open(self, rules: Mapping[str, Rule]) -> None:
        # Two pools, as two processes would have.
        self.pools = [
            await open_pool(self._database.app_url, size_max=4, application_name=f"tests {number}") for number in (1, 2)
        ]
        owner = await connect(self._database.owner_url, application_name="tests")
        try:
            await _lay_down(owner, rules)
        finally:
            await owner.close()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(coroutine)

    def close(self) -> None:
        try:
            self.run(self._close())
        finally:
            self._runner.close()

    async def _close(self) -> None:
        for pool in self.pools:
            await pool.close()

    def violations(self) -> list[Violation]:
        return self.run(verify(self._database.app_url)).violations

    def world(self) -> World:
        if not self._worlds:
            self._worlds.extend(self.run(self._make_worlds()))
        return self._worlds.popleft()

    async def standings(self, world: World) -> tuple[list[Standing], list[Movements]]:
        async with transaction(self.pools[0]) as connection:
            standings = await connection.fetch(_STANDINGS, world.ids)
            movements = await connection.fetch(_MOVEMENTS, world.ids)
        return [Standing(*row) for row in standings], [Movements(*row) for row in movements]

    async def _make_worlds(self) -> list[World]:
        numbers = range(self._made, self._made + _WORLDS_AT_ONCE)
        self._made += _WORLDS_AT_ONCE
        async with transaction(self.pools[0]) as connection:
            return [await _make_world(connection, number) for number in numbers]


async def _make_world(connection: Connection, number: int) -> World:
    persons = tuple(f"{letter}{number}" for letter in "ABC")
    hospital, pharmacy = f"H{number:011d}", f"Y{number:011d}"
    ids = await new_account_ids(connection, 8)
    accounts: list[NewAccount] = []
    for person_no, (state, _) in zip(persons, CARD_STATES, strict=True):
        own_state, bucket = "normal" if state == "active" else "dormant", bucket_of(person_no)
        accounts.append((ids[len(accounts)], 0, bucket, "personal", person_no, own_state, ""))
        accounts.append((ids[len(accounts)], 0, bucket, "debit", debit_account_of(person_no), "normal", ""))
    for institution in (hospital, pharmacy):
        accounts.append((ids[len(accounts)], None, bucket_of(institution), "institution", institution, "normal", ""))
    await open_accounts(connection, accounts)
    await _copy(
        connection, "persons", ("person_no", "bucket"), [(person_no, bucket_of(person_no)) for person_no in persons]
    )
    await _copy(
        connection,
        "cards",
        ("card_no", "person_no", "card_sn", "state", "valid_to", "bank", "debit_application"),
        [
            (card_of(person_no), person_no, serial_of(person_no), state, date(2099, 12, 31), BANK, application)
            for person_no, (state, application) in zip(persons, CARD_STATES, strict=True)
        ],
    )
    await _copy(
        connection,
        "institutions",
        ("institution", "account_id", "kind", "bank", "name"),
        [(hospital, ids[6], "hospital", BANK, hospital), (pharmacy, ids[7], "pharmacy", BANK, pharmacy)],
    )
    return World(persons, hospital, pharmacy, {**{account[0]: account[4] for account in accounts}, FUND_ACCOUNT: FUND})


async def _copy(connection: Connection, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    await connection.copy_records_to_table(table, schema_name="parties", columns=columns, records=rows)


async def _lay_down(owner: Connection, rules: Mapping[str, Rule]) -> None:
    """Rules of regions that hold since long ago, as none can be filed."""
    for region, rule in rules.items():
        names = ", ".join(vars(rule))
        await owner.execute(
            f"INSERT INTO settlement.region_rules (region, effective_from, filed_by, filed_at, {names})"
            " VALUES ($1, $2, 'tests', $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            region,
            datetime(2020, 1, 2, tzinfo=UTC),
            datetime(2020, 1, 1, tzinfo=UTC),
            *vars(rule).values(),
        )
