"""What a bank says of its payment file is taken whole or not at all, once, and the money follows."""

import asyncio
from typing import Any

import pytest
from app.clearing.acknowledgments.taking import BYTES_MAX, finish, take
from app.codes import Code
from app.database import Pool
from app.errors import Refused
from app.ledger.verify import Violation
from app.verify import verify
from tests.acknowledging import (
    PaidLine,
    SentFile,
    answer,
    results,
    return_file,
    send_file,
    status_report,
)
from tests.builders import HOSPITAL, MIDNIGHT, PHARMACY, Database, add_institution, payment
from tests.clearing_days import balance_of, open_places, post_yesterday, seal
from tests.filing import rebuild, tell_bank

CLINIC = "K00000000003"


@pytest.fixture
async def file(pool: Pool, owner: Any, database: Database) -> SentFile:
    """BANK01's file of yesterday in the text form: HOSPITAL with 30 yuan and CLINIC with 5; BANK02 has its own line."""
    return await _sealed_file(pool, database, form="text")


@pytest.fixture
async def xml_file(pool: Pool, owner: Any, database: Database) -> SentFile:
    """The same as a pain.001."""
    return await _sealed_file(pool, database, form="pain.001")


async def _sealed_file(pool: Pool, database: Database, *, form: str) -> SentFile:
    await open_places(pool)
    await add_institution(pool, CLINIC, bank="BANK01")
    await pool.execute("UPDATE parties.institutions SET payee_account = '62' || institution")
    for bank in ("BANK01", "BANK02"):
        await tell_bank(pool, bank, form=form)
    await post_yesterday(pool, payment(amount=3_000), payment(amount=500, institution=CLINIC))
    await post_yesterday(pool, payment(amount=70, institution=PHARMACY))
    await seal(database)
    return await send_file(pool, database)


async def _broken(database: Database) -> list[Violation]:
    return (await verify(database.app_url)).violations


async def _state(pool: Pool) -> str:
    found: str = await pool.fetchval("SELECT state FROM clearing.business_days")
    return found


async def _balances(pool: Pool) -> tuple[int, int, int]:
    """What BANK01 is to pay out, and what is due to HOSPITAL and CLINIC."""
    return (
        await balance_of(pool, "BANK01", "bank"),
        await balance_of(pool, HOSPITAL, "institution"),
        await balance_of(pool, CLINIC, "institution"),
    )


# Taking


async def test_two_return_files_tell_of_every_line(pool: Pool, database: Database, file: SentFile) -> None:
    first, second = file.lines
    done = await answer(database, file, return_file(file, "0", [first], code="0000"))
    failed = await answer(database, file, return_file(file, "1", [second], code="H059", reason="account closed"))
    assert (done.code, done.paid_count, done.paid, done.failed_count) == (Code.OK, 1, first.amount, 0)
    assert (failed.code, failed.paid_count, failed.failed_count, failed.failed) == (Code.OK, 0, 1, second.amount)
    assert await results(pool) == {first.line_id: "paid", second.line_id: "failed"}
    assert await _broken(database) == []


async def test_the_money_of_a_line_that_failed_is_back_with_its_institution(
    pool: Pool, database: Database, file: SentFile
) -> None:
    assert await _balances(pool) == (3_500, 0, 0)
    taken = await answer(database, file, return_file(file, "1", [file.lines[1]]))
    assert taken.returned_at is not None
    assert await _balances(pool) == (3_000, 0, 500)
    assert await _broken(database) == []


async def test_what_is_missing_stays_pending(pool: Pool, database: Database, file: SentFile) -> None:
    await answer(database, file, return_file(file, "0", [file.lines[0]]))
    assert list(await results(pool)) == [file.lines[0].line_id]
    assert await _balances(pool) == (3_500, 0, 0)


async def test_return_files_may_come_in_any_order_and_late(pool: Pool, database: Database, file: SentFile) -> None:
    await answer(database, file, return_file(file, "1", [file.lines[1]]))
    await answer(database, file, return_file(file, "0", [file.lines[0]]))
    assert await results(pool) == {file.lines[0].line_id: "paid", file.lines[1].line_id: "failed"}


async def test_the_same_bytes_are_the_same_acknowledgment(pool: Pool, database: Database, file: SentFile) -> None:
    content = return_file(file, "1", [file.lines[1]])
    first = await answer(database, file, content)
    again = await answer(database, file, content)
    assert (first.replayed, again.replayed) == (False, True)
    assert again._replace(replayed=False) == first
    assert await _balances(pool) == (3_000, 0, 500)
    assert await _broken(database) == []


