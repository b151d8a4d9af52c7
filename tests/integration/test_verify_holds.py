"""Whatever of holds and their entries is tampered with, `verify` names the row."""

import pytest
from tests.builders import Database
from tests.integration.tampering import (
    HOLDS,
    KEYS,
    LOOSE,
    PAYMENTS,
    at,
    edit,
    found_today,
    of,
    place,
    settlement,
    tampering,
    tree,
)


def in_holds(change: str, position: int) -> str:
    return f"UPDATE settlement.holds SET {change} WHERE {of(position, HOLDS)}"


def entry(change: str, number: int) -> str:
    return f"UPDATE settlement.hold_entries SET {change} WHERE entry_id = {number}"


HELD = [
    tampering(
        "amount",
        in_holds("amount = amount + 1", 6),
        f"holds: hold of {place(6, HOLDS)}",
        "hold entries: hold entry 6",
    ),
    tampering(
        "held less",
        in_holds("held = held - 1", 6),
        f"holds: hold of {place(6, HOLDS)}",
        "held: account 1005",
    ),
    tampering(
        "held less with the account",
        in_holds("held = held - 1", 6) + "; UPDATE ledger.accounts SET held = held - 1 WHERE account_id = 1005",
        f"holds: hold of {place(6, HOLDS)}",
    ),
    tampering(
        "account",
        in_holds("account_id = 1002", 12),
        f"holds: hold of {place(12, HOLDS)}",
        "hold entries: hold entry 12",
        "held: account 1002",
        "held: account 1005",
    ),
    tampering(
        "end",
        in_holds("expires_at = expires_at + interval '1 microsecond'", 12),
        f"holds: hold of {place(12, HOLDS)}",
    ),
    tampering(
        "no end",
        in_holds("expires_at = 'infinity'", 6),
        f"holds: hold of {place(6, HOLDS)}",
    ),
    tampering(
        "bucket",
        in_holds("bucket = (bucket + 1) % 256", 6),
        f"holds: hold of {place(6, HOLDS)}",
    ),
    tampering(
        "closed one opened",
        in_holds("state = 'open'", 8),
        f"holds: hold of {place(8, HOLDS)}",
        "hold entries: hold entry 9",
    ),
    tampering(
        "voided one expired",
        in_holds("state = 'expired'", 8),
        "hold entries: hold entry 9",
    ),
    tampering(
        "captured one reversed",
        in_holds("state = 'reversed'", 0),
        "hold entries: hold entry 5",
    ),
    tampering(
        "released with the account",
        in_holds("held = 0, state = 'voided'", 12)
        + "; UPDATE ledger.accounts SET held = held - 350 WHERE account_id = 1005",
        f"holds: hold of {place(12, HOLDS)}",
        "hold entries: hold entry 12",
    ),
    tampering(
        "released with all that is kept",
        in_holds("held = 0, state = 'expired'", 12)
        + "; UPDATE ledger.accounts SET held = held - 350 WHERE account_id = 1005; INSERT INTO settlement.hold_entries"
        " (message_key, account_id, change, happened_at)"
        f" SELECT message_key, account_id, -350, now() FROM settlement.holds WHERE {of(12, HOLDS)}",
        "hold entries: hold entry 15",
    ),
    tampering(
        "deleted",
        f"DELETE FROM settlement.holds WHERE {of(12, HOLDS)}",
        f"holds: hold of {place(12, HOLDS)}",
        "hold entries: hold entry 12",
        "held: account 1005",
    ),
    tampering(
        "deleted with all that is kept",
        f"DELETE FROM settlement.hold_entries WHERE {of(12, HOLDS)};"
        f"DELETE FROM settlement.holds WHERE {of(12, HOLDS)};"
        "UPDATE ledger.accounts SET held = held - 350 WHERE account_id = 1005",
        f"holds: hold of {place(12, HOLDS)}",
    ),
    tampering(
        "inserted",
        f"""
        INSERT INTO settlement.holds SELECT message_key, 1002, 1, 1, now(), 1, 'open'
        FROM {KEYS} WHERE {at(0, PAYMENTS)};
        UPDATE ledger.accounts SET held = 1 WHERE account_id = 1002""",
        f"holds: hold of {place(0, PAYMENTS)}",
        f"hold entries: {settlement(0, PAYMENTS)}",
    ),
    tampering(
        "inserted for nothing",
        "INSERT INTO settlement.holds VALUES ('\\x00', 1005, 5, 0, now(), 0, 'voided')",
        "holds: hold 00",
    ),
    tampering(
        "entry",
        entry("change = change + 1", 7),
        f"holds: hold of {place(6, HOLDS)}",
        "hold entries: hold entry 7",
    ),
    tampering(
        "two entries that make the same",
        entry("change = change + 1", 2) + ";" + entry("change = change - 1", 3),
        "hold entries: hold entry 2",
        "hold entries: hold entry 3",
    ),
    tampering(
        "entry of another account",
        entry("account_id = 1002", 7),
        "hold entries: hold entry 7",
    ),
    tampering(
        "entry at another time",
        entry("happened_at = happened_at + interval '1 microsecond'", 7),
        "hold entries: hold entry 7",
        f"hold entries: {settlement(7, HOLDS)}",
    ),
    tampering(
        "expiry at another time",
        entry("happened_at = happened_at + interval '1 microsecond'", 14),
        "hold entries: hold entry 14",
    ),
    tampering(
        "entry deleted",
        "DELETE FROM settlement.hold_entries WHERE entry_id = 4",
        f"holds: hold of {place(0, HOLDS)}",
        "hold entries: hold entry 5",
        f"hold entries: {settlement(4, HOLDS)}",
    ),
    tampering(
        "expiry deleted",
        "DELETE FROM settlement.hold_entries WHERE entry_id = 14",
        f"holds: hold of {place(13, HOLDS)}",
        "hold entries: hold entry 13",
    ),
    tampering(
        "entry inserted",
        """
        INSERT INTO settlement.hold_entries (message_key, account_id, change, happened_at)
        SELECT message_key, account_id, 1, happened_at FROM settlement.hold_entries WHERE entry_id = 6;
        UPDATE settlement.holds SET held = held + 1
        WHERE message_key = (SELECT message_key FROM settlement.hold_entries WHERE entry_id = 6);
        UPDATE ledger.accounts SET held = held + 1 WHERE account_id = 1005""",
        "hold entries: hold entry 15",
    ),
    tampering(
        "entry of no hold",
        "INSERT INTO settlement.hold_entries (message_key, account_id, change, happened_at)"
        " VALUES ('\\x00', 1005, 1, now())",
        "hold entries: hold entry 15",
    ),
    tampering(
        "two entries swapped",
        """
        UPDATE settlement.hold_entries SET change = CASE entry_id WHEN 8 THEN 900 ELSE 800 END
        WHERE entry_id IN (8, 10)""",
        f"holds: hold of {place(8, HOLDS)}",
        f"holds: hold of {place(10, HOLDS)}",
        "hold entries: hold entry 8",
        "hold entries: hold entry 9",
        "hold entries: hold entry 10",
        "hold entries: hold entry 11",
    ),
    tampering(
        "beyond all sums",
        entry(f"change = {2**63 - 1}", 1) + ";" + entry(f"change = {2**63 - 1}", 2),
        f"holds: hold of {place(0, HOLDS)}",
        "hold entries: hold entry 1",
        "hold entries: hold entry 2",
        "hold entries: hold entry 3",
        "hold entries: hold entry 4",
        "hold entries: hold entry 5",
    ),
    tampering(
        "capture that leaves its hold",
        LOOSE + edit("account_paid = 399, accumulated_paid = 399", 7, HOLDS),
        f"fields: {settlement(7, HOLDS)}",
        f"movements: {settlement(7, HOLDS)}",
        "hold entries: hold entry 7",
        tree(7, HOLDS),
    ),
]


@pytest.mark.parametrize(("sql", "broken"), HELD)
async def test_a_tampered_hold_is_named(every_kind: Database, sql: str, broken: list[str]) -> None:
    assert await found_today(every_kind, sql) == broken
