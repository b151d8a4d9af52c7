"""The one posting path on a real Postgres: each message once, exactly, whatever runs beside it."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import asyncpg
import orjson
import pytest
from app.codes import Code
from app.database import Connection, Pool, open_pool, transaction
from app.errors import DatabaseUnavailable
from app.ledger import accounts, journal, posting
from app.settlement import register, surroundings, sweeper
from app.settlement.days import prepare_days
from app.settlement.isolate import Isolated, Refusal, settle_isolating
from app.settlement.messages import AMOUNT_MAX, Card, Message
from app.settlement.publisher import encode
from app.settlement.records import Outcome
from app.settlement.rules import RuleBook
from app.settlement.settle import settle
from app.verify import verify
from tests.builders import (
    HOSPITAL,
    MIDNIGHT,
    PHARMACY,
    Database,
    add_card,
    add_institution,
    add_person,
    contribution,
    payment,
)
from tests.harness import eventually


@pytest.fixture
async def ledger(pool: Pool) -> Pool:
    """The pool of a ledger with HOSPITAL, PHARMACY, P1 with 10,000 fen and P2 with 500."""
    await add_institution(pool, HOSPITAL)
    await add_institution(pool, PHARMACY, kind="pharmacy")
    await add_person(pool, "P1", balance=10_000)
    await add_person(pool, "P2", balance=500)
    return pool


async def outcomes(pool: Pool, *messages: Message) -> list[Outcome]:
    settled = await settle(pool, messages, rules=RuleBook(MIDNIGHT))
    return [answer.outcome for answer in settled.answers]


async def balance(pool: Pool, person_no: str = "P1") -> int:
    found: int = await pool.fetchval("SELECT balance FROM ledger.accounts WHERE owner = $1", person_no)
    return found


async def count(pool: Pool, table: str) -> int:
    found: int = await pool.fetchval(f"SELECT count(*) FROM {table}")
    return found


def money(outcome: Outcome) -> tuple[str, int, int, int | None]:
    return outcome.status, outcome.account_paid, outcome.cash_due, outcome.balance_after


def assert_replays(repeat: Outcome, first: Outcome) -> None:
    assert repeat.replayed
    assert orjson.loads(encode(repeat)) == {**orjson.loads(encode(first)), "replayed": True}


# Money


async def test_a_payment_is_split_exactly_at_the_balance(ledger: Pool) -> None:
    first, second, third, fourth = await outcomes(
        ledger, payment(amount=9_999), payment(amount=1), payment(amount=1), payment(amount=AMOUNT_MAX)
    )
    assert money(first) == ("settled", 9_999, 0, 1)
    assert money(second) == ("settled", 1, 0, 0)
    assert money(third) == ("settled", 0, 1, 0)
    assert money(fourth) == ("settled", 0, AMOUNT_MAX, 0)
    assert [part.source for part in first.parts + third.parts] == ["account", "cash"]


async def test_parts_never_sum_to_more_than_the_whole(ledger: Pool) -> None:
    """Split parts that sum to more than the whole: blnk#73. Here also a CHECK of the database."""
    for outcome in await outcomes(ledger, *(payment(amount=fen) for fen in (3_333, 3_333, 3_333, 3_333, 7))):
        paid = outcome.account_paid + outcome.mutual_aid_paid + outcome.debit_paid + outcome.cash_due
        assert paid == outcome.amount == sum(part.amount for part in outcome.parts)


async def test_all_or_nothing_is_declined_where_the_balance_is_short(ledger: Pool) -> None:
    first, second = await outcomes(
        ledger,
        payment(amount=10_001, short_balance="decline"),
        payment(amount=10_000, short_balance="decline"),
    )
    assert (first.status, first.code, money(first)) == (
        "declined", Code.INSUFFICIENT_FUNDS, ("declined", 0, 0, 10_000),
    )  # fmt: skip
    assert money(second) == ("settled", 10_000, 0, 0)