async def test_a_result_that_is_known_counts_once(pool: Pool, database: Database, file: SentFile) -> None:
    await answer(database, file, return_file(file, "1", [file.lines[1]], code="A"))
    again = await answer(database, file, return_file(file, "1", [file.lines[1]], code="B"))
    assert (again.code, again.failed_count, again.failed) == (Code.OK, 0, 0)
    assert await _balances(pool) == (3_000, 0, 500)
    assert await _broken(database) == []


async def test_acknowledgments_at_once_are_taken_one_after_the_other(
    pool: Pool, database: Database, file: SentFile
) -> None:
    same = [return_file(file, "1", [file.lines[1]])] * 3
    others = [return_file(file, "1", [file.lines[1]], code=code) for code in "ABC"]
    taken = await asyncio.gather(*[answer(database, file, content) for content in (*same, *others)])
    assert [each.code for each in taken] == [Code.OK] * 6
    assert sum(each.failed_count for each in taken if not each.replayed) == 1
    assert sum(each.replayed for each in taken) == 2
    assert await _balances(pool) == (3_000, 0, 500)
    assert await _broken(database) == []


async def test_what_was_paid_may_come_back_to_the_bank(pool: Pool, database: Database, file: SentFile) -> None:
    await answer(database, file, return_file(file, "0", file.lines))
    bounced = await answer(database, file, return_file(file, "1", [file.lines[1]], code="R02"))
    assert (bounced.code, bounced.failed) == (Code.OK, 500)
    assert await results(pool) == {file.lines[0].line_id: "paid", file.lines[1].line_id: "paid, failed"}
    assert await _balances(pool) == (3_000, 0, 500)
    assert await _broken(database) == []


# Refusing


def _amount(line: PaidLine, amount: int) -> PaidLine:
    return line._replace(amount=amount)


