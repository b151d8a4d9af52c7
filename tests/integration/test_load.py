import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import date, time
from pathlib import Path

import asyncpg
import pytest
from app import loading
from app.database import Pool, connect, open_pool
from app.errors import DatabaseUnavailable, LoadError
from app.ledger.accounts import FUND_ACCOUNT
from app.ledger.buckets import bucket_of
from app.loading import LoadFiles, LoadReport, load
from app.opening import opening_message_id
from app.settlement.messages import Card, Message
from app.settlement.rules import RuleBook
from app.settlement.settle import settle
from tests.builders import Database

MIDNIGHT = time(0, 0)

INSTITUTIONS = """\
institution,kind,bank,name
H00000000001,hospital,102,"测试第一医院, 东区"
P00000000001,pharmacy,403,测试第一药店
"""
PERSONS = """\
person_no,balance
P1,100000
P2,0
P3,250
"""
CARDS = """\
card_no,person_no,card_sn,state,valid_to
C1,P1,SN1,active,2040-01-31
C2,P2,SN2,issued,2040-01-31
C3,P3,SN3,lost,2040-01-31
"""

Write = Callable[..., LoadFiles]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the given files; those that are not named are not loaded."""

    def _write(**contents: str | bytes) -> LoadFiles:
        files = {}
        for name, content in contents.items():
            files[name] = tmp_path / f"{name}.csv"
            files[name].write_bytes(content if isinstance(content, bytes) else content.encode())
        return LoadFiles(**files)

    return _write


async def refusal(pool: Pool, files: LoadFiles) -> list[str]:
    """The lines of the report of a load that is refused, without the folder."""
    with pytest.raises(LoadError) as refused:
        await load(pool, files, rules=RuleBook(MIDNIGHT))
    return [line.rsplit("/", 1)[-1] for line in str(refused.value).splitlines()]


async def balances(pool: Pool) -> dict[str, int]:
    rows = await pool.fetch("SELECT owner, balance FROM ledger.accounts WHERE kind = 'personal'")
    return {row["owner"]: row["balance"] for row in rows}


async def is_empty(pool: Pool) -> bool:
    for table in ("parties.institutions", "parties.persons", "parties.cards", "settlement.settlements"):
        if await pool.fetchval(f"SELECT count(*) FROM {table}"):
            return False
    return not await pool.fetchval("SELECT count(*) FROM ledger.accounts WHERE kind <> 'fund'")


async def check_books(pool: Pool) -> None:
    """Every fen on an account came out of the fund."""
    came_in = await pool.fetchval(
        "SELECT coalesce(sum(amount), 0) FROM ledger.transfers WHERE debit_account = $1", FUND_ACCOUNT
    )
    held = await pool.fetchval("SELECT coalesce(sum(balance), 0) FROM ledger.accounts WHERE kind = 'personal'")
    assert came_in == held


def counts(report: LoadReport) -> list[tuple[int, int]]:
    return [
        (count.loaded, count.already_there)
        for count in (report.institutions, report.persons, report.cards, report.opening_balances)
    ]


# Good files


async def test_good_files(pool: Pool, write: Write) -> None:
    seen: list[tuple[str, int, int]] = []
    files = write(institutions=INSTITUTIONS, persons=PERSONS, cards=CARDS)
    report = await load(pool, files, rules=RuleBook(MIDNIGHT), progress=lambda *step: seen.append(step))

    assert counts(report) == [(2, 0), (3, 0), (3, 0), (2, 0)]
    assert report.opening_fen == 100_250
    assert "1,002.50 yuan came in" in str(report)
    assert await balances(pool) == {"P1": 100_000, "P2": 0, "P3": 250}
    assert [step for step in seen if not step[0].startswith("bytes of ")] == [
        ("looked up of institutions.csv", 2, 2), ("looked up of persons.csv", 3, 3), ("looked up of cards.csv", 3, 3),
        ("institutions", 2, 2), ("persons", 3, 3), ("cards", 3, 3), ("opening balances", 2, 2),
    ]  # fmt: skip
    await check_books(pool)

    institution = await pool.fetchrow("SELECT * FROM parties.institutions WHERE institution = 'H00000000001'")
    assert institution is not None
    account = await pool.fetchrow("SELECT * FROM ledger.accounts WHERE account_id = $1", institution["account_id"])
    assert account is not None
    assert (institution["kind"], institution["bank"], institution["name"], institution["state"]) == (
        "hospital", "102", "测试第一医院, 东区", "active",
    )  # fmt: skip
    assert (account["kind"], account["owner"], account["balance"]) == ("institution", "H00000000001", None)
    assert account["bucket"] == bucket_of("H00000000001")
    assert await pool.fetchval("SELECT bucket FROM parties.persons WHERE person_no = 'P3'") == bucket_of("P3")
    card = await pool.fetchrow(
        "SELECT card_no, person_no, card_sn, state, valid_to, kind, medium, bank, issued_on, debit_application"
        " FROM parties.cards WHERE card_no = 'C2'"
    )
    assert card is not None
    assert tuple(card) == (
        "C2", "P2", "SN2", "issued", date(2040, 1, 31), "social_security", "contact", "", None, "off",
    )  # fmt: skip


async def test_what_was_loaded_can_pay(pool: Pool, write: Write) -> None:
    await load(pool, write(institutions=INSTITUTIONS, persons=PERSONS, cards=CARDS), rules=RuleBook(MIDNIGHT))
    payment = Message("H00000000001", "M1", "payment", "P1", 40_000, card=Card("03", "C1", "SN1"))
    [answer] = (await settle(pool, [payment], rules=RuleBook(MIDNIGHT))).answers
    assert (answer.outcome.status, answer.outcome.balance_after) == ("settled", 60_000)


async def test_an_opening_balance_is_a_recorded_contribution(pool: Pool, write: Write) -> None:
    long = "P" * 30
    await load(pool, write(persons=f"person_no,balance\nP1,7\n{long},8\n"), rules=RuleBook(MIDNIGHT))
    rows = await pool.fetch(
        "SELECT institution, message_id, kind, status, person_no, amount FROM settlement.settlements ORDER BY amount"
    )
    assert [tuple(row) for row in rows] == [
        ("AGENCY000000", "OPEN-P1", "contribution", "settled", "P1", 7),
        ("AGENCY000000", opening_message_id(long), "contribution", "settled", long, 8),
    ]


def test_opening_message_ids_fit_and_differ() -> None:
    numbers = [letter * length for letter in "PQ" for length in range(1, 31)]
    ids = [opening_message_id(number) for number in numbers]
    assert len(set(ids)) == len(ids)
    assert max(map(len, ids)) == 30


async def test_files_may_come_one_by_one(pool: Pool, write: Write) -> None:
    await load(pool, write(institutions=INSTITUTIONS), rules=RuleBook(MIDNIGHT))
    await load(pool, write(persons=PERSONS), rules=RuleBook(MIDNIGHT))
    report = await load(pool, write(cards=CARDS), rules=RuleBook(MIDNIGHT))
    assert counts(report) == [(0, 0), (0, 0), (3, 0), (0, 0)]
    assert counts(await load(pool, LoadFiles(), rules=RuleBook(MIDNIGHT))) == [(0, 0)] * 4


async def test_windows_files(pool: Pool, write: Write) -> None:
    windows = {
        name: b"\xef\xbb\xbf" + content.replace("\n", "\r\n").encode()
        for name, content in {"institutions": INSTITUTIONS, "persons": PERSONS, "cards": CARDS}.items()
    }
    assert counts(await load(pool, write(**windows), rules=RuleBook(MIDNIGHT))) == [(2, 0), (3, 0), (3, 0), (2, 0)]
    assert await pool.fetchval("SELECT name FROM parties.institutions WHERE bank = '403'") == "测试第一药店"


# Bad files: nothing of any of them is loaded


@pytest.mark.parametrize(
    ("name", "content", "report"),
    [
        ("persons", PERSONS.replace("P2,0", "P2,-5"), "persons.csv:3: balance is not a whole number"),
        ("persons", PERSONS.replace("P2,0", "P2,1.5"), "persons.csv:3: balance is not a whole number"),
        ("persons", PERSONS.replace("P2,0", f"P2,{2**63}"), "persons.csv:3: balance is not a whole number"),
        ("persons", PERSONS + "P\x004,0\n", "persons.csv:5: person_no is not 1 to 30"),
        ("persons", PERSONS + "P1,100000\n", "persons.csv:5: the same person_no as line 2"),
        ("cards", CARDS + "C4,P9,SN4,active,2040-01-31\n", "cards.csv:5: person_no is neither in the file"),
        ("cards", CARDS + "C1,P2,SN4,active,2040-01-31\n", "cards.csv:5: the same card_no as line 2"),
        ("cards", CARDS.replace("issued", "stolen"), "cards.csv:3: state is not one of issued, active"),
        ("institutions", INSTITUTIONS.replace("pharmacy", "clinic"), "institutions.csv:3: kind is not one of"),
        ("institutions", INSTITUTIONS.replace("name", "title"), "institutions.csv:1: is not a header of the columns"),
    ],
)  # fmt: skip
async def test_one_bad_line_and_nothing_is_loaded(
    pool: Pool, write: Write, name: str, content: str, report: str
) -> None:
    good = {"institutions": INSTITUTIONS, "persons": PERSONS, "cards": CARDS}
    lines = await refusal(pool, write(**{**good, name: content}))
    assert lines[0] == "Nothing was loaded: 1 bad line:"
    assert lines[1].startswith(report)
    assert len(lines) == 2
    assert await is_empty(pool)


async def test_all_bad_lines_of_all_files_are_named(pool: Pool, write: Write) -> None:
    await load(pool, write(institutions=INSTITUTIONS), rules=RuleBook(MIDNIGHT))
    lines = await refusal(
        pool,
        write(
            institutions=INSTITUTIONS.replace("102", "103") + "H1,hospital,102,N\n",
            persons=PERSONS + "P4,x\nP1,5\n",
            cards=CARDS + "C4,P9,SN4,active,2040-01-31\nC5,P4,SN5,active,2040-01-31\n",
        ),
    )
    assert sorted(line.split(" ")[0] for line in lines[1:]) == [
        "cards.csv:5:", "institutions.csv:2:", "institutions.csv:4:", "persons.csv:5:", "persons.csv:6:",
    ]  # fmt: skip
    assert await balances(pool) == {}


async def test_sums_beyond_a_bigint_are_refused(pool: Pool, write: Write) -> None:
    full = "person_no,balance\n" + "".join(f"P{number},{10**16 - 1}\n" for number in range(923))
    [_, line] = await refusal(pool, write(persons=full))
    assert line.startswith("persons.csv:924: balance brings the file's sum above")
    assert await is_empty(pool)


async def test_a_card_may_belong_to_a_person_of_the_database(pool: Pool, write: Write) -> None:
    await load(pool, write(persons=PERSONS), rules=RuleBook(MIDNIGHT))
    more = "card_no,person_no,card_sn,state,valid_to\nC4,P4,SN4,active,2040-01-31\nC5,P2,SN5,active,2040-01-31\n"
    report = await load(pool, write(persons="person_no,balance\nP4,1\n", cards=more), rules=RuleBook(MIDNIGHT))
    assert counts(report) == [(0, 0), (1, 0), (2, 0), (1, 0)]


# Again


async def test_the_same_load_again_finds_all_there(pool: Pool, write: Write) -> None:
    files = write(institutions=INSTITUTIONS, persons=PERSONS, cards=CARDS)
    await load(pool, files, rules=RuleBook(MIDNIGHT))
    report = await load(pool, files, rules=RuleBook(MIDNIGHT))
    assert counts(report) == [(0, 2), (0, 3), (0, 3), (0, 2)]
    assert "persons: 0 loaded, 3 already there" in str(report)
    assert report.opening_fen == 0
    assert await balances(pool) == {"P1": 100_000, "P2": 0, "P3": 250}
    await check_books(pool)


async def test_more_of_the_same_is_added(pool: Pool, write: Write) -> None:
    await load(pool, write(persons=PERSONS, cards=CARDS), rules=RuleBook(MIDNIGHT))
    files = write(persons=PERSONS + "P4,9\n", cards=CARDS + "C4,P4,SN4,active,2040-01-31\n")
    assert counts(await load(pool, files, rules=RuleBook(MIDNIGHT))) == [(0, 0), (1, 3), (1, 3), (1, 2)]


async def test_settlement_offices_are_loaded_and_compared(pool: Pool, write: Write) -> None:
    institutions = "institution,kind,bank,name,settlement_office\nH00000000001,hospital,102,N,310101\n"
    good = {"institutions": institutions, "persons": PERSONS, "cards": CARDS}
    await load(pool, write(**good), rules=RuleBook(MIDNIGHT))
    assert await pool.fetchval("SELECT settlement_office FROM parties.institutions") == "310101"
    other = write(**{**good, "institutions": institutions.replace("310101", "310102")})
    report = "institutions.csv:2: is already there with other content: settlement_office"
    assert await refusal(pool, other) == ["Nothing was loaded: 1 bad line:", report]


async def test_a_rerun_after_payments_is_still_the_same_load(pool: Pool, write: Write) -> None:
    files = write(institutions=INSTITUTIONS, persons=PERSONS, cards=CARDS)
    await load(pool, files, rules=RuleBook(MIDNIGHT))
    await settle(pool, [Message("H00000000001", "M1", "payment", "P1", 1, card=Card("01"))], rules=RuleBook(MIDNIGHT))
    assert counts(await load(pool, files, rules=RuleBook(MIDNIGHT)))[1] == (0, 3)
    assert (await balances(pool))["P1"] == 99_999


@pytest.mark.parametrize(
    ("name", "old", "new", "report"),
    [
        ("institutions", "403", "102", "institutions.csv:3: is already there with other content: bank"),
        ("cards", "SN3,lost", "SN9,active", "cards.csv:4: is already there with other content: card_sn, state"),
        ("persons", "P3,250", "P3,251", "persons.csv:4: is already there with another opening balance"),
        ("persons", "P3,250", "P3,0", "persons.csv:4: is already there with another opening balance"),
    ],
)  # fmt: skip
async def test_other_content_under_a_stored_key_is_refused(
    pool: Pool, write: Write, name: str, old: str, new: str, report: str
) -> None:
    good = {"institutions": INSTITUTIONS, "persons": PERSONS, "cards": CARDS}
    await load(pool, write(**good), rules=RuleBook(MIDNIGHT))
    changed = {**good, name: good[name].replace(old, new), "persons": good["persons"] + "P4,4\n"}
    changed[name] = changed[name].replace(old, new)
    assert await refusal(pool, write(**changed)) == ["Nothing was loaded: 1 bad line:", report]
    assert await balances(pool) == {"P1": 100_000, "P2": 0, "P3": 250}


# Killed, raced, refused

_CHILD = """
import asyncio, os, signal, sys
from datetime import time
from pathlib import Path
from app.database import open_pool
from app.loading import LoadFiles, load
from app.settlement.rules import RuleBook