async def test_messages_of_one_person_are_settled_in_their_order(ledger: Pool) -> None:
    batch = [
        payment(person_no="P2", amount=400),
        payment(person_no="P2", amount=200, short_balance="decline"),
        contribution("P2", 50),
        payment(person_no="P2", amount=150, short_balance="decline"),
        payment(person_no="P2", amount=1, short_balance="decline"),
    ]
    assert [money(outcome) for outcome in await outcomes(ledger, *batch)] == [
        ("settled", 400, 0, 100),
        ("declined", 0, 0, 100),
        ("settled", 0, 0, 150),
        ("settled", 150, 0, 0),
        ("declined", 0, 0, 0),
    ]


async def test_every_movement_stands_on_both_sides(ledger: Pool) -> None:
    await outcomes(ledger, payment(amount=700), payment(amount=300, institution=PHARMACY))
    rows = await ledger.fetch(
        "SELECT d.owner, c.owner AS to_owner, t.amount, t.debit_balance_after, t.debit_entry FROM ledger.transfers AS t"
        " JOIN ledger.accounts AS d ON d.account_id = t.debit_account"
        " JOIN ledger.accounts AS c ON c.account_id = t.credit_account"
        " WHERE t.debit_entry IS NOT NULL ORDER BY t.debit_entry"
    )
    assert [tuple(row) for row in rows] == [("P1", HOSPITAL, 700, 9_300, 2), ("P1", PHARMACY, 300, 9_000, 3)]


async def test_the_database_itself_refuses_an_overdraft(
    ledger: Pool, owner: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    for writer in (ledger, owner):
        for change in ("balance = -1", "balance = balance - 10001", "held = 10001", "held = -1"):
            with pytest.raises(asyncpg.CheckViolationError):
                await writer.execute(f"UPDATE ledger.accounts SET {change} WHERE owner = 'P1'")


async def test_the_database_itself_refuses_parts_that_do_not_sum_to_the_amount(
    ledger: Pool, owner: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await outcomes(ledger, payment())
    with pytest.raises(asyncpg.CheckViolationError, match="settlement_parts_sum_to_amount"):
        await owner.execute("UPDATE settlement.settlements SET cash_due = cash_due + 1 WHERE kind = 'payment'")


async def test_the_application_may_not_rewrite_what_is_settled(ledger: Pool) -> None:
    await outcomes(ledger, payment())
    for table in ("settlement.settlements", "settlement.message_keys", "ledger.transfers"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET position = 0", f"TRUNCATE {table}"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await ledger.execute(statement)


# Repeats


async def test_a_repeat_gets_the_stored_outcome(ledger: Pool) -> None:
    message = payment(amount=600, metadata={"a": [1, "药"]}, occurred_at=datetime(2026, 1, 2, tzinfo=UTC))
    [first] = await outcomes(ledger, message)
    await outcomes(ledger, payment(amount=1))
    [repeat] = await outcomes(ledger, message)
    assert_replays(repeat, first)
    assert await balance(ledger) == 10_000 - 600 - 1


async def test_the_same_key_twice_in_one_batch_is_settled_once(ledger: Pool) -> None:
    """The same key twice in one batch crashed formancehq/stack#1633."""
    message = payment(amount=600)
    first, repeat, conflict, again = await outcomes(
        ledger, message, message, payment(message_id=message.message_id, amount=601), message
    )
    assert not first.replayed
    assert_replays(repeat, first)
    assert_replays(again, first)
    assert (conflict.status, conflict.differing_fields) == ("conflict", ("amount",))
    assert await balance(ledger) == 10_000 - 600


async def test_a_repeat_writes_nothing(ledger: Pool) -> None:
    message = payment()
    await outcomes(ledger, message)
    before = [await count(ledger, table) for table in ("ledger.batches", "ledger.transfers", "settlement.settlements")]
    settled = await settle(ledger, [message, message], rules=RuleBook(MIDNIGHT))
    after = [await count(ledger, table) for table in ("ledger.batches", "ledger.transfers", "settlement.settlements")]
    assert settled.batch_id is None
    assert before == after


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (payment(amount=10_001, short_balance="decline"), Code.INSUFFICIENT_FUNDS),
        (payment(person_no="STRANGER"), Code.PERSON_UNKNOWN),
        (payment(card=Card("03", "NONE")), Code.CARD_UNKNOWN),
        (payment(institution="X00000000009"), Code.INSTITUTION_UNKNOWN),
    ],
    ids=lambda value: str(value)[:24] if isinstance(value, Code) else "",
)
async def test_a_decline_is_final_even_when_it_would_settle_now(ledger: Pool, message: Message, code: Code) -> None:
    [first] = await outcomes(ledger, message)
    assert first.code == code
    await outcomes(ledger, contribution("P1", 1_000_000))
    await add_person(ledger, "STRANGER", balance=1_000_000)
    await add_card(ledger, "NONE")
    await add_institution(ledger, "X00000000009")
    [repeat] = await outcomes(ledger, message)
    assert_replays(repeat, first)
    assert (await outcomes(ledger, payment(message_id="NEW")))[0].status == "settled"


# Conflicts

_FIRST: dict[str, Any] = {
    "amount": 100,
    "card": Card("03", "Z1", "SN1"),
    "med_type": "11",
    "occurred_at": datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC),
    "metadata": {"a": 1, "b": "x"},
}
_OTHER: list[tuple[str, dict[str, Any]]] = [
    ("amount", {"amount": 101}),
    ("person_no", {"person_no": "P2"}),
    ("card.cert_type", {"card": Card("02", "Z1", "SN1")}),
    ("card.card_no", {"card": Card("03", "Z2", "SN1")}),
    ("card.card_sn", {"card": Card("03", "Z1", "SN2")}),
    ("card.card_sn", {"card": Card("03", "Z1")}),
    ("med_type", {"med_type": "12"}),
    ("med_type", {"med_type": None}),
    ("short_balance", {"short_balance": "decline"}),
    ("use_mutual_aid", {"use_mutual_aid": False}),
    ("use_debit", {"use_debit": True}),
    ("occurred_at", {"occurred_at": datetime(2026, 1, 2, 3, 4, 5, 678_902, tzinfo=UTC)}),
    ("occurred_at", {"occurred_at": None}),
    ("metadata", {"metadata": {"a": 2, "b": "x"}}),
    ("metadata", {"metadata": {"a": "1", "b": "x"}}),
    ("metadata", {"metadata": {"a": True, "b": "x"}}),
    ("metadata", {"metadata": {"a": 1}}),
    ("metadata", {"metadata": {}}),
    ("metadata", {"metadata": None}),
    ("kind", {"kind": "contribution"}),
]


