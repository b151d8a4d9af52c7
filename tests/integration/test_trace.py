"""The way of one transaction, from its message to what the bank said."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

import httpx
import orjson
import pytest
from app.access.principal import Role
from app.clearing import trace as tracing
from app.clearing.trace import trace
from app.clearing.trace_steps import Trace
from app.clearing.trace_text import trace_tree
from app.codes import Code
from app.database import Pool, transaction
from app.errors import Refused
from app.settlement.messages import Message
from rich.console import Console
from tests.acknowledging import answer, return_file, send_file
from tests.builders import HOSPITAL, PHARMACY, Database, authorization, follow_up, payment
from tests.clearing_days import make_day, open_places, post_on, post_today, post_yesterday, seal, yesterday
from tests.commands import medsettle
from tests.filing import content_of, tell_banks
from tests.harness import House
from tests.integration.test_settle import _scans


async def traced(pool: Pool, message: Message) -> Trace:
    async with transaction(pool, snapshot=True) as connection:
        return await trace(connection, message.institution, message.message_id)


def shown(found: Trace) -> str:
    console = Console(width=200, highlight=False)
    with console.capture() as captured:
        console.print(trace_tree(found))
    return captured.get()


async def test_a_payment_is_traced_from_its_message_to_its_line(pool: Pool, database: Database) -> None:
    await open_places(pool)
    message = payment(amount=3_000)
    await post_yesterday(pool, message, payment(amount=500))
    await seal(database)
    found = await traced(pool, message)
    assert (found.stage, found.message.kind, found.message.fingerprint_matches) == ("drawn", "payment", True)
    assert (found.outcome.status, found.outcome.account_paid) == ("settled", 3_000)
    [moved] = found.transfers
    assert (moved.amount, moved.debit_account, moved.credit_account) == (3_000, "personal", "institution")
    assert (found.batch.position, found.batch.size) == (0, 2)
    assert (found.day.business_day, found.day.state) == (yesterday(), "sealed")
    [position] = found.positions
    assert (position.bank, position.debits, position.paid, position.held) == ("BANK01", 3_500, 3_500, None)
    [line] = found.lines
    assert (line.line_id, line.amount, line.reissue_of) == (f"{yesterday():%Y%m%d}-0000001", 3_500, None)
    assert line.booked is not None
    assert line.booked.business_day > yesterday()


async def test_a_trace_names_the_journal_as_it_stands(pool: Pool, database: Database) -> None:
    await open_places(pool)
    message = payment(amount=3_000)
    await post_yesterday(pool, message)
    await seal(database)
    found = await traced(pool, message)
    chain_hash = await pool.fetchval("SELECT chain_hash FROM ledger.batches WHERE batch_id = $1", found.batch.batch_id)
    day_hash = await pool.fetchval("SELECT day_hash FROM clearing.seals WHERE business_day = $1", yesterday())
    assert (found.batch.chain_hash, found.day.day_hash) == (chain_hash.hex(), day_hash.hex())


async def test_a_changed_message_shows_in_its_fingerprint(pool: Pool, owner: Any) -> None:
    await open_places(pool)
    message = payment(amount=3_000)
    await post_yesterday(pool, message)
    await owner.execute("UPDATE settlement.settlements SET med_type = '99' WHERE message_id = $1", message.message_id)
    found = await traced(pool, message)
    assert found.message.fingerprint_matches is False
    assert "DOES NOT MATCH" in shown(found)


async def test_what_is_carried_is_traced_through_the_days_until_it_is_paid(
    pool: Pool, owner: Any, database: Database
) -> None:
    await open_places(pool)
    first, second = yesterday() - timedelta(days=2), yesterday() - timedelta(days=1)
    for day in (first, second):
        await make_day(owner, day)
    message = payment(amount=700)
    await post_on(pool, first, message)
    await owner.execute("UPDATE parties.institutions SET payee_account = '' WHERE institution = $1", HOSPITAL)
    await seal(database, first)
    held = await traced(pool, message)
    assert (held.stage, held.positions[0].held) == ("held_over", "no_account")
    await seal(database, second)
    await owner.execute("UPDATE parties.institutions SET payee_account = '62' WHERE institution = $1", HOSPITAL)
    await seal(database)
    found = await traced(pool, message)
    assert [(each.business_day, each.paid) for each in found.positions] == [(first, 0), (second, 0), (yesterday(), 700)]
    assert [line.business_day for line in found.lines] == [yesterday()]
    assert found.stage == "drawn"


async def test_a_line_that_failed_is_traced_through_its_return_and_the_line_that_pays_again(
    pool: Pool, owner: Any, database: Database
) -> None:
    await open_places(pool)
    await tell_banks(pool)
    first = yesterday() - timedelta(days=1)
    await make_day(owner, first)
    message = payment(amount=700)
    await post_on(pool, first, message)
    await seal(database, first)
    told = await send_file(pool, database, "BANK01", first)
    filed = await traced(pool, message)
    assert filed.stage == "filed"
    [payment_file] = [file for file in filed.lines[0].files if file.kind == "payment"]
    content = await content_of(pool, "BANK01_payment_v1.txt", first)
    assert (payment_file.file_id, payment_file.sha256) == (told.file_id, sha256(content).hexdigest())
    assert {file.kind for file in filed.details} == {"detail_csv", "detail_parquet"}

    await answer(database, told, return_file(told, "1", told.lines, code="H059", reason="账户[已关]闭"))
    failed = await traced(pool, message)
    assert failed.stage == "failed"
    [result] = failed.lines[0].results
    assert (result.outcome, result.code, result.file_id, result.form) == ("failed", "H059", told.file_id, "text")
    assert failed.lines[0].returned is not None
    assert "H059: 账户[已关]闭" in shown(failed)

    await seal(database)
    again = await send_file(pool, database)
    await answer(database, again, return_file(again, "0", again.lines))
    paid = await traced(pool, message)
    assert [line.reissue_of for line in paid.lines] == [None, paid.lines[0].line_id]
    assert [result.outcome for line in paid.lines for result in line.results] == ["failed", "paid"]
    assert (paid.stage, paid.day.state, paid.lines[1].returned) == ("paid", "acknowledged", None)


async def test_money_that_came_in_and_went_back_is_netted(pool: Pool, database: Database) -> None:
    await open_places(pool)
    message = payment(amount=700)
    await post_yesterday(pool, message, follow_up("refund", message))
    await seal(database)
    found = await traced(pool, message)
    assert (found.stage, found.lines) == ("netted", ())
    assert found.standing is not None
    assert found.standing.returned == 700


async def test_an_open_day_is_the_end_of_the_way(pool: Pool) -> None:
    await open_places(pool)
    message = payment()
    await post_today(pool, message)
    found = await traced(pool, message)
    assert (found.stage, found.day.state, found.positions) == ("booked", "open", ())


async def test_what_moved_nothing_is_told_to_no_bank(pool: Pool, database: Database) -> None:
    await open_places(pool)
    declined = payment(amount=9_999_999_999, short_balance="decline")
    paid = payment(amount=10)
    await post_yesterday(pool, declined, paid)
    await seal(database)
    found = await traced(pool, declined)
    assert (found.stage, found.outcome.code, found.transfers) == ("not_cleared", "insufficient_funds", ())
    assert (found.positions, found.lines) == ((), ())


async def test_a_refund_names_its_original_and_what_came_of_it(pool: Pool) -> None:
    await open_places(pool)
    original = payment(amount=900)
    refund = follow_up("refund", original, amount=400)
    await post_yesterday(pool, original, refund)
    found = (await traced(pool, refund)).original
    assert found is not None
    assert (found.message_id, found.kind, found.status) == (original.message_id, "payment", "settled")
    assert found.standing is not None
    assert (found.standing.returned, found.standing.is_reversed) == (400, False)


async def test_a_capture_names_the_hold_and_what_it_still_holds(pool: Pool) -> None:
    await open_places(pool)
    hold = authorization(amount=900)
    capture = follow_up("capture", hold, amount=250)
    await post_yesterday(pool, hold, capture)
    found = (await traced(pool, capture)).original
    assert found is not None
    assert found.standing is not None
    assert (found.kind, found.standing.hold_state, found.standing.held) == ("authorization", "open", 650)


async def test_a_message_that_was_reversed_before_it_came_is_traced_as_itself(pool: Pool) -> None:
    await open_places(pool)
    late = payment(amount=900)
    reversal = follow_up("reversal", late)
    await post_yesterday(pool, reversal)
    with pytest.raises(Refused):
        await traced(pool, late)
    await post_yesterday(pool, late)
    found = await traced(pool, late)
    assert (found.outcome.code, found.message.fingerprint_matches) == ("reversed_before_arrival", None)
    assert (await traced(pool, reversal)).outcome.code == "original_not_found"


async def test_what_was_never_sent_has_no_way(pool: Pool) -> None:
    with pytest.raises(Refused) as refused:
        await traced(pool, payment())
    assert refused.value.code == Code.TRANSACTION_NOT_FOUND


async def test_a_trace_names_nobody(pool: Pool, database: Database) -> None:
    await open_places(pool)
    message = payment(person_no="P2")
    await post_yesterday(pool, message)
    await seal(database)
    found = await traced(pool, message)
    assert "P2" not in shown(found)
    assert {kind for moved in found.transfers for kind in (moved.debit_account, moved.credit_account)} == {
        "personal", "institution",
    }  # fmt: skip


async def test_a_trace_is_read_over_http_by_its_institution_alone_and_looks_of_others_are_kept(
    standing: House, person: str
) -> None:
    message = payment(person_no=person, message_id=f"T-{person}")
    await post_today(standing.pool, message)
    address = f"/v1/transactions/{HOSPITAL}/{message.message_id}/trace"

    async def ask(role: Role, of: str | None = None) -> httpx.Response:
        async with standing.client(await standing.keys.key(role, of)) as client:
            return await client.get(address)

    own = await ask(Role.INSTITUTION, HOSPITAL)
    assert (own.status_code, own.json()["stage"], own.json()["outcome"]["person_no"]) == (200, "booked", person)
    assert (await ask(Role.INSTITUTION, PHARMACY)).status_code == 403
    assert (await ask(Role.AUDITOR)).content == own.content
    looks = await standing.pool.fetch(
        "SELECT role, route FROM access.audit_entries JOIN access.audit_ends USING (entry_id) WHERE person_no = $1",
        person,
    )
    assert [tuple(look) for look in looks] == [("auditor", "GET /v1/transactions/{institution}/{message_id}/trace")]


async def test_a_way_is_shown_by_command_and_what_is_not_there_is_said(pool: Pool, database: Database) -> None:
    await open_places(pool)
    message = payment(amount=3_000)
    await post_yesterday(pool, message)
    await seal(database)
    found = await traced(pool, message)
    told = medsettle("trace", HOSPITAL, message.message_id, on=database)
    assert told.stderr == ""
    assert told.stdout.splitlines()[0].startswith(f"{HOSPITAL} {message.message_id}: drawn, ")
    for said in ("30.00 personal -> institution", found.batch.chain_hash, found.day.day_hash, found.lines[0].line_id):
        assert str(said) in told.stdout
    missing = medsettle("trace", HOSPITAL, "NEVER-SENT", on=database)
    assert (missing.returncode, missing.stdout) == (1, "")
    assert missing.stderr == "medsettle: Nothing is recorded under this institution and message id.\n"


_BIG = """
INSERT INTO clearing.business_days
SELECT (jsonb_populate_record(one.d, jsonb_build_object('business_day', (one.d).business_day - n))).*
FROM (SELECT d FROM clearing.business_days AS d LIMIT 1) AS one, generate_series(1, 1000) AS n;
INSERT INTO clearing.positions
SELECT business_day, 'I' || lpad(n::text, 11, '0'), 'B', 1, 0, 0, 1, 0, NULL
FROM clearing.business_days, generate_series(1, 40) AS n;
INSERT INTO clearing.lines
SELECT business_day, 100 + n, 'B', 'I' || lpad(n::text, 11, '0'), 1, 'N', '62'
FROM clearing.business_days, generate_series(1, 40) AS n;
INSERT INTO ledger.bookings
SELECT 9000000 + row_number() OVER (), business_day, 0, 0, 'payout',
    to_char(business_day, 'YYYYMMDD') || '-' || lpad((100 + n)::text, 7, '0')