_WRONG: dict[str, Any] = {
    "a line of no file": (
        lambda file: return_file(file, "0", [file.lines[0]._replace(line_id="20261125-0000099")]),
        Code.LINE_UNKNOWN, "Line 2 ",
    ),
    "no line at all": (
        lambda file: return_file(file, "0", [file.lines[0]._replace(line_id="x")]), Code.LINE_UNKNOWN, "Line 2 ",
    ),
    "a line of another bank": (
        lambda file: return_file(
            file, "0", [file.lines[0], PaidLine(file.lines[0].line_id[:-1] + "3", 70, "62Y00000000002")]
        ),
        Code.LINE_UNKNOWN, "Line 3 ",
    ),
    "an amount that is a fen off": (
        lambda file: return_file(file, "0", [_amount(file.lines[0], 3_001), file.lines[1]]), Code.LINE_DIFFERS,
        "Line 2 says 3001 fen",
    ),
    "another account": (
        lambda file: return_file(file, "0", [file.lines[0]._replace(payee_account="63")]), Code.LINE_DIFFERS, "Line 2 ",
    ),
    "a line twice": (
        lambda file: return_file(file, "0", [file.lines[0]] * 2), Code.LINE_REPEATED, "Line 3 ",
    ),
    "its own count": (
        lambda file: return_file(file, "0", file.lines, header={2: "3"}), Code.ACKNOWLEDGMENT_SUMS_DIFFER, "It says 3",
    ),
    "its own total": (
        lambda file: return_file(file, "0", file.lines, header={3: "3501"}), Code.ACKNOWLEDGMENT_SUMS_DIFFER,
        "It says 2 lines of 3501 fen",
    ),
    "the file's count": (
        lambda file: return_file(file, "0", file.lines, header={4: "1"}), Code.ACKNOWLEDGMENT_SUMS_DIFFER,
        "It says that the file has 1",
    ),
    "the file's total": (
        lambda file: return_file(file, "0", file.lines, header={5: "0"}), Code.ACKNOWLEDGMENT_SUMS_DIFFER,
        "It says that the file has 2 lines of 0 fen",
    ),
    "another file": (
        lambda file: return_file(file, "0", file.lines, header={1: "other.txt"}), Code.ACKNOWLEDGMENT_OF_ANOTHER_FILE,
        "It names",
    ),
    "half of it": (
        lambda file: return_file(file, "0", file.lines)[:-20], Code.ACKNOWLEDGMENT_INVALID, "Line 3 ",
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", _WRONG)
async def test_one_wrong_thing_refuses_all_of_it_and_blocks_nothing(
    pool: Pool, database: Database, file: SentFile, wrong: str
) -> None:
    make, code, reason = _WRONG[wrong]
    refused = await answer(database, file, make(file))
    assert (refused.code, refused.paid_count, refused.returned_at) == (code, 0, None)
    assert refused.reason.startswith(reason)
    assert await results(pool) == {}
    again = await answer(database, file, make(file))
    assert again == refused._replace(replayed=True)
    assert await _broken(database) == []
    right = await answer(database, file, return_file(file, "0", file.lines))
    assert (right.code, right.paid) == (Code.OK, 3_500)
    assert await _broken(database) == []


async def test_a_line_that_failed_is_never_paid(pool: Pool, database: Database, file: SentFile) -> None:
    await answer(database, file, return_file(file, "1", [file.lines[1]]))
    refused = await answer(database, file, return_file(file, "0", file.lines))
    assert refused.code == Code.LINE_ALREADY_FAILED
    assert refused.reason.startswith(f"Line 3 says that line {file.lines[1].line_id} was paid.")
    assert await results(pool) == {file.lines[1].line_id: "failed"}
    assert await _broken(database) == []


async def test_a_version_that_was_superseded_is_not_acknowledged(database: Database, file: SentFile) -> None:
    later = file._replace(file_id=file.file_id.replace("_v1", "_v2"))
    await rebuild(database)
    refused = await answer(database, file, return_file(file, "0", file.lines))
    assert (refused.code, later.file_id in refused.reason) == (Code.FILE_SUPERSEDED, True)
    taken = await answer(database, later, return_file(later, "0", later.lines))
    assert taken.code == Code.OK
    assert await _broken(database) == []


async def test_only_written_payment_files_are_acknowledged(
    pool: Pool, owner: Any, database: Database, file: SentFile
) -> None:
    other = file._replace(file_id="other.txt")
    manifest = file._replace(file_id=file.file_id.replace("payment_v1.txt", "manifest_v1.json"))
    for asked, code in ((other, Code.FILE_UNKNOWN), (manifest, Code.NOT_A_PAYMENT_FILE)):
        with pytest.raises(Refused) as refused:
            await answer(database, asked, return_file(file, "0", file.lines))
        assert refused.value.code == code
    await owner.execute(
        "UPDATE clearing.files SET written_at = NULL, size = NULL, sha256 = NULL, signature = NULL, key_id = NULL"
    )
    with pytest.raises(Refused) as refused:
        await answer(database, file, return_file(file, "0", file.lines))
    assert refused.value.code == Code.FILE_UNKNOWN


async def test_what_is_too_long_is_not_read(database: Database) -> None:
    with pytest.raises(Refused) as refused:
        await take(database.app_url, MIDNIGHT, "any", bytes(BYTES_MAX + 1), by="BANK01")
    assert refused.value.code == Code.ACKNOWLEDGMENT_TOO_LARGE


# pain.002


@pytest.mark.parametrize(("status", "balances"), [("ACSC", (3_500, 0, 0)), ("RJCT", (0, 3_000, 500))])
async def test_a_group_status_is_of_every_line(
    pool: Pool, database: Database, xml_file: SentFile, status: str, balances: tuple[int, int, int]
) -> None:
    taken = await answer(database, xml_file, status_report(xml_file, status))
    assert (taken.code, taken.paid_count + taken.failed_count, taken.paid + taken.failed) == (Code.OK, 2, 3_500)
    assert await _balances(pool) == balances
    assert await _broken(database) == []


@pytest.mark.parametrize("status", ["ACCP", "PDNG", "ACTC"])
async def test_that_a_bank_has_a_file_is_no_result(
    pool: Pool, database: Database, xml_file: SentFile, status: str
) -> None:
    taken = await answer(database, xml_file, status_report(xml_file, status))
    assert (taken.code, taken.paid_count, taken.failed_count) == (Code.OK, 0, 0)
    assert await results(pool) == {}
    assert await pool.fetchval("SELECT content FROM clearing.acknowledgments") == status_report(xml_file, status)
    assert await _broken(database) == []


async def test_transactions_of_a_report_have_results_of_their_own(
    pool: Pool, database: Database, xml_file: SentFile
) -> None:
    first, second = xml_file.lines
    taken = await answer(
        database, xml_file, status_report(xml_file, "PART", [(first.line_id, "ACSC"), (second.line_id, "RJCT")])
    )
    assert (taken.paid, taken.failed) == (first.amount, second.amount)
    assert await results(pool) == {first.line_id: "paid", second.line_id: "failed"}
    assert await _broken(database) == []


def _per_status(status: str, count: int, total: str = "") -> str:
    told = f"<DtldCtrlSum>{total}</DtldCtrlSum>" if total else ""
    return f"<NbOfTxsPerSts><DtldNbOfTxs>{count}</DtldNbOfTxs><DtldSts>{status}</DtldSts>{told}</NbOfTxsPerSts>"


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (lambda file: status_report(file, "ACSC", group={"OrgnlMsgId": "X"}), Code.ACKNOWLEDGMENT_OF_ANOTHER_FILE),
        (lambda file: status_report(file, "ACSC", group={"OrgnlNbOfTxs": "3"}), Code.ACKNOWLEDGMENT_SUMS_DIFFER),
        (lambda file: status_report(file, "ACSC", group={"OrgnlCtrlSum": "1"}), Code.ACKNOWLEDGMENT_SUMS_DIFFER),
        (lambda file: status_report(file, "ACSC", group_rest=_per_status("ACSC", 1)), Code.ACKNOWLEDGMENT_SUMS_DIFFER),
        (
            lambda file: status_report(file, "ACSC", group_rest=_per_status("ACSC", 2, "35.01")),
            Code.ACKNOWLEDGMENT_SUMS_DIFFER,
        ),
        (
            lambda file: status_report(file, "ACSC", [(file.lines[0].line_id, "RJCT")]),
            Code.ACKNOWLEDGMENT_INVALID,
        ),
    ],
)
async def test_a_report_with_one_wrong_thing_is_refused(
    pool: Pool, database: Database, xml_file: SentFile, report: Any, code: Code
) -> None:
    refused = await answer(database, xml_file, report(xml_file))
    assert refused.code == code
    assert await results(pool) == {}
    good = status_report(xml_file, "ACSC", group_rest=_per_status("ACSC", 2, "35.00"))
    assert (await answer(database, xml_file, good)).code == Code.OK
    assert await _broken(database) == []


