"""Whatever of refunds, reversals and of what went back is tampered with, `verify` names the row."""

import pytest
from tests.builders import Database
from tests.integration.tampering import (
    HOLDS,
    KEYS,
    PAYMENTS,
    RETURNS,
    at,
    edit,
    found_today,
    move,
    of,
    place,
    retell,
    settlement,
    tampering,
    transfer,
    tree,
)


def in_returns(change: str, position: int, batch: int) -> str:
    return f"UPDATE settlement.returns SET {change} WHERE {of(position, batch)}"


WAYS_BACK = [
    tampering(
        "to another one of the family",
        retell("[0,0,100,0]", "[0,100,0,0]", 4, RETURNS),
        f"ways back: {settlement(4, RETURNS)}",
        f"ways back: {settlement(5, RETURNS)}",
        tree(4, RETURNS),
    ),
    tampering(
        "reversal of a part",
        edit("cash_due = 1", 6, RETURNS),
        f"ways back: {settlement(6, RETURNS)}",
        tree(6, RETURNS),
    ),
    tampering(
        "reversal of a refund to another account",
        move("debit_account = 1004", 3, RETURNS),
        "entries: account 1002 entry 11",
        f"entries: {transfer(3, RETURNS)}",
        "balances: account 1002",
        "balances: account 1004",
        f"ways back: {settlement(3, RETURNS)}",
        tree(3, RETURNS),
    ),
    tampering(
        "original is another one",
        retell('_id":"M', '_id":"N', 4, RETURNS),
        f"originals: {settlement(4, RETURNS)}",
        f"ways back: {settlement(5, RETURNS)}",
        tree(4, RETURNS),
    ),
    tampering(
        "cleared as another class",
        retell('"310/99"', '"390/99"', 4, RETURNS),
        f"originals: {settlement(4, RETURNS)}",
        tree(4, RETURNS),
    ),
    tampering(
        "original of another person",
        edit("person_no = 'PERSON1'", 4, PAYMENTS),
        f"movements: {settlement(4, PAYMENTS)}",
        f"originals: {settlement(2, RETURNS)}",
        f"originals: {settlement(10, RETURNS)}",
        "pharmacy days: pharmacy day today of account 1002",
        "pharmacy days: pharmacy day today of account 1005",
        tree(4, PAYMENTS),
        f"registry: {settlement(4, PAYMENTS)}",
    ),
    tampering(
        "original never settled",
        edit("status = 'declined', code = 'account_frozen'", 4, PAYMENTS),
        f"fields: {settlement(4, PAYMENTS)}",
        f"movements: {settlement(4, PAYMENTS)}",
        f"originals: {settlement(2, RETURNS)}",
        f"originals: {settlement(10, RETURNS)}",
        "pharmacy days: pharmacy day today of account 1005",
        tree(4, PAYMENTS),
    ),
    tampering(
        "release told of a capture",
        retell("{", '{"is_release":true,', 3, HOLDS),
        f"originals: {settlement(3, HOLDS)}",
        tree(3, HOLDS),
    ),
    tampering(
        "release untold",
        retell('"is_release":true,', "", 11, HOLDS),
        f"originals: {settlement(11, HOLDS)}",
        tree(11, HOLDS),
    ),
    tampering(
        "reversed twice",
        edit("code = 'ok', cash_due = 1", 9, RETURNS),
        f"originals: {settlement(9, RETURNS)}",
        f"ways back: {settlement(9, RETURNS)}",
        f"returns: returns of {place(6, PAYMENTS)}",
        tree(9, RETURNS),
    ),
]


@pytest.mark.parametrize(("sql", "broken"), WAYS_BACK)
async def test_money_that_came_back_otherwise_is_named(every_kind: Database, sql: str, broken: list[str]) -> None:
    assert await found_today(every_kind, sql) == broken


RETURNED = [
    tampering(
        "amount",
        in_returns("amount = amount + 1", 1, PAYMENTS),
        f"returns: returns of {place(1, PAYMENTS)}",
    ),
    tampering(
        "returned",
        in_returns("returned = returned - 1", 1, PAYMENTS),
        f"returns: returns of {place(1, PAYMENTS)}",
    ),
    tampering(
        "parts exchanged",
        in_returns("by_part = ARRAY[by_part[2], by_part[1], by_part[3], by_part[4]]", 1, PAYMENTS),
        f"returns: returns of {place(1, PAYMENTS)}",
    ),
    tampering(
        "parts cut",
        in_returns("by_part = by_part[1:3]", 1, PAYMENTS),
        f"returns: returns of {place(1, PAYMENTS)}",
    ),
    tampering(
        "no parts",
        in_returns("by_part = '{}'", 3, PAYMENTS),
        f"returns: returns of {place(3, PAYMENTS)}",
    ),
    tampering(
        "parts beyond all sums",
        in_returns(f"by_part = ARRAY[{2**63 - 1}, {2**63 - 1}]", 3, PAYMENTS),
        f"returns: returns of {place(3, PAYMENTS)}",
    ),
    tampering(
        "reversed",
        in_returns("is_reversed = true", 3, PAYMENTS),
        f"returns: returns of {place(3, PAYMENTS)}",
    ),
    tampering(
        "not reversed",
        in_returns("is_reversed = false", 1, PAYMENTS),
        f"returns: returns of {place(1, PAYMENTS)}",
    ),
    tampering(
        "release not reversed",
        in_returns("is_reversed = false", 10, HOLDS),
        f"returns: returns of {place(10, HOLDS)}",
    ),
    tampering(
        "refund not reversed",
        in_returns("is_reversed = false", 0, RETURNS),
        f"returns: returns of {place(0, RETURNS)}",
    ),
    tampering(
        "deleted",
        f"DELETE FROM settlement.returns WHERE {of(3, PAYMENTS)}",
        f"returns: returns of {place(3, PAYMENTS)}",
    ),
    tampering(
        "inserted",
        "INSERT INTO settlement.returns SELECT message_key, 700, 0, '{0,0}', false"
        f" FROM {KEYS} WHERE {at(0, PAYMENTS)}",
        f"returns: returns of {place(0, PAYMENTS)}",
    ),
    tampering(
        "inserted for nothing",
        "INSERT INTO settlement.returns VALUES ('\\x00', 1, 0, '{0,0}', false)",
        "returns: returns 00",
    ),
    tampering(
        "two swapped",
        f"""
        UPDATE settlement.returns SET message_key = '\\x00' WHERE {of(1, PAYMENTS)};
        UPDATE settlement.returns SET message_key = (SELECT message_key FROM {KEYS} WHERE {at(1, PAYMENTS)})
        WHERE {of(3, PAYMENTS)};
        UPDATE settlement.returns SET message_key = (SELECT message_key FROM {KEYS} WHERE {at(3, PAYMENTS)})
        WHERE message_key = '\\x00'""",
        f"returns: returns of {place(1, PAYMENTS)}",
        f"returns: returns of {place(3, PAYMENTS)}",
    ),
]


@pytest.mark.parametrize(("sql", "broken"), RETURNED)
async def test_a_tampered_return_is_named(every_kind: Database, sql: str, broken: list[str]) -> None:
    assert await found_today(every_kind, sql) == broken