@pytest.mark.parametrize("at_once", [True, False], ids=["same-batch", "next-batch"])
async def test_the_same_key_with_other_content_is_answered_with_the_field_that_differs(
    ledger: Pool, at_once: bool
) -> None:
    """Same key, other amount, silently answered with the first result: FINERACT-2485."""
    await add_card(ledger, "Z1")
    for number, (field, change) in enumerate(_OTHER):
        fields = {**_FIRST, "message_id": f"TAKEN{number}"}
        first, second = payment(**fields), payment(**{**fields, **change})
        if at_once:
            stored, conflict = await outcomes(ledger, first, second)
        else:
            [stored], [conflict] = await outcomes(ledger, first), await outcomes(ledger, second)
        assert (conflict.status, conflict.code) == ("conflict", Code.MESSAGE_CONFLICT), change
        assert conflict.differing_fields == (field,)
        assert conflict.settlement_id == stored.settlement_id
        assert (conflict.account_paid, conflict.balance_after, conflict.parts) == (0, None, ())
        [repeat] = await outcomes(ledger, first)
        assert_replays(repeat, stored)
    assert await balance(ledger) == 10_000 - 100 * len(_OTHER)
    assert await balance(ledger, "P2") == 500


async def test_every_differing_field_is_named(ledger: Pool) -> None:
    _, conflict = await outcomes(
        ledger,
        payment(message_id="TAKEN"),
        payment(message_id="TAKEN", amount=1, person_no="P2", med_type="21", metadata={}),
    )
    assert conflict.differing_fields == ("person_no", "amount", "med_type", "metadata")