def kill_at(stage, done, total):
    if stage == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)

async def main():
    pool = await open_pool(sys.argv[1], size_max=4, application_name="tests")
    files = LoadFiles(*map(Path, sys.argv[3:]))
    await load(pool, files, rules=RuleBook(time(0, 0)), progress=kill_at)

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("stage", "persons_left", "paid_left"),
    [("persons", 0, 0), ("cards", 0, 0), ("opening balances", 3_000, 2_000)],
)
async def test_a_killed_load_is_finished_by_the_next(
    database: Database, pool: Pool, write: Write, stage: str, persons_left: int, paid_left: int
) -> None:
    count = 3_000
    files = write(
        institutions=INSTITUTIONS,
        persons="person_no,balance\n" + "".join(f"P{number},{number}\n" for number in range(1, count + 1)),
        cards=CARDS,
    )
    paths = [str(path) for path in (files.institutions, files.persons, files.cards)]
    command = [sys.executable, "-c", _CHILD, database.app_url, stage, *paths]
    child = await asyncio.to_thread(subprocess.run, command, check=False)
    assert child.returncode == -signal.SIGKILL
    assert await pool.fetchval("SELECT count(*) FROM parties.persons") == persons_left
    assert await pool.fetchval("SELECT count(*) FROM settlement.settlements") == paid_left

    # Until the server sees that the client is gone, its session holds the lock.
    await pool.execute("SELECT pg_advisory_xact_lock($1)", loading._LOCK)
    report = await load(pool, files, rules=RuleBook(MIDNIGHT))
    assert report.opening_balances == (count - paid_left, paid_left)
    assert await balances(pool) == {f"P{number}": number for number in range(1, count + 1)}
    await check_books(pool)


