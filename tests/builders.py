"""Builders that tests share: messages with sensible fields, and parties whose money came in by the one posting path."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import time
from itertools import count
from typing import Any, Protocol

import orjson
from app.database import Pool, transaction
from app.ledger.accounts import new_account_ids, open_accounts
from app.ledger.buckets import bucket_of
from app.settlement.messages import Card, Message
from app.settlement.rules import RuleBook
from app.settlement.settle import settle

HOSPITAL = "H00000000001"
PHARMACY = "Y00000000002"
AGENCY = "AGENCY000000"
MIDNIGHT = time(0, 0)

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Database:
    """A migrated database of one test, with the partitions of yesterday to three days ahead."""

    owner_url: str
    app_url: str


class Databases(Protocol):
    """Opens a database for as long as a block lasts."""

    def __call__(self, of: Database | None = None) -> AbstractAsyncContextManager[Database]: ...


def payment(**overrides: Any) -> Message:
    """A payment of 1,000 fen by an e-voucher at HOSPITAL, under a message id of its own."""
    fields: dict[str, Any] = {
        "institution": HOSPITAL,
        "message_id": f"M{next(_numbers)}",
        "kind": "payment",
        "person_no": "P1",
        "amount": 1_000,
        "card": Card("01"),
    }
    return Message(**{**fields, **overrides})


def registration(**overrides: Any) -> Message:
    """A registration of P1 as an outpatient at HOSPITAL."""
    return payment(**{"kind": "registration", "amount": 0, "visit": "outpatient", **overrides})


def authorization(**overrides: Any) -> Message:
    """A hold of 1,000 fen for P1 at HOSPITAL."""
    return payment(**{"kind": "authorization", **overrides})


def follow_up(kind: str, original: Message, **overrides: Any) -> Message:
    """A capture, void, refund or reversal of a message, by its institution and of its person, without a card."""
    fields: dict[str, Any] = {
        "kind": kind,
        "institution": original.institution,
        "person_no": original.person_no,
        "amount": 0,
        "card": None,
        "original_message_id": original.message_id,
    }
    return payment(**{**fields, **overrides})


def by_card(kind: str, person_no: str = "P1", **overrides: Any) -> Message:
    """A deposit, withdrawal, purchase or transfer of 100 fen with the person's card of `add_debit_card`."""
    return payment(
        **{"kind": kind, "person_no": person_no, "amount": 100, "card": Card("03", f"D{person_no}"), **overrides}
    )


def contribution(person_no: str, amount: int, **overrides: Any) -> Message:
    """Money that comes in by the agency."""
    fields: dict[str, Any] = {"institution": AGENCY, "kind": "contribution", "card": None}
    return payment(person_no=person_no, amount=amount, **{**fields, **overrides})


def payment_json(**overrides: Any) -> bytes:
    """The same payment as its institution would send it; None takes a field out."""
    fields: dict[str, Any] = {
        "institution": HOSPITAL,
        "message_id": f"M{next(_numbers)}",
        "kind": "payment",
        "person_no": "P1",
        "amount": 1_000,
        "card": {"cert_type": "01"},
    }
    return orjson.dumps({name: value for name, value in {**fields, **overrides}.items() if value is not None})


async def add_institution(
    pool: Pool, institution: str = HOSPITAL, *, kind: str = "hospital", state: str = "active", bank: str = "BANK01"
) -> int:
    """Register an institution; returns its account."""
    async with transaction(pool) as connection:
        [account_id] = await new_account_ids(connection, 1)
        await open_accounts(connection, [(account_id, None, bucket_of(institution), "institution", institution)])
        await connection.execute(
            "INSERT INTO parties.institutions (institution, account_id, kind, state, bank, name)"
            " VALUES ($1, $2, $3, $4, $5, $1)",
            institution, account_id, kind, state, bank,
        )  # fmt: skip
    return account_id


async def add_person(
    pool: Pool, person_no: str = "P1", *, balance: int = 0, state: str = "normal", rules: RuleBook | None = None
) -> int:
    """Register a person whose balance comes in as one contribution; returns the account."""
    bucket = bucket_of(person_no)
    async with transaction(pool) as connection:
        [account_id] = await new_account_ids(connection, 1)
        await open_accounts(connection, [(account_id, 0, bucket, "personal", person_no)])
        await connection.execute("INSERT INTO parties.persons (person_no, bucket) VALUES ($1, $2)", person_no, bucket)
    if balance:
        await settle(pool, [contribution(person_no, balance)], rules=rules or RuleBook(MIDNIGHT))
    if state != "normal":
        await pool.execute("UPDATE ledger.accounts SET state = $2 WHERE account_id = $1", account_id, state)
    return account_id


async def add_debit_card(pool: Pool, person_no: str = "P1", *, balance: int = 0, bank: str = "BANK01") -> int:
    """An active card D{person_no} with its debit application on, and money in its account; returns the account.

    The money is deposited at HOSPITAL, which must be there.
    """
    bucket = bucket_of(person_no)
    await pool.execute(
        "INSERT INTO parties.cards (card_no, person_no, card_sn, state, valid_to, bank, debit_application)"
        " VALUES ($1, $2, 'SN1', 'active', '2099-12-31', $3, 'on')",
        f"D{person_no}", person_no, bank,
    )  # fmt: skip
    async with transaction(pool) as connection:
        [account_id] = await new_account_ids(connection, 1)
        await open_accounts(connection, [(account_id, 0, bucket, "debit", f"{bank}/{person_no}")])
    if balance:
        await settle(pool, [by_card("deposit", person_no, amount=balance)], rules=RuleBook(MIDNIGHT))
    return account_id


async def add_card(
    pool: Pool,
    card_no: str,
    person_no: str = "P1",
    *,
    card_sn: str = "SN1",
    state: str = "active",
    kind: str = "social_security",
) -> None:
    await pool.execute(
        "INSERT INTO parties.cards (card_no, person_no, card_sn, state, valid_to, kind)"
        " VALUES ($1, $2, $3, $4, '2099-12-31', $5)",
        card_no, person_no, card_sn, state, kind,
    )  # fmt: skip