async def test_the_order_of_keys_in_metadata_is_no_difference(ledger: Pool) -> None:
    first, repeat = await outcomes(
        ledger,
        payment(message_id="TAKEN", metadata={"a": 1, "b": {"c": 2, "d": 3}}),
        payment(message_id="TAKEN", metadata={"b": {"d": 3, "c": 2}, "a": 1}),
    )
    assert_replays(repeat, first)


async def test_the_same_id_from_another_institution_is_another_message(ledger: Pool) -> None:
    first, second = await outcomes(ledger, payment(message_id="SAME"), payment(message_id="SAME", institution=PHARMACY))
    assert (first.replayed, second.replayed, second.status) == (False, False, "settled")
    assert await balance(ledger) == 8_000


# At once


@pytest.fixture
async def pools(database: Database) -> Any:
    """As many processes would have: eight pools on one database."""
    made = [await open_pool(database.app_url, size_max=2, application_name="tests") for _ in range(8)]
    yield made
    await asyncio.gather(*(pool.close() for pool in made))


async def test_one_message_in_many_batches_at_once_is_settled_once(ledger: Pool, pools: Sequence[Pool]) -> None:
    for _ in range(10):
        message = payment(amount=1)
        answers = await asyncio.gather(*(outcomes(pool, message) for pool in pools))
        statuses = Counter((outcome.status, outcome.replayed) for [outcome] in answers)
        assert statuses == {("settled", False): 1, ("settled", True): 7}
    assert await balance(ledger) == 10_000 - 10


async def test_one_key_for_many_persons_at_once_is_settled_for_one_of_them(
    ledger: Pool, pools: Sequence[Pool], database: Database
) -> None:
    """They lock different accounts, so that nothing but the registry of keys can tell."""
    people = [f"RACER{n}" for n in range(len(pools))]
    for person_no in people:
        await add_person(ledger, person_no, balance=100)
    for _ in range(10):
        key = payment().message_id
        answers = await asyncio.gather(
            *(
                outcomes(pool, payment(message_id=key, person_no=person_no, amount=1))
                for pool, person_no in zip(pools, people, strict=True)
            )
        )
        assert Counter(outcome.status for [outcome] in answers) == {"settled": 1, "conflict": 7}
        assert {outcome.differing_fields for [outcome] in answers} == {(), ("person_no",)}
    assert await count(ledger, "settlement.settlements WHERE kind = 'payment'") == 10
    assert (await verify(database.app_url)).violations == []


async def test_an_unknown_persons_message_in_many_batches_at_once_is_declined_once(
    ledger: Pool, pools: Sequence[Pool]
) -> None:
    """There is no account to wait for, so the batches meet in the registry of keys."""
    for _ in range(10):
        message = payment(person_no="STRANGER")
        answers = await asyncio.gather(*(outcomes(pool, message) for pool in pools))
        assert Counter(outcome.replayed for [outcome] in answers) == {False: 1, True: 7}
    assert await count(ledger, "settlement.settlements WHERE kind = 'payment'") == 10


async def test_a_balance_spent_by_many_batches_at_once_is_spent_once(
    ledger: Pool, pools: Sequence[Pool], database: Database
) -> None:
    """The optimistic lock race of blnk#239: two writers read one balance and both spend it."""
    batches = [[payment(amount=300) for _ in range(3)] for pool in pools for _ in range(3)]
    answers = await asyncio.gather(*(outcomes(pools[n % len(pools)], *batch) for n, batch in enumerate(batches)))
    paid = [outcome.account_paid for batch in answers for outcome in batch]
    assert sum(paid) == 10_000
    assert Counter(paid) == {300: 33, 100: 1, 0: 38}
    assert await balance(ledger) == 0
    assert (await verify(database.app_url)).violations == []


