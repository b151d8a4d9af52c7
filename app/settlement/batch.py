"""From a batch of messages to the rows it writes and the answer that each message gets. Pure.

Messages are decided in order, each on what its predecessors leave. A key met again, in the registry or earlier in
the same batch, is a replay or a conflict and moves nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson

from app.codes import Code
from app.ledger.accounts import CARRY_OVER_ACCOUNT, Account
from app.ledger.buckets import bucket_of
from app.ledger.journal import OpenBatch
from app.ledger.posting import Transfer, transfer
from app.parties.activation import Activation
from app.settlement.books import Books, Hold, PharmacyDay, Returns
from app.settlement.decide import decide
from app.settlement.decide.decision import (
    Activate,
    CarryOver,
    ChangeHold,
    CountAtPharmacy,
    Decision,
    LayTombstone,
    Movement,
    OpenHold,
    Return,
    declined,
)
from app.settlement.decide.first_use import old_card_of
from app.settlement.leaves import content_text, fingerprint, leaf
from app.settlement.messages import NO_CARD, Message, MessageKey
from app.settlement.records import (
    CARD_ACTIVATED,
    Answer,
    Recorded,
    Settlement,
    conflict,
    differing_fields,
    particulars_text,
    settlement_id,
)
from app.settlement.told_of_original import told_of_original


class KeyRow(NamedTuple):
    """One row of `settlement.message_keys`, in its column order."""

    batch_id: int
    fingerprint: int
    business_day: date
    position: int
    message_key: bytes


class HoldEntry(NamedTuple):
    """A change of what a hold holds."""

    message_key: bytes
    account_id: int
    change: int
    happened_at: datetime


@dataclass(slots=True)
class Batch:
    """Rows to write and answers to give; `answers` has one for each message, in order.

    Those behind `leaves` are empty for plain payments. `late` are settlements of messages that had been reversed
    before they came, by key.
    """

    answers: list[Answer] = field(default_factory=list)
    settlements: list[Settlement] = field(default_factory=list)
    keys: list[KeyRow] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    changed: dict[int, Account] = field(default_factory=dict)
    leaves: list[bytes] = field(default_factory=list)
    activations: list[Activation] = field(default_factory=list)
    holds: dict[MessageKey, Hold] = field(default_factory=dict)
    hold_entries: list[HoldEntry] = field(default_factory=list)
    returns: dict[MessageKey, Returns] = field(default_factory=dict)
    pharmacy_days: dict[int, PharmacyDay] = field(default_factory=dict)
    tombstones: set[MessageKey] = field(default_factory=set)
    late: dict[MessageKey, Settlement] = field(default_factory=dict)


def assemble(messages: Sequence[Message], keys: Sequence[MessageKey], books: Books, opened: OpenBatch) -> Batch:
    """Decide every message of a batch in order, and change the books to what the batch leaves."""
    batch = Batch()
    recorded, tombstones, originals = books.recorded, books.tombstones, books.originals
    expire_holds(batch, books)
    for message, key in zip(messages, keys, strict=True):
        first = recorded.get(key)
        if first is not None:
            batch.answers.append(_repeat(first, message))
            continue
        is_late = key in tombstones
        decision = declined(Code.REVERSED_BEFORE_ARRIVAL) if is_late else decide(message, books)
        account = books.personal.get(message.person_no)
        bucket = bucket_of(message.person_no) if account is None else account.bucket
        position = len(batch.settlements)
        transfers: list[Transfer] = []
        for movement in decision.movements:
            _move(transfers, movement, batch, opened, position, bucket)
        told = decision.particulars
        for effect in decision.effects:
            if isinstance(effect, Activate):
                batch.activations.append(_activate(message, books, opened, position))
                told = {**(told or {}), CARD_ACTIVATED: True}
            elif isinstance(effect, CarryOver):
                batch.changed[effect.account.account_id] = effect.account
                if effect.account.part_year < opened.business_day.year:
                    _carry_over(transfers, effect.account, opened, position, bucket)
            else:
                _apply(effect, key, batch, books, opened, position)
        if message.original_message_id is not None:
            told = {**(told or {}), **told_of_original(message, decision, books)} or None
        row = _row(message, decision, told, opened, position, bucket)
        content = content_text(row)
        answer = Answer(row, opened.settled_at, is_new=True)
        recorded[key] = answer
        batch.answers.append(answer)
        batch.settlements.append(row)
        batch.transfers += transfers
        batch.leaves.append(leaf(row, content, transfers, opened.salt))
        if is_late:
            batch.late[key] = row
        else:
            batch.keys.append(KeyRow(row.batch_id, fingerprint(content), row.business_day, position, key))
        if key in originals:
            books.transfers[key] = transfers
    return batch


def expire_holds(batch: Batch, books: Books) -> None:
    """Holds that are due count no more from `expires_at` on, whenever that is noticed."""
    for hold in books.holds.values():
        if hold.state == "open" and hold.expires_at <= books.now:
            account = books.account(hold.account_id)
            assert account is not None
            _change_hold(batch, account, hold, -hold.held, "expired", hold.expires_at)


def _repeat(first: Recorded, message: Message) -> Answer:
    differing = differing_fields(first.row, message)
    if differing:
        return Answer(first.row, first.settled_at, is_new=False, conflict=conflict(first.row, message, differing))
    return Answer(first.row, first.settled_at, is_new=False)


# Money


def _move(
    transfers: list[Transfer], movement: Movement, batch: Batch, opened: OpenBatch, position: int, bucket: int
) -> None:
    """Changes the accounts. What the year's end carries over in an account goes before its first movement."""
    payer, payee, amount, accumulated = movement
    year = opened.business_day.year
    if not isinstance(payer, int):
        batch.changed[payer.account_id] = payer
        if payer.part_year < year:
            _carry_over(transfers, payer, opened, position, bucket)
    if not isinstance(payee, int):
        batch.changed[payee.account_id] = payee
        if payee.part_year < year:
            _carry_over(transfers, payee, opened, position, bucket)
    transfers.append(transfer(opened, position, len(transfers), bucket, payer, payee, amount, accumulated))