async def test_rows_without_their_opening_balances_get_them(
    pool: Pool, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Postgres goes away between the rows and the opening balances."""

    async def away(*_: object, **__: object) -> None:
        raise DatabaseUnavailable("Postgres is away or busy: gone.")

    files = write(institutions=INSTITUTIONS, persons=PERSONS, cards=CARDS)
    with monkeypatch.context() as patched:
        patched.setattr("app.opening.settle", away)
        with pytest.raises(DatabaseUnavailable, match=r"0 of 2 .* run the same load again"):
            await load(pool, files, rules=RuleBook(MIDNIGHT))
    assert await balances(pool) == {"P1": 0, "P2": 0, "P3": 0}

    assert counts(await load(pool, files, rules=RuleBook(MIDNIGHT))) == [(0, 2), (0, 3), (0, 3), (2, 0)]
    assert await balances(pool) == {"P1": 100_000, "P2": 0, "P3": 250}


async def test_two_loads_at_once_load_once(pool: Pool, write: Write) -> None:
    count = 5_000
    files = write(persons="person_no,balance\n" + "".join(f"P{number},7\n" for number in range(count)))
    results = await asyncio.gather(
        *(load(pool, files, rules=RuleBook(MIDNIGHT)) for _ in range(3)), return_exceptions=True
    )
    for result in results:
        assert isinstance(result, LoadReport) or "Another load is running" in str(result)
    assert any(isinstance(result, LoadReport) for result in results)
    assert await balances(pool) == {f"P{number}": 7 for number in range(count)}
    await check_books(pool)


async def test_a_row_that_appears_meanwhile_refuses_the_load(database: Database, pool: Pool, write: Write) -> None:
    def intrude(stage: str, done: int, total: int) -> None:
        async def insert() -> None:
            connection = await connect(database.app_url, application_name="tests")
            await connection.execute("INSERT INTO parties.persons VALUES ('P2', 1)")
            await connection.close()

        if stage == "institutions":
            thread = threading.Thread(target=asyncio.run, args=(insert(),))
            thread.start()
            thread.join()

    with pytest.raises(LoadError, match=r"Nothing was loaded: another program .* Run the load again"):
        await load(pool, write(institutions=INSTITUTIONS, persons=PERSONS), rules=RuleBook(MIDNIGHT), progress=intrude)
    assert await pool.fetchval("SELECT count(*) FROM parties.persons") == 1
    assert await pool.fetchval("SELECT count(*) FROM parties.institutions") == 0


async def test_opening_balances_that_are_refused_are_named(pool: Pool, write: Write) -> None:
    await load(pool, write(persons="person_no,balance\nP1,0\nP2,0\n"), rules=RuleBook(MIDNIGHT))
    await pool.execute("UPDATE ledger.accounts SET state = 'closed' WHERE owner = 'P2'")
    lines = await refusal(pool, write(persons="person_no,balance\nP1,5\nP2,6\nP3,7\n"))
    assert lines == [
        "All rows are loaded, but some opening balances were refused: 1 bad line:",
        "persons.csv:3: its opening balance was answered account_closed",
    ]
    assert await balances(pool) == {"P1": 5, "P2": 0, "P3": 7}
    again = await refusal(pool, write(persons="person_no,balance\nP1,5\nP2,6\nP3,7\n"))
    assert again[1:] == ["persons.csv:3: its opening balance was answered account_closed before"]


async def test_an_opening_balance_whose_message_id_was_taken_is_named(pool: Pool, write: Write) -> None:
    """Someone sent a message in the agency's name; it was rejected, and its key stands for ever."""
    stolen = Message("AGENCY000000", "OPEN-P1", "payment", "P1", 1, card=Card("01"))
    await settle(pool, [stolen], rules=RuleBook(MIDNIGHT))
    lines = await refusal(pool, write(persons=PERSONS))
    assert lines[1:] == ["persons.csv:2: its opening balance was answered message_conflict"]
    assert await balances(pool) == {"P1": 0, "P2": 0, "P3": 250}


# Statistics


async def _rows_known(owner: "asyncpg.Connection[asyncpg.Record]") -> list[float]:
    rows = await owner.fetch("SELECT reltuples FROM pg_class WHERE relname IN ('persons', 'cards', 'institutions')")
    return sorted(row["reltuples"] for row in rows)


async def test_the_owner_analyzes(
    database: Database, pool: Pool, owner: "asyncpg.Connection[asyncpg.Record]", write: Write
) -> None:
    files = write(institutions=INSTITUTIONS, persons=PERSONS, cards=CARDS)
    report = await load(pool, files, rules=RuleBook(MIDNIGHT), owner_url=database.owner_url)
    assert report.remark == ""
    assert await _rows_known(owner) == [2, 3, 3]


async def test_a_role_that_owns_the_tables_needs_no_other(
    database: Database, owner: "asyncpg.Connection[asyncpg.Record]", write: Write
) -> None:
    pool = await open_pool(database.owner_url, size_max=2, application_name="tests")
    try:
        report = await load(pool, write(persons=PERSONS), rules=RuleBook(MIDNIGHT))
    finally:
        await pool.close()
    assert report.remark == ""
    assert await _rows_known(owner) == [0, 0, 3]


async def test_what_was_not_analyzed_is_said(
    database: Database, pool: Pool, owner: "asyncpg.Connection[asyncpg.Record]", write: Write
) -> None:
    report = await load(pool, write(persons=PERSONS), rules=RuleBook(MIDNIGHT))
    assert "Not analyzed (this database role may not)" in str(report)
    assert "ANALYZE parties.institutions, parties.persons" in str(report)
    report = await load(pool, write(persons=PERSONS), rules=RuleBook(MIDNIGHT), owner_url=f"{database.owner_url}_gone")
    assert "Not analyzed (DatabaseUnavailable)" in report.remark
    assert -1 in await _rows_known(owner)
