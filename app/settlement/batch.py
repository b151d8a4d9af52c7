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
from app.ledger.accounts import CARRY_OVER_ACCOUNT, FUND_ACCOUNT, Account
from app.ledger.buckets import bucket_of
from app.ledger.journal import OpenBatch
from app.ledger.posting import Transfer, credit, debit
from app.parties.activation import Activation
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
    particulars_text,
)
from app.settlement.rules import Rules


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What one message came to: a recorded settlement, by this batch or before, or a conflict with one."""

    recorded: Recorded
    bucket: int
    is_new: bool
    conflict: Outcome | None = None

    @property
    def outcome(self) -> Outcome:
        """Made each time it is asked for: whoever settles a file looks at status and code alone."""
        if self.conflict is not None:
            return self.conflict
        return outcome(self.recorded.row, self.recorded.settled_at, replayed=not self.is_new)

    @property
    def status(self) -> str:
        return "conflict" if self.conflict is not None else self.recorded.row.status

    @property
    def code(self) -> str:
        return Code.MESSAGE_CONFLICT if self.conflict is not None else self.recorded.row.code


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
    activations: list[Activation] = field(default_factory=list)


def assemble(
    messages: Sequence[Message],
    keys: Sequence[MessageKey],
    registered: Sequence[Registered],
    firsts: Mapping[MessageKey, Recorded],
    accounts: Mapping[str, Account],
    rules: Rules,
    opened: OpenBatch,
) -> Batch:
    """Decide every message of a batch in order; `firsts` holds what is stored already, by key.

    The accounts, by person number, and the registered cards are changed to what the batch leaves.
    """
    batch = Batch()
    met = dict(firsts)
    rule_of = rules.at(opened.settled_at)
    default_rule = rule_of[""]
    for message, key, standing in zip(messages, keys, registered, strict=True):
        first = met.get(key)
        if first is not None:
            batch.answers.append(_repeat(first, message))
            continue
        account = accounts.get(message.person_no)
        rule = default_rule if account is None else rule_of.get(account.terms, default_rule)
        decision = decide(message, account, standing, rule, opened.business_day)
        position = len(batch.settlements)
        transfers: list[Transfer] = []
        if account is not None and decision.status == "settled":
            transfers = _move(message, account, standing, decision, opened, position)
            batch.changed[account.account_id] = account
        row = _row(message, account, decision, opened, position)
        if account is not None and decision.activates_card:
            batch.activations.append(_activate(row, account, standing))
        content = content_text(row)
        met[key] = recorded = Recorded(row, opened.settled_at)
        batch.settlements.append(row)
        batch.transfers.extend(transfers)
        batch.leaves.append(leaf(row, content, transfers))
        batch.keys.append(KeyRow(row.batch_id, fingerprint(content), row.business_day, position, key))
        batch.answers.append(Answer(recorded, row.bucket, is_new=True))
    return batch


def _repeat(first: Recorded, message: Message) -> Answer:
    differing = differing_fields(first.row, message)
    if differing:
        refused = conflict(first.row, message, differing)
        return Answer(first, bucket_of(message.person_no), is_new=False, conflict=refused)
    return Answer(first, first.row.bucket, is_new=False)


def _move(
    message: Message,
    account: Account,
    standing: Registered,
    decision: Decision,
    opened: OpenBatch,
    position: int,
) -> list[Transfer]:
    """The transfers of one settlement; changes the account. What the year's end carries over goes first."""
    transfers: list[Transfer] = []
    if account.part_year < opened.business_day.year:
        _carry_over(transfers, account, opened, position)
    if decision.account_paid:
        payee = FUND_ACCOUNT
        if message.kind == "payment":
            assert standing.institution is not None
            payee = standing.institution.account_id
        current = decision.account_paid - decision.accumulated_paid
        if current:
            _pay(transfers, account, opened, position, payee, current, accumulated=False)
        if decision.accumulated_paid:
            _pay(transfers, account, opened, position, payee, decision.accumulated_paid, accumulated=True)
    elif message.kind != "payment" and message.amount:
        _receive(transfers, account, opened, position, FUND_ACCOUNT, message.amount, message.kind == "interest")
    return transfers


def _carry_over(transfers: list[Transfer], account: Account, opened: OpenBatch, position: int) -> None:
    current = account.balance - account.accumulated
    if current:
        _pay(transfers, account, opened, position, CARRY_OVER_ACCOUNT, current, accumulated=False)
        _receive(transfers, account, opened, position, CARRY_OVER_ACCOUNT, current, accumulated=True)
    account.part_year = opened.business_day.year


def _pay(
    transfers: list[Transfer],
    account: Account,
    opened: OpenBatch,
    position: int,
    payee: int,
    amount: int,
    accumulated: bool,
) -> None:
    debit(account, amount, accumulated=accumulated)
    transfers.append(
        Transfer(
            opened.batch_id, account.account_id, payee, amount,
            account.balance, None, account.last_entry, None,
            opened.business_day, position, len(transfers), account.bucket, accumulated,
        )
    )  # fmt: skip


def _receive(
    transfers: list[Transfer],
    account: Account,
    opened: OpenBatch,
    position: int,
    payer: int,
    amount: int,
    accumulated: bool,
) -> None:
    credit(account, amount, accumulated=accumulated)
    transfers.append(
        Transfer(
            opened.batch_id, payer, account.account_id, amount,
            None, account.balance, None, account.last_entry,
            opened.business_day, position, len(transfers), account.bucket, accumulated,
        )
    )  # fmt: skip


def _activate(row: Settlement, account: Account, standing: Registered) -> Activation:
    """Changes the cards and the account for the messages behind; the rows are written with the batch."""
    card, retired, institution = standing.card, standing.old_card, standing.institution
    assert card is not None
    assert institution is not None
    card.state = "active"
    if retired is not None:
        retired.state = "replaced"
    if account.state == "dormant":
        account.state = "normal"
    retired_card_no = None if retired is None else retired.card_no
    return Activation(
        card.card_no, row.person_no, institution.kind, row.institution, row.settlement_id, retired_card_no
    )


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
        decision.accumulated_paid,
        particulars_text(message, card_activated=decision.activates_card),
    )


def _may_know_balance(decision: Decision) -> bool:
    """Whoever could not pay with this card learns nothing of its holder's account."""
    return decision.status == "settled" or decision.code == Code.INSUFFICIENT_FUNDS
