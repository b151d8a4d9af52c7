"""A recorded settlement: its row, its hash leaf, and the outcome that everyone is shown of it. Pure.

The row is the single source: a first answer, a replay and a query are all encoded from it by `outcome`.
"""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import msgspec
import orjson

from app.codes import Code
from app.ledger.journal import epoch_us
from app.ledger.posting import Transfer
from app.settlement.messages import NO_CARD, Malformed, Message


class Settlement(NamedTuple):
    """One row of `settlement.settlements`, in its column order. Amounts in fen."""

    batch_id: int
    amount: int
    account_paid: int
    mutual_aid_paid: int
    debit_paid: int
    cash_due: int
    balance_after: int | None
    occurred_at: datetime | None
    business_day: date
    position: int
    bucket: int
    decline_if_short: bool
    use_mutual_aid: bool
    use_debit: bool
    kind: str
    status: str
    code: str
    institution: str
    message_id: str
    person_no: str
    cert_type: str | None
    card_no: str | None
    card_sn: str | None
    med_type: str | None
    metadata: str | None
    accumulated_paid: int
    particulars: str | None

    @property
    def settlement_id(self) -> str:
        """28 digits: business day, batch, position. Fits the national interface's setl_id (C30)."""
        return f"{_batch_prefix(self.business_day, self.batch_id)}{self.position:04d}"


class Recorded(msgspec.Struct, frozen=True, gc=False):
    """A settlement with the time of its batch."""

    row: Settlement
    settled_at: datetime


