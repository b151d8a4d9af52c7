"""From a batch of messages to the rows it writes and the answer that each message gets. Pure.

Messages are decided in order, each on what its predecessors leave. A key met again, in the registry or earlier in
the same batch, is a replay or a conflict and moves nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import msgspec
import orjson

from app.codes import Code
from app.ledger.accounts import FUND_ACCOUNT, Account
from app.ledger.buckets import bucket_of
from app.ledger.journal import OpenBatch
from app.ledger.posting import Transfer, credit, debit
from app.settlement.decide import Decision, Registered, decide
from app.settlement.messages import NO_CARD, Message, MessageKey
from app.settlement.records import (
    Outcome,
    Recorded,
    Settlement,
    conflict,
    content_text,
    differing_fields,
    fingerprint,
    leaf,
    outcome,
)


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What one message came to, and whether this batch recorded it."""

    outcome: Outcome
    bucket: int
    is_new: bool


class KeyRow(NamedTuple):
    """One row of `settlement.message_keys`, in its column order."""

    batch_id: int
    fingerprint: int
    business_day: date
    position: int
    message_key: bytes


@dataclass(slots=True)
class Batch:
    """Rows to write and answers to give; `answers` has one for each message, in order."""

    answers: list[Answer] = field(default_factory=list)
    settlements: list[Settlement] = field(default_factory=list)
    keys: list[KeyRow] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    leaves: list[bytes] = field(default_factory=list)
    changed: dict[int, Account] = field(default_factory=dict)


def assemble(
    messages: Sequence[Message],
    keys: Sequence[MessageKey],
    registered: Sequence[Registered],
    firsts: Sequence[Recorded | None],
    accounts: Mapping[str, Account],
    opened: OpenBatch,
) -> Batch:
    """Decide every message of a batch in order; `firsts` holds what is stored under its key already.

    The accounts, by person number, are changed to what the batch leaves.
    """
    batch = Batch()
    met: dict[MessageKey, Recorded] = {}
    for message, key, standing, stored in zip(messages, keys, registered, firsts, strict=True):
        first = stored or met.get(key)
        if first is not None:
            batch.answers.append(_repeat(first, message))
            continue
        account = accounts.get(message.person_no)
        decision = decide(message, account, standing, opened.business_day)
        position = len(batch.settlements)
        transfers = _move(message, account, standing, decision, opened, position)
        row = _row(message, account, decision, opened, position)
        content = content_text(row)
        met[key] = Recorded(row, opened.settled_at)
        batch.settlements.append(row)
        batch.transfers.extend(transfers)
        batch.leaves.append(leaf(row, content, transfers))
        batch.keys.append(KeyRow(row.batch_id, fingerprint(content), row.business_day, position, key))
        batch.answers.append(Answer(outcome(row, opened.settled_at, replayed=False), row.bucket, is_new=True))
        if transfers and account is not None:
            batch.changed[account.account_id] = account
    return batch


def _repeat(first: Recorded, message: Message) -> Answer:
    differing = differing_fields(first.row, message)
    if differing:
        return Answer(conflict(first.row, message, differing), bucket_of(message.person_no), is_new=False)
    return Answer(outcome(first.row, first.settled_at, replayed=True), first.row.bucket, is_new=False)


def _move(
    message: Message,
    account: Account | None,
    standing: Registered,
    decision: Decision,
    opened: OpenBatch,
    position: int,
) -> list[Transfer]:
    """The transfers of one settlement; changes the account."""
    if decision.status != "settled" or account is None:
        return []
    if message.kind == "contribution":
        credit(account, message.amount)
        return [
            Transfer(
                opened.batch_id, FUND_ACCOUNT, account.account_id, message.amount,
                None, account.balance, None, account.last_entry,
                opened.business_day, position, 0, account.bucket,
            )
        ]  # fmt: skip
    if decision.account_paid == 0:
        return []
    assert standing.institution_account is not None
    debit(account, decision.account_paid)
    return [
        Transfer(
            opened.batch_id, account.account_id, standing.institution_account, decision.account_paid,
            account.balance, None, account.last_entry, None,
            opened.business_day, position, 0, account.bucket,
        )
    ]  # fmt: skip


def _row(message: Message, account: Account | None, decision: Decision, opened: OpenBatch, position: int) -> Settlement:
    card = message.card or NO_CARD
    return Settlement(
        opened.batch_id,
        message.amount,
        decision.account_paid,
        decision.mutual_aid_paid,
        decision.debit_paid,
        decision.cash_due,
        account.balance if account is not None and _may_know_balance(decision) else None,
        message.occurred_at,
        opened.business_day,
        position,
        account.bucket if account is not None else bucket_of(message.person_no),
        message.short_balance == "decline",
        message.use_mutual_aid,
        message.use_debit,
        message.kind,
        decision.status,
        decision.code,
        message.institution,
        message.message_id,
        message.person_no,
        card.cert_type,
        card.card_no,
        card.card_sn,
        message.med_type,
        orjson.dumps(message.metadata).decode() if message.metadata is not None else None,
    )


def _may_know_balance(decision: Decision) -> bool:
    """Whoever could not pay with this card learns nothing of its holder's account."""
    return decision.status == "settled" or decision.code == Code.INSUFFICIENT_FUNDS