async def test_batches_with_the_same_people_in_opposite_order_do_not_deadlock(
    ledger: Pool, pools: Sequence[Pool], database: Database
) -> None:
    people = [f"X{n}" for n in range(20)]
    for person_no in people:
        await add_person(ledger, person_no, balance=1_000)
    before = await _deadlocks(ledger)
    for _ in range(50):
        there = [payment(person_no=person_no, amount=1) for person_no in people]
        back = [payment(person_no=person_no, amount=1) for person_no in reversed(people)]
        await asyncio.gather(
            outcomes(pools[0], *there), outcomes(pools[1], *back), outcomes(pools[2], *there[::2], *back[::2])
        )
    assert await _deadlocks(ledger) == before
    assert {await balance(ledger, person_no) for person_no in people} == {1_000 - 2 * 50}
    assert (await verify(database.app_url)).violations == []


async def _deadlocks(pool: Pool) -> int:
    async with pool.acquire() as connection:
        await connection.execute("SELECT pg_stat_force_next_flush()")
        await connection.execute("SELECT pg_stat_clear_snapshot()")
        found: int = await connection.fetchval(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        )
    return found


async def test_batches_with_the_same_new_keys_in_opposite_order_come_to_an_end(
    ledger: Pool, pools: Sequence[Pool]
) -> None:
    """Nobody's account orders these, so Postgres has to end the circle; the batch that lost comes again."""
    messages = [payment(person_no=f"STRANGER{n}") for n in range(100)]
    first, second = await asyncio.gather(outcomes(pools[0], *messages), outcomes(pools[1], *reversed(messages)))
    for one, other in zip(first, reversed(second), strict=True):
        assert (one.replayed, other.replayed) in {(True, False), (False, True)}
        assert one.settlement_id == other.settlement_id


async def test_a_card_reported_lost_while_its_batch_waits_pays_nothing(
    ledger: Pool, pool: Pool, owner: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await add_card(ledger, "Z1")
    async with owner.transaction():
        await owner.execute("SELECT FROM ledger.accounts WHERE owner = 'P1' FOR UPDATE")
        waiting = asyncio.create_task(outcomes(ledger, payment(card=Card("03", "Z1", "SN1"))))
        await eventually(lambda: _somebody_waits(pool))
        await pool.execute("UPDATE parties.cards SET state = 'lost' WHERE card_no = 'Z1'")
    [outcome] = await waiting
    assert outcome.code == Code.CARD_LOST


async def _somebody_waits(pool: Pool) -> bool:
    found: bool = await pool.fetchval(
        "SELECT EXISTS (SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE NOT granted AND datname = current_database())"
    )
    return found


# What the database refuses


async def isolated(pool: Pool, *messages: Message) -> Isolated:
    return await settle_isolating(pool, messages, rules=RuleBook(MIDNIGHT))


async def test_a_message_that_the_database_refuses_stands_alone(
    ledger: Pool, owner: "asyncpg.Connection[asyncpg.Record]", database: Database
) -> None:
    await owner.execute("ALTER TABLE settlement.settlements ADD CHECK (message_id NOT LIKE 'poison%')")
    batch = [payment(message_id=name, amount=1) for name in ("a", "b", "poison1", "c", "poison2", "d", "e")]
    settled = await isolated(ledger, *batch)
    statuses = ["refused" if isinstance(answer, Refusal) else answer.outcome.status for answer in settled.answers]
    assert statuses == ["settled", "settled", "refused", "settled", "refused", "settled", "settled"]
    assert await balance(ledger) == 10_000 - 5
    assert (await verify(database.app_url)).violations == []


async def test_the_reason_of_a_refusal_holds_no_value_of_the_message(
    ledger: Pool, owner: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await owner.execute("ALTER TABLE settlement.settlements ADD CONSTRAINT planted CHECK (message_id <> 'SECRET')")
    [refusal] = (await isolated(ledger, payment(person_no="P2", message_id="SECRET"))).answers
    assert refusal == Refusal("SQLSTATE 23514, constraint planted")


async def test_a_sum_beyond_what_a_bigint_holds_is_refused_and_harms_no_one(ledger: Pool, database: Database) -> None:
    """922 of the largest amounts fit into one account, the next one does not; in a batch only that one is refused."""
    for first in range(0, 800, 200):
        await outcomes(ledger, *(contribution("P1", AMOUNT_MAX) for _ in range(first, first + 200)))
    settled = await isolated(
        ledger, *(contribution("P1", AMOUNT_MAX) for _ in range(123)), payment(person_no="P2", amount=1)
    )
    assert [n for n, answer in enumerate(settled.answers) if isinstance(answer, Refusal)] == [122]
    assert await balance(ledger) == 10_000 + 922 * AMOUNT_MAX
    assert await balance(ledger, "P2") == 499
    assert (await verify(database.app_url)).violations == []


async def test_an_institution_may_be_paid_more_than_a_bigint_holds(ledger: Pool, database: Database) -> None:
    """Its balance is derived, so no column has to hold the sum."""
    for person_no in ("RICH1", "RICH2"):
        await add_person(ledger, person_no)
        for _ in range(3):
            await outcomes(ledger, *(contribution(person_no, AMOUNT_MAX) for _ in range(300)))
            await outcomes(ledger, *(payment(person_no=person_no, amount=AMOUNT_MAX) for _ in range(300)))
    paid = await ledger.fetchval("SELECT sum(amount) FROM ledger.transfers WHERE debit_entry IS NOT NULL")
    assert paid == 1_800 * AMOUNT_MAX > 2**63
    assert (await verify(database.app_url)).violations == []


async def test_a_value_that_the_driver_cannot_send_is_refused_and_not_waited_for(ledger: Pool) -> None:
    """A batch that waits for a database which is there waits for ever, and its partition with it."""
    never = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))  # has no date in UTC
    settled = await isolated(ledger, payment(amount=1), payment(occurred_at=never), payment(amount=1))
    assert [isinstance(answer, Refusal) for answer in settled.answers] == [False, True, False]