class Part(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One source of a settled amount, in fen; of the account, which of its parts."""

    source: Literal["account", "cash"]
    amount: int
    part: Literal["current", "accumulated"] | None = None


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What a message came to, as the topic, the HTTP reply and every query show it. Amounts in fen."""

    settlement_id: str | None
    institution: str | None
    message_id: str | None
    kind: str | None
    person_no: str | None
    status: str
    code: str
    amount: int | None
    account_paid: int = 0
    mutual_aid_paid: int = 0
    debit_paid: int = 0
    cash_due: int = 0
    balance_after: int | None = None
    parts: tuple[Part, ...] = ()
    business_day: date | None = None
    settled_at: datetime | None = None
    card_activated: bool = False
    replayed: bool = False
    differing_fields: tuple[str, ...] = ()
    detail: str | None = None
    metadata: msgspec.Raw | None = None


def outcome(row: Settlement, settled_at: datetime, *, replayed: bool) -> Outcome:
    """The outcome of a recorded message; a first answer, a replay and a query differ in `replayed` alone."""
    return Outcome(
        row.settlement_id,
        row.institution,
        row.message_id,
        row.kind,
        row.person_no,
        row.status,
        row.code,
        row.amount,
        row.account_paid,
        row.mutual_aid_paid,
        row.debit_paid,
        row.cash_due,
        row.balance_after,
        parts(row),
        row.business_day,
        settled_at,
        row.particulars is not None and _card_activated(row.particulars),
        replayed,
        (),
        None,
        msgspec.Raw(row.metadata.encode()) if row.metadata is not None else None,
    )


def conflict(row: Settlement, message: Message, differing: Sequence[str]) -> Outcome:
    """The answer to other content under a taken key: it names the fields, and of the first outcome only its id."""
    return Outcome(
        settlement_id=row.settlement_id,
        institution=message.institution,
        message_id=message.message_id,
        kind=message.kind,
        person_no=message.person_no,
        status="conflict",
        code=Code.MESSAGE_CONFLICT,
        amount=message.amount,
        differing_fields=tuple(differing),
    )


def rejection(malformed: Malformed) -> Outcome:
    """The answer to a message that cannot be read. Nothing is recorded."""
    return Outcome(
        settlement_id=None,
        institution=malformed.institution,
        message_id=malformed.message_id,
        kind=None,
        person_no=malformed.person_no,
        status="rejected",
        code=malformed.code,
        amount=None,
        detail=malformed.detail,
    )


def parts(row: Settlement) -> tuple[Part, ...]:
    """From where a settled amount came."""
    if row.cash_due == 0 and row.accumulated_paid == 0:
        return (Part("account", row.account_paid, "current"),) if row.account_paid else ()
    current = row.account_paid - row.accumulated_paid
    found = (
        Part("account", current, "current"),
        Part("account", row.accumulated_paid, "accumulated"),
        Part("cash", row.cash_due),
    )
    return tuple(part for part in found if part.amount)


# `particulars` holds the message's particulars and beside them this one, which is of the outcome.
_CARD_ACTIVATED = "card_activated"


def particulars_text(message: Message, *, card_activated: bool) -> str | None:
    """The column `particulars`: JSON in key order, or None."""
    named = message.particulars
    if named is None:
        return None
    if card_activated:
        named[_CARD_ACTIVATED] = True
    return orjson.dumps(named, option=orjson.OPT_SORT_KEYS).decode()


def _card_activated(particulars: str) -> bool:
    return _CARD_ACTIVATED in orjson.loads(particulars)


@lru_cache(maxsize=64)
def _batch_prefix(business_day: date, batch_id: int) -> str:
    return f"{business_day:%Y%m%d}{batch_id:016d}"


# What of a message is compared with what is stored under its key: all of it, in the names that the sender knows.
_CONTENT = (
    "kind", "person_no", "amount", "card.cert_type", "card.card_no", "card.card_sn", "med_type",
    "short_balance", "use_mutual_aid", "use_debit", "occurred_at",
)  # fmt: skip


def differing_fields(row: Settlement, message: Message) -> list[str]:
    card = message.card or NO_CARD
    sent = (
        message.kind, message.person_no, message.amount, card.cert_type, card.card_no, card.card_sn, message.med_type,
        message.short_balance == "decline", message.use_mutual_aid, message.use_debit, message.occurred_at,
    )  # fmt: skip
    stored = (
        row.kind, row.person_no, row.amount, row.cert_type, row.card_no, row.card_sn, row.med_type,
        row.decline_if_short, row.use_mutual_aid, row.use_debit, row.occurred_at,
    )  # fmt: skip
    differing = [name for name, old, new in zip(_CONTENT, stored, sent, strict=True) if old != new]
    stored_metadata = orjson.loads(row.metadata) if row.metadata is not None else None
    stored_particulars = orjson.loads(row.particulars) if row.particulars is not None else {}
    stored_particulars.pop(_CARD_ACTIVATED, None)
    sent_particulars = message.particulars or {}
    differing += sorted(
        name
        for name in stored_particulars.keys() | sent_particulars.keys()
        if stored_particulars.get(name) != sent_particulars.get(name)
    )
    if _in_key_order(stored_metadata) != _in_key_order(message.metadata):  # as texts: in Python True == 1
        differing.append("metadata")
    return differing


def _in_key_order(metadata: dict[str, Any] | None) -> bytes:
    return orjson.dumps(metadata, option=orjson.OPT_SORT_KEYS)


# The texts under the hashes: fields joined by `|`, NULL as `~`, truth as 1 or 0, times as microseconds since 1970. No
# field can hold any of these marks but the JSON of particulars and metadata, which stands last and is told apart by
# what it begins with. What came with later releases (parts, particulars) adds to a text only where it is there, so
# that the texts of older rows stay what they were. `verify` builds the same texts in SQL.


def content_text(row: Settlement) -> str:
    """The message's content without its particulars and metadata."""
    occurred = "~" if row.occurred_at is None else epoch_us(row.occurred_at)
    return (
        f"{row.institution}|{row.message_id}|{row.kind}|{row.person_no}|{row.amount}|{row.cert_type or '~'}"
        f"|{row.card_no or '~'}|{row.card_sn or '~'}|{row.med_type or '~'}|{row.decline_if_short:d}"
        f"|{row.use_mutual_aid:d}|{row.use_debit:d}|{occurred}"
    )


def fingerprint(content: str) -> int:
    """64 bits of a message's content, as a Postgres bigint."""
    return int.from_bytes(hashlib.blake2b(content.encode(), digest_size=8).digest(), "big", signed=True)


def leaf(row: Settlement, content: str, transfers: Sequence[Transfer]) -> bytes:
    """Hash of a settlement with its transfers. Batch, position, day and time are under the batch's own hash."""
    balance = "~" if row.balance_after is None else row.balance_after
    text = (
        f"{content}|{row.status}|{row.code}|{row.account_paid}|{row.mutual_aid_paid}|{row.debit_paid}"
        f"|{row.cash_due}|{balance}|{row.bucket}"
    )
    if row.accumulated_paid:
        text += f"|accumulated {row.accumulated_paid}"
    for t in transfers:
        text += (
            f"|{t.leg}|{t.debit_account}|{t.credit_account}|{t.amount}|{_or_null(t.debit_balance_after)}"
            f"|{_or_null(t.credit_balance_after)}|{_or_null(t.debit_entry)}|{_or_null(t.credit_entry)}"
            f"{'|accumulated' if t.accumulated else ''}"
        )
    if row.particulars is not None:
        text += f"|particulars {row.particulars}"
    if row.metadata is not None:
        text += f"|{row.metadata}"
    return hashlib.sha256(text.encode()).digest()


def _or_null(value: int | None) -> int | str:
    return "~" if value is None else value
