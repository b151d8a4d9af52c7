"""Whatever of tombstones and of days at pharmacies is tampered with, `verify` names the row."""

import pytest
from app.settlement.messages import message_key
from tests.builders import HOSPITAL, Database
from tests.integration.tampering import (
    BANK,
    KEYS,
    PAYMENTS,
    RETURNS,
    at,
    edit,
    found_today,
    place,
    retell,
    settlement,
    tampering,
    tree,
)

LATE = f"(SELECT message_key FROM {KEYS} WHERE {at(8, RETURNS)} AND fingerprint = 0)"

REGISTRY = [
    tampering(
        "tombstone deleted",
        f"DELETE FROM settlement.tombstones WHERE message_key = {LATE}",
        f"registry: {settlement(8, RETURNS)}",
        f"registry: {settlement(0, BANK)}",
        f"tombstones: tombstone of {place(8, RETURNS)}",
    ),
    tampering(
        "tombstone deleted with its key",
        f"""
        DELETE FROM settlement.tombstones WHERE message_key = {LATE};
        DELETE FROM {KEYS} WHERE message_key = {LATE}""",
        f"registry: {settlement(0, BANK)}",
        f"tombstones: tombstone of {place(8, RETURNS)}",
    ),
    tampering(
        "tombstone without its key",
        f"DELETE FROM {KEYS} WHERE {at(7, RETURNS)} AND fingerprint = 0",
        f"tombstones: tombstone {message_key(HOSPITAL, 'NOWHERE').hex()}",
        f"tombstones: tombstone of {place(7, RETURNS)}",
    ),
    tampering(
        "tombstone's fingerprint",
        f"UPDATE {KEYS} SET fingerprint = 1 WHERE message_key = {LATE}",
        f"tombstones: tombstone of {place(8, RETURNS)}",
    ),
    tampering(
        "tombstone's place",
        f"UPDATE {KEYS} SET position = 9 WHERE message_key = {LATE}",
        f"tombstones: tombstone of {place(8, RETURNS)}",
        f"tombstones: tombstone of {place(9, RETURNS)}",
    ),
    tampering(
        "tombstone of another key",
        f"""
        UPDATE settlement.tombstones SET message_key = (SELECT message_key FROM {KEYS} WHERE {at(0, PAYMENTS)})
        WHERE message_key = {LATE}""",
        f"registry: {settlement(0, PAYMENTS)}",
        f"registry: {settlement(8, RETURNS)}",
        f"registry: {settlement(0, BANK)}",
        f"tombstones: tombstone of {place(0, PAYMENTS)}",
        f"tombstones: tombstone of {place(8, RETURNS)}",
    ),
    tampering(
        "tombstone inserted",
        f"INSERT INTO settlement.tombstones SELECT message_key FROM {KEYS} WHERE {at(0, PAYMENTS)}",
        f"registry: {settlement(0, PAYMENTS)}",
        f"tombstones: tombstone of {place(0, PAYMENTS)}",
    ),
    tampering(
        "late one forgotten",
        "UPDATE settlement.tombstones SET late_batch_id = NULL, late_business_day = NULL, late_position = NULL",
        f"registry: {settlement(0, BANK)}",
    ),
    tampering(
        "late one half forgotten",
        "UPDATE settlement.tombstones SET late_business_day = NULL WHERE late_batch_id IS NOT NULL",
        f"registry: {settlement(0, BANK)}",
        f"tombstones: tombstone of {place(8, RETURNS)}",
    ),
    tampering(
        "late one nowhere",
        "UPDATE settlement.tombstones SET late_position = 99 WHERE late_batch_id IS NOT NULL",
        f"registry: {settlement(0, BANK)}",
        f"tombstones: tombstone of {place(8, RETURNS)}",
    ),
    tampering(
        "late one another",
        "UPDATE settlement.tombstones SET late_position = 1 WHERE late_batch_id IS NOT NULL",
        f"registry: {settlement(0, BANK)}",
        f"registry: {settlement(1, BANK)}",
    ),
    tampering(
        "late ones swapped",
        """
        CREATE TEMP TABLE kept AS SELECT * FROM settlement.tombstones;
        UPDATE settlement.tombstones AS t
        SET late_batch_id = k.late_batch_id, late_business_day = k.late_business_day, late_position = k.late_position
        FROM kept AS k WHERE k.message_key <> t.message_key""",
        f"registry: {settlement(0, BANK)}",
    ),
    tampering(
        "reversal's original",
        retell("LATE", "LATER", 8, RETURNS),
        tree(8, RETURNS),
        f"tombstones: tombstone of {place(8, RETURNS)}",
    ),
    tampering(
        "reversal that found its original",
        edit("code = 'nothing_to_reverse'", 8, RETURNS),
        tree(8, RETURNS),
        f"tombstones: tombstone of {place(8, RETURNS)}",
    ),
    tampering(
        "late one settled",
        edit("code = 'account_frozen'", 0, BANK),
        tree(0, BANK),
        f"registry: {settlement(0, BANK)}",
    ),
    tampering(
        "decline late",
        edit("code = 'reversed_before_arrival'", 6, PAYMENTS),
        tree(6, PAYMENTS),
        f"registry: {settlement(6, PAYMENTS)}",
    ),
]


@pytest.mark.parametrize(("sql", "broken"), REGISTRY)
async def test_a_tampered_tombstone_is_named(every_kind: Database, sql: str, broken: list[str]) -> None:
    assert await found_today(every_kind, sql) == broken


PHARMACIES = [
    tampering(
        "paid",
        "UPDATE settlement.pharmacy_days SET paid = paid + 1",
        "pharmacy days: pharmacy day today of account 1005",
    ),
    tampering(
        "payments",
        "UPDATE settlement.pharmacy_days SET payments = payments + 1",
        "pharmacy days: pharmacy day today of account 1005",
    ),
    tampering(
        "deleted",
        "DELETE FROM settlement.pharmacy_days",
        "pharmacy days: pharmacy day today of account 1005",
    ),
    tampering(
        "inserted",
        "INSERT INTO settlement.pharmacy_days SELECT 1002, business_day, 0, 0 FROM settlement.pharmacy_days",
        "pharmacy days: pharmacy day today of account 1002",
    ),
    tampering(
        "day",
        "UPDATE settlement.pharmacy_days SET business_day = '2001-01-01'",
        "pharmacy days: pharmacy day 2001-01-01 of account 1005",
        "pharmacy days: pharmacy day today of account 1005",
    ),
    tampering(
        "account",
        "UPDATE settlement.pharmacy_days SET account_id = 1002",
        "pharmacy days: pharmacy day today of account 1002",
        "pharmacy days: pharmacy day today of account 1005",
    ),
]


@pytest.mark.parametrize(("sql", "broken"), PHARMACIES)
async def test_a_tampered_day_at_pharmacies_is_named(every_kind: Database, sql: str, broken: list[str]) -> None:
    assert await found_today(every_kind, sql) == broken
