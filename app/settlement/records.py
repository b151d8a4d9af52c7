"""A recorded settlement: its row, its hash leaf, and the outcome that everyone is shown of it. Pure.

The row is the single source: a first answer, a replay and a query are all encoded from it by `outcome`.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal

import msgspec
import orjson

from app.codes import Code
from app.ledger.buckets import bucket_of
from app.settlement.messages import NO_CARD, Malformed, Message


class Settlement(msgspec.Struct, frozen=True, gc=False):
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
        return settlement_id(self.business_day, self.batch_id, self.position)


def settlement_id(business_day: date, batch_id: int, position: int) -> str:
    return f"{_batch_prefix(business_day, batch_id)}{position:04d}"


class Recorded(msgspec.Struct, frozen=True, gc=False):
    """A settlement with the time of its batch."""

    row: Settlement
    settled_at: datetime


class Part(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One source of a settled amount, in fen; after a refund or reversal where it went back to, in the same order.

    part: of the own account, which of its parts. reason: the rule for which the rest is due in cash; absent, the
    balances were too small.
    """

    source: Literal["account", "mutual_aid", "debit", "cash"]
    amount: int
    part: Literal["current", "accumulated"] | None = None
    reason: str | None = None


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What a message came to, as the topic, the HTTP reply and every query show it. Amounts in fen.

    amount: what the message asked for; where it left that open, what was moved or released.
    """

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
    original_message_id: str | None = None
    expires_at: str | None = None
    card_activated: bool = False
    replayed: bool = False
    differing_fields: tuple[str, ...] = ()
    detail: str | None = None
    metadata: msgspec.Raw | None = None


class Answer(Recorded, frozen=True, gc=False):
    """What one message came to: a recorded settlement, by this batch or before, or a conflict with one."""

    is_new: bool
    conflict: Outcome | None = None

    @property
    def outcome(self) -> Outcome:
        """Made each time it is asked for: whoever settles a file looks at status and code alone."""
        if self.conflict is not None:
            return self.conflict
        return outcome(self.row, self.settled_at, replayed=not self.is_new)

    @property
    def status(self) -> str:
        return "conflict" if self.conflict is not None else self.row.status

    @property
    def code(self) -> str:
        return Code.MESSAGE_CONFLICT if self.conflict is not None else self.row.code

    @property
    def bucket(self) -> int:
        """That of the person who is answered."""
        return self.row.bucket if self.conflict is None else bucket_of(self.conflict.person_no or "")


def outcome(row: Settlement, settled_at: datetime, *, replayed: bool) -> Outcome:
    """The outcome of a recorded message; a first answer, a replay and a query differ in `replayed` alone."""
    told = _NOTHING_TOLD if row.particulars is None else orjson.loads(row.particulars)
    return Outcome(
        row.settlement_id,
        row.institution,
        row.message_id,
        row.kind,
        row.person_no,
        row.status,
        row.code,
        row.amount or row.account_paid + row.mutual_aid_paid + row.debit_paid + row.cash_due,
        row.account_paid,
        row.mutual_aid_paid,
        row.debit_paid,
        row.cash_due,
        row.balance_after,
        _parts(row, told),
        row.business_day,
        settled_at,
        *(_told(told) if told else _UNTOLD),
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


_UNTOLD = (None, None, False)


def _told(told: Mapping[str, Any]) -> tuple[str | None, str | None, bool]:
    """The original's id, the time until which something is held, and whether a card was activated."""
    return told.get("original_message_id"), told.get("expires_at") or told.get(HELD_UNTIL), CARD_ACTIVATED in told


def _parts(row: Settlement, told: Mapping[str, Any]) -> tuple[Part, ...]:
    """From where a settled amount came, in the order in which the sources were used."""
    if not (row.accumulated_paid or row.mutual_aid_paid or row.debit_paid or row.cash_due):
        return (Part("account", row.account_paid, "current"),) if row.account_paid else ()
    own = [
        Part("account", row.account_paid - row.accumulated_paid, "current"),
        Part("account", row.accumulated_paid, "accumulated"),
    ]
    if told.get("accumulated_first"):
        own.reverse()
    found = (
        *own,
        *(Part("mutual_aid", fen) for fen in told.get("mutual_aid", (row.mutual_aid_paid,))),
        Part("debit", row.debit_paid),
        Part("cash", row.cash_due, reason=told.get("limited_by")),
    )
    return tuple(part for part in found if part.amount)


# `particulars` holds the message's particulars and beside them these, which are of the outcome.
CARD_ACTIVATED = "card_activated"
HELD_UNTIL = "held_until"
CLEARED_AS = "cleared_as"
ORIGINAL_KIND = "original_kind"
FUND_OF_ORIGINAL = "fund_of_original"
FUND_RETURNED = "fund_returned"
_OF_OUTCOME = frozenset({
    CARD_ACTIVATED, HELD_UNTIL, CLEARED_AS, ORIGINAL_KIND, FUND_OF_ORIGINAL, FUND_RETURNED, "accumulated_first",
    "mutual_aid", "limited_by", "is_counted", "returned", "is_release", "is_of_purchase",
})  # fmt: skip
_NOTHING_TOLD: Mapping[str, Any] = MappingProxyType({})


def particulars_text(message: Message, told: Mapping[str, Any] | None) -> str | None:
    """The column `particulars`: JSON in key order of what the message has and of what is told of its outcome."""
    if (
        told is None and message.visit is None and message.old_card is None and message.original_message_id is None
        and message.expires_at is None and message.payee_card is None and message.direction is None
        and message.treatment_id is None and message.total_fee is None and message.insurance_type is None
        and message.use_account
    ):  # fmt: skip
        return None
    return orjson.dumps(message.particulars | dict(told or {}), option=orjson.OPT_SORT_KEYS).decode()


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
    for name in _OF_OUTCOME & stored_particulars.keys():
        del stored_particulars[name]
    sent_particulars = message.particulars
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