def _carry_over(transfers: list[Transfer], account: Account, opened: OpenBatch, position: int, bucket: int) -> None:
    """A debit account has no parts, and nothing to carry over."""
    if account.kind != "personal":
        return
    current = account.balance - account.accumulated
    if current:
        leg = len(transfers)
        transfers.append(transfer(opened, position, leg, bucket, account, CARRY_OVER_ACCOUNT, current, False))
        transfers.append(transfer(opened, position, leg + 1, bucket, CARRY_OVER_ACCOUNT, account, current, True))
    account.part_year = opened.business_day.year


# What changes beside money


def _apply(
    effect: OpenHold | ChangeHold | Return | CountAtPharmacy | LayTombstone,
    key: MessageKey,
    batch: Batch,
    books: Books,
    opened: OpenBatch,
    position: int,
) -> None:
    match effect:
        case OpenHold(account, amount, expires_at):
            hold = Hold(key, account.account_id, account.bucket, amount, 0, expires_at, "open")
            books.holds[key] = hold
            _change_hold(batch, account, hold, amount, "open", opened.settled_at)
        case ChangeHold(account, hold, change, state):
            _change_hold(batch, account, hold, change, state, opened.settled_at)
        case Return():
            _return(effect, batch, books)
        case CountAtPharmacy(account, fen, payments):
            day = books.pharmacy_days.setdefault(account.account_id, PharmacyDay(account.account_id))
            day.paid = max(0, day.paid + fen)
            day.payments = max(0, day.payments + payments)
            batch.pharmacy_days[account.account_id] = day
        case LayTombstone(original):
            books.tombstones.add(original)
            batch.tombstones.add(original)
            batch.keys.append(KeyRow(opened.batch_id, 0, opened.business_day, position, original))


def _change_hold(batch: Batch, account: Account, hold: Hold, change: int, state: str, happened_at: datetime) -> None:
    account.held += change
    hold.held += change
    hold.state = state
    batch.changed[account.account_id] = account
    batch.holds[hold.message_key] = hold
    batch.hold_entries.append(HoldEntry(hold.message_key, account.account_id, change, happened_at))


def _return(change: Return, batch: Batch, books: Books) -> None:
    returns = books.returns.get(change.original)
    if returns is None:
        returns = Returns(change.original, change.amount, [0] * len(change.by_part), is_reversed=False)
        books.returns[change.original] = returns
    returns.by_part = [had + more for had, more in zip(returns.by_part, change.by_part, strict=True)]
    returns.is_reversed |= change.reverses
    batch.returns[change.original] = returns


def _activate(message: Message, books: Books, opened: OpenBatch, position: int) -> Activation:
    """Changes the cards and the account for the messages behind; the rows are written with the batch."""
    assert message.card is not None
    card, retired = books.cards[message.card.card_no or ""], old_card_of(message, books)
    account, institution = books.personal[message.person_no], books.institutions[message.institution]
    card.state = "active"
    if retired is not None:
        retired.state = "replaced"
    if account.state == "dormant":
        account.state = "normal"
    return Activation(
        card.card_no,
        message.person_no,
        institution.kind,
        message.institution,
        settlement_id(opened.business_day, opened.batch_id, position),
        None if retired is None else retired.card_no,
    )


def _row(
    message: Message, decision: Decision, told: dict[str, Any] | None, opened: OpenBatch, position: int, bucket: int
) -> Settlement:
    card = message.card or NO_CARD
    told_of = decision.tells_balance_of
    return Settlement(
        opened.batch_id,
        message.amount,
        decision.account_paid,
        decision.mutual_aid_paid,
        decision.debit_paid,
        decision.cash_due,
        None if told_of is None else told_of.balance,
        message.occurred_at,
        opened.business_day,
        position,
        bucket,
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
        particulars_text(message, told),
    )