FROM clearing.business_days, generate_series(1, 20) AS n
"""
_STATEMENTS = {
    tracing._FIND: "'\\x00ff'::bytea",
    tracing._MOVED: "1024, current_date, 0",
    tracing._STANDING: "'\\x00ff'::bytea",
    tracing._DAY: "current_date",
    tracing._POSITIONS: "current_date, 'I00000000001'",
    tracing._LINES: "current_date, 'I00000000001'",
    tracing._FILES: "ARRAY[current_date], ARRAY['B'], ARRAY['payment'], ARRAY['']",
    tracing._RESULTS: "ARRAY[current_date], ARRAY[1]",
}


@pytest.mark.parametrize("analyzed", [False, True], ids=["young", "analyzed"])
async def test_a_trace_looks_up_by_key_however_large_the_tables_are(
    pool: Pool, owner: Any, database: Database, analyzed: bool
) -> None:
    await open_places(pool)
    await post_yesterday(pool, payment())
    await seal(database)
    if analyzed:
        await owner.execute(_BIG)
        await owner.execute("ANALYZE")
    async with transaction(pool, snapshot=True) as connection:
        for statement, arguments in _STATEMENTS.items():
            await connection.execute(f"PREPARE looked_up AS {statement}")
            plan = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE looked_up ({arguments})")
            scans = list(_scans(orjson.loads(plan)[0]["Plan"]))
            assert scans
            for node in scans:
                assert "Index Cond" in node or "Recheck Cond" in node, (statement, node)
            await connection.execute("DEALLOCATE looked_up")