async def test_a_day_without_partitions_is_waited_for(
    ledger: Pool, owner: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    [outcome] = await outcomes(ledger, payment())
    suffix = f"{outcome.business_day:%Y%m%d}"
    await owner.execute(
        f"ALTER TABLE settlement.settlements DETACH PARTITION settlement.settlements_{suffix};"
        f"DROP TABLE settlement.settlements_{suffix}"
    )
    message = payment()
    with pytest.raises(DatabaseUnavailable):
        await isolated(ledger, message)
    await prepare_days(ledger)
    [settled] = await outcomes(ledger, message)
    assert (settled.status, settled.replayed) == ("settled", False)


# Plans


_BIG = """
INSERT INTO ledger.accounts (account_id, balance, bucket, kind, owner)
SELECT 10000 + n, 0, n % 256, 'personal', 'BIG' || n FROM generate_series(1, 20000) AS n;
INSERT INTO parties.institutions (institution, account_id, kind, bank, name)
SELECT 'I' || lpad(n::text, 11, '0'), n, 'hospital', 'B', 'N' FROM generate_series(1, 5000) AS n;
INSERT INTO parties.cards (card_no, person_no, card_sn, state, valid_to)
SELECT 'BIG' || n, 'BIG' || n, 'SN', 'active', '2099-01-01' FROM generate_series(1, 20000) AS n;
INSERT INTO settlement.message_keys (batch_id, fingerprint, business_day, position, message_key)
SELECT n, n, current_date, 0, sha256(n::text::bytea)::bytea FROM generate_series(1000000, 1020000) AS n;
INSERT INTO settlement.settlements
SELECT (jsonb_populate_record(one.s, jsonb_build_object('batch_id', 1000000 + n, 'message_id', n::text))).*
FROM (SELECT s FROM settlement.settlements AS s LIMIT 1) AS one, generate_series(1, 10000) AS n;
INSERT INTO ledger.batches
SELECT (jsonb_populate_record(one.b, jsonb_build_object(
    'batch_id', 1000000 + n, 'published_at', CASE WHEN n > 5 THEN now() END))).*
FROM (SELECT b FROM ledger.batches AS b LIMIT 1) AS one, generate_series(1, 20000) AS n;
"""

# With arguments as SQL, since only a prepared statement has a generic plan.
_HOT = {
    accounts._LOCK_PERSONAL: "'BIG1|BIG2'",
    accounts._LOCK_PERSONAL_AND_DEBIT: "'BIG1|BIG2|BANK/BIG1'",
    surroundings._GRANTERS: "'BIG1|BIG2'",
    surroundings._HOLDERS: "ARRAY['BIG1']",
    surroundings._OWNERS: "ARRAY['\\x00ff'::bytea]",
    surroundings._TRANSFERS: "ARRAY[1000001], ARRAY[current_date], ARRAY[0]",
    surroundings._HOLDS: "ARRAY['\\x00ff'::bytea]",
    surroundings._DUE_HOLDS: "ARRAY[1], now()",
    surroundings._RETURNS: "ARRAY['\\x00ff'::bytea]",
    register._READ_REGISTERS: "'BIG1|', 'I00000000001|I00000000002', '00ff|0123'",
    register._READ_SETTLEMENTS: "ARRAY[1000001], ARRAY[current_date], ARRAY[0]",
    posting._WRITE_BALANCES: "'10001|10002', '1|2', '0|0', '0|0', '0|0', '0|0', '2026|2026'",
    sweeper._SETTLEMENTS: "1000001, current_date",
}


@pytest.mark.parametrize("plan_cache_mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("analyzed", [False, True], ids=["young", "analyzed"])
async def test_the_hot_statements_look_up_by_key(
    ledger: Pool, owner: "asyncpg.Connection[asyncpg.Record]", plan_cache_mode: str, analyzed: bool
) -> None:
    if analyzed:
        await owner.execute(_BIG)
        await owner.execute("ANALYZE")
    async with transaction(ledger) as connection:
        await connection.execute(f"SET LOCAL plan_cache_mode = {plan_cache_mode}")
        for statement, arguments in _HOT.items():
            await connection.execute(f"PREPARE hot AS {statement}")
            plan = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE hot ({arguments})")
            for node in _scans(orjson.loads(plan)[0]["Plan"]):
                assert "Index Cond" in node or "Recheck Cond" in node, (statement, node)
            await connection.execute("DEALLOCATE hot")


async def test_what_is_taken_first_is_found_in_the_order_of_an_index(
    ledger: Pool, owner: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await owner.execute(_BIG)
    await owner.execute("ANALYZE")
    for statement, arguments, index in (
        (journal._TAKE_LANE, [datetime.now(UTC), 739_000], "lanes_pkey"),
        (sweeper._OLDEST, [5.0], "batch_unpublished"),
    ):
        plan = await ledger.fetchval(f"EXPLAIN (FORMAT JSON) {statement}", *arguments)
        [scan] = _scans(orjson.loads(plan)[0]["Plan"])
        assert (scan["Node Type"], scan["Index Name"]) == ("Index Scan", index)


async def test_settling_in_large_tables_scans_none_of_them(
    ledger: Pool, owner: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await owner.execute(_BIG)
    # A vacuum that sums up ranges of this index counts a sequential scan for each.
    await owner.execute("DROP INDEX ledger.batch_of_day")
    message = payment(person_no="BIG7", card=Card("03", "BIG7"))
    async with ledger.acquire() as connection:
        before = await _sequential_scans(owner, connection)
    for _ in range(20):
        await outcomes(ledger, message, payment(), payment())
    async with ledger.acquire() as connection:
        assert await _sequential_scans(owner, connection) == before


async def _sequential_scans(*sessions: Connection) -> dict[str, int]:
    """Counts by table, with what these sessions have not reported yet."""
    for session in sessions:
        await session.execute("SELECT pg_stat_force_next_flush()")
    rows = await sessions[0].fetch("SELECT relname, seq_scan FROM pg_stat_user_tables WHERE seq_scan > 0")
    return {row["relname"]: row["seq_scan"] for row in rows}


def _scans(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "Relation Name" in node and node["Node Type"] != "ModifyTable":
        yield node
    for child in node.get("Plans", []):
        yield from _scans(child)
