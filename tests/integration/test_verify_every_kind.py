"""On a ledger with every kind `verify` finds nothing, and names what no settlement says or moves."""

import pytest
from app.verify import verify
from tests.builders import Database
from tests.integration.tampering import (
    AGENCY,
    BANK,
    HOLDS,
    LOOSE,
    PAYMENTS,
    RETURNS,
    ZERO_SUM,
    at,
    edit,
    found_today,
    move,
    place,
    retell,
    settlement,
    tampering,
    transfer,
    tree,
)


async def test_a_ledger_with_every_kind_is_whole(every_kind: Database) -> None:
    report = await verify(every_kind.app_url)
    assert report.violations == []
    # Feeds, sealed days, files and acknowledgments have tests of their own: there are none here.
    assert [result.check.name for result in report.results if not result.rows] == [
        "feed",
        "feed numbers",
        "days",
        "totals",
        "net",
        "lines",
        "files",
        "contents",
        "acks",
        "results",
        "said",
        "returned",
        "again",
        "acked",
    ]


FIELDS = [
    tampering(
        "authorization settled",
        edit("status = 'settled'", 6, HOLDS),
        f"fields: {settlement(6, HOLDS)}",
        f"originals: {settlement(7, HOLDS)}",
        f"holds: hold of {place(6, HOLDS)}",
        tree(6, HOLDS),
    ),
    tampering(
        "reversal settled",
        edit("status = 'settled'", 3, HOLDS),
        f"fields: {settlement(3, HOLDS)}",
        f"movements: {settlement(3, HOLDS)}",
        tree(3, HOLDS),
    ),
    tampering(
        "decline reversed",
        edit("status = 'reversed'", 13, RETURNS),
        f"fields: {settlement(13, RETURNS)}",
        f"originals: {settlement(13, RETURNS)}",
        f"returns: returns of {place(7, PAYMENTS)}",
        tree(13, RETURNS),
    ),
    tampering(
        "void of an amount",
        edit("amount = 800", 9, HOLDS),
        f"fields: {settlement(9, HOLDS)}",
        tree(9, HOLDS),
        f"registry: {settlement(9, HOLDS)}",
    ),
    tampering(
        "void of nothing",
        edit("account_paid = 0", 9, HOLDS),
        f"fields: {settlement(9, HOLDS)}",
        "hold entries: hold entry 9",
        tree(9, HOLDS),
    ),
    tampering(
        "capture of another amount",
        LOOSE + edit("amount = 1", 1, HOLDS),
        f"fields: {settlement(1, HOLDS)}",
        tree(1, HOLDS),
        f"registry: {settlement(1, HOLDS)}",
    ),
    tampering(
        "capture in cash",
        LOOSE + edit("amount = 0, cash_due = 5", 1, HOLDS),
        f"fields: {settlement(1, HOLDS)}",
        f"ways back: {settlement(3, HOLDS)}",
        f"returns: returns of {place(1, HOLDS)}",
        tree(1, HOLDS),
        f"registry: {settlement(1, HOLDS)}",
    ),
    tampering(
        "purchase in cash",
        edit("debit_paid = 300, cash_due = 100", 3, BANK),
        f"fields: {settlement(3, BANK)}",
        f"movements: {settlement(3, BANK)}",
        f"sources: {settlement(3, BANK)}",
        f"returns: returns of {place(3, BANK)}",
        tree(3, BANK),
    ),
    tampering(
        "hold of the family",
        edit("account_paid = 1, mutual_aid_paid = 999", 6, HOLDS),
        f"fields: {settlement(6, HOLDS)}",
        f"holds: hold of {place(6, HOLDS)}",
        tree(6, HOLDS),
    ),
    tampering(
        "amount beyond all sums",
        edit(f"cash_due = {2**63 - 1}", 3, RETURNS),
        f"ways back: {settlement(3, RETURNS)}",
        tree(3, RETURNS),
    ),
    tampering(
        "particulars that are no object",
        edit("particulars = '{]'", 4, RETURNS),
        f"fields: {settlement(4, RETURNS)}",
        f"originals: {settlement(4, RETURNS)}",
        f"ways back: {settlement(5, RETURNS)}",
        tree(4, RETURNS),
    ),
    tampering(
        "original unnamed",
        retell("original_message_id", "original", 4, RETURNS),
        f"fields: {settlement(4, RETURNS)}",
        f"originals: {settlement(4, RETURNS)}",
        f"ways back: {settlement(5, RETURNS)}",
        tree(4, RETURNS),
    ),
    tampering(
        "original named by a payment",
        edit('particulars = \'{"original_message_id":"M1"}\'', 0, PAYMENTS),
        f"fields: {settlement(0, PAYMENTS)}",
        tree(0, PAYMENTS),
    ),
    tampering(
        "returned untold",
        retell("returned", "returnee", 4, RETURNS),
        f"fields: {settlement(4, RETURNS)}",
        f"ways back: {settlement(4, RETURNS)}",
        f"ways back: {settlement(5, RETURNS)}",
        tree(4, RETURNS),
    ),
    tampering(
        "returned more",
        retell("[0,0,100,0]", "[0,0,101,0]", 4, RETURNS),
        f"fields: {settlement(4, RETURNS)}",
        f"ways back: {settlement(4, RETURNS)}",
        f"ways back: {settlement(5, RETURNS)}",
        tree(4, RETURNS),
    ),
    tampering(
        "returned beyond all sums",
        retell("[0,0,100,0]", f"[0,{10**19 - 1},{10**19 - 1},0]", 4, RETURNS),
        f"fields: {settlement(4, RETURNS)}",
        f"ways back: {settlement(4, RETURNS)}",
        f"ways back: {settlement(5, RETURNS)}",
        f"returns: returns of {place(1, PAYMENTS)}",
        tree(4, RETURNS),
    ),
    tampering(
        "family's gifts",
        retell("[300,1200]", "[300,1201]", 1, PAYMENTS),
        f"fields: {settlement(1, PAYMENTS)}",
        tree(1, PAYMENTS),
    ),
    tampering(
        "end of a hold untold",
        retell("held_until", "until", 6, HOLDS),
        f"fields: {settlement(6, HOLDS)}",
        f"holds: hold of {place(6, HOLDS)}",
        tree(6, HOLDS),
    ),
    tampering(
        "release of a payment",
        edit("particulars = '{\"is_release\":true}'", 0, PAYMENTS),
        f"fields: {settlement(0, PAYMENTS)}",
        tree(0, PAYMENTS),
    ),
    tampering(
        "counted decline",
        edit("particulars = '{\"is_counted\":true}'", 6, PAYMENTS),
        f"fields: {settlement(6, PAYMENTS)}",
        tree(6, PAYMENTS),
    ),
]