# The day


async def test_a_filed_day_is_acknowledged_when_every_line_has_a_result(
    pool: Pool, owner: Any, database: Database, file: SentFile
) -> None:
    other = await send_file(pool, database, "BANK02")
    await answer(database, file, return_file(file, "0", [file.lines[0]]))
    await answer(database, file, return_file(file, "1", [file.lines[1]]))
    assert await _state(pool) == "filed"
    await answer(database, other, return_file(other, "0", other.lines))
    assert await _state(pool) == "acknowledged"
    assert await _broken(database) == []


async def test_a_day_that_is_filed_after_its_lines_have_results_is_acknowledged_then(
    pool: Pool, owner: Any, database: Database, file: SentFile
) -> None:
    """An acknowledgment that is quicker than the manifest of its bank."""
    await owner.execute("UPDATE clearing.business_days SET state = 'sealed'")
    other = await send_file(pool, database, "BANK02")
    await owner.execute("UPDATE clearing.business_days SET state = 'sealed'")
    for each in (file, other):
        await answer(database, each, return_file(each, "0", each.lines))
    assert await _state(pool) == "sealed"
    await owner.execute("UPDATE clearing.business_days SET state = 'filed'")
    assert await finish(database.app_url, MIDNIGHT) == 1
    assert await _state(pool) == "acknowledged"
    assert await finish(database.app_url, MIDNIGHT) == 0


# What a crash leaves


async def test_what_was_taken_and_not_returned_is_finished(
    pool: Pool, owner: Any, database: Database, file: SentFile
) -> None:
    """As if the process had died behind the first of two transactions."""
    await answer(database, file, return_file(file, "1", file.lines))
    await owner.execute("UPDATE clearing.acknowledgments SET returned_at = NULL")
    assert await finish(database.app_url, MIDNIGHT) == 1
    assert await finish(database.app_url, MIDNIGHT) == 0
    assert await _balances(pool) == (0, 3_000, 500)
    assert await _broken(database) == []