@pytest.mark.parametrize(("sql", "broken"), FIELDS)
async def test_a_settlement_that_is_not_sound_is_named(every_kind: Database, sql: str, broken: list[str]) -> None:
    assert await found_today(every_kind, sql) == broken


MOVEMENTS = [
    tampering(
        "own part and family's",
        edit("account_paid = 501, mutual_aid_paid = 1499", 1, PAYMENTS),
        f"fields: {settlement(1, PAYMENTS)}",
        f"sources: {settlement(1, PAYMENTS)}",
        tree(1, PAYMENTS),
    ),
    tampering(
        "family's part and debit",
        edit("mutual_aid_paid = 1, debit_paid = 2999", 3, PAYMENTS),
        f"sources: {settlement(3, PAYMENTS)}",
        tree(3, PAYMENTS),
    ),
    tampering(
        "accumulated part",
        edit("accumulated_paid = accumulated_paid - 1", 1, PAYMENTS),
        f"sources: {settlement(1, PAYMENTS)}",
        tree(1, PAYMENTS),
    ),
    tampering(
        "balance told by a family's payment",
        edit("balance_after = 1", 1, PAYMENTS),
        f"sources: {settlement(1, PAYMENTS)}",
        tree(1, PAYMENTS),
    ),
    tampering(
        "balance told by a deposit",
        edit("balance_after = 1", 1, BANK),
        f"sources: {settlement(1, BANK)}",
        tree(1, BANK),
    ),
    tampering(
        "balance told by a purchase's refund",
        edit("balance_after = 1", 5, BANK),
        f"sources: {settlement(5, BANK)}",
        tree(5, BANK),
    ),
    tampering(
        "balance told by its reversal",
        edit("balance_after = 1", 9, BANK),
        f"sources: {settlement(9, BANK)}",
        tree(9, BANK),
    ),
    tampering(
        "balance told by a carry-over",
        edit("balance_after = 1", 0, AGENCY),
        tree(0, AGENCY),
    ),
    tampering(
        "void that moves",
        f"""
        INSERT INTO ledger.transfers
        SELECT {HOLDS}, debit_account, credit_account, 800, NULL, NULL, NULL, NULL, business_day, 9, 0, bucket
        FROM ledger.transfers WHERE {at(1, HOLDS)}""",
        f"sides: {transfer(9, HOLDS)}",
        "balances: account 1005",
        ZERO_SUM,
        f"movements: {settlement(9, HOLDS)}",
        tree(9, HOLDS),
    ),
    tampering(
        "release that moves",
        f"""
        INSERT INTO ledger.transfers
        SELECT {HOLDS}, 1000, 1005, 900, NULL, NULL, NULL, NULL, business_day, 11, 0, bucket
        FROM ledger.transfers WHERE {at(1, HOLDS)}""",
        f"sides: {transfer(11, HOLDS)}",
        "balances: account 1005",
        ZERO_SUM,
        f"movements: {settlement(11, HOLDS)}",
        f"ways back: {settlement(11, HOLDS)}",
        tree(11, HOLDS),
    ),
    tampering(
        "refund by another institution",
        move("debit_account = 1001", 4, RETURNS),
        f"movements: {settlement(4, RETURNS)}",
        f"ways back: {settlement(4, RETURNS)}",
        tree(4, RETURNS),
    ),
    tampering(
        "transfer to an institution",
        move("credit_account = 1000", 11, BANK),
        f"sides: {transfer(11, BANK)}",
        "entries: account 1000 entry 1",
        "entries: account 1006 entry 6",
        "balances: account 1006",
        ZERO_SUM,
        f"sources: {settlement(11, BANK)}",
        tree(11, BANK),
    ),
    tampering(
        "purchase from another person",
        move("debit_account = 1006, debit_entry = 50", 3, BANK),
        f"entries: {transfer(3, BANK)}",
        "entries: account 1007 entry 3",
        "balances: account 1006",
        "balances: account 1007",
        f"sources: {settlement(3, BANK)}",
        f"ways back: {settlement(5, BANK)}",
        tree(3, BANK),
    ),
    tampering(
        "deposit out of an account",
        move("debit_account = credit_account, credit_account = 1000", 1, BANK),
        f"sides: {transfer(1, BANK)}",
        "entries: account 1007 entry 1",
        "balances: account 1007",
        ZERO_SUM,
        f"movements: {settlement(1, BANK)}",
        f"sources: {settlement(1, BANK)}",
        tree(1, BANK),
    ),
    tampering(
        "kind",
        edit("kind = 'withdrawal'", 3, BANK),
        f"originals: {settlement(5, BANK)}",
        tree(3, BANK),
        f"registry: {settlement(3, BANK)}",
    ),
    tampering(
        "bucket",
        edit("bucket = (bucket + 1) % 256", 4, HOLDS),
        f"movements: {settlement(4, HOLDS)}",
        f"strays: {transfer(4, HOLDS)}",
        tree(4, HOLDS),
    ),
    tampering(
        "carried over to another account",
        move("credit_account = 1002", 1, PAYMENTS, leg=1),
        f"entries: {transfer(1, PAYMENTS, leg=1)}",
        f"entries: {transfer(0, PAYMENTS, leg=2)}",
        "entries: account 1003 entry 3",
        "balances: account 1002",
        "balances: account 1003",
        f"carry-over: {transfer(1, PAYMENTS)}",
        f"carry-over: {transfer(1, PAYMENTS, leg=1)}",
        tree(1, PAYMENTS),
    ),
]


@pytest.mark.parametrize(("sql", "broken"), MOVEMENTS)
async def test_money_that_moved_otherwise_is_named(every_kind: Database, sql: str, broken: list[str]) -> None:
    assert await found_today(every_kind, sql) == broken
