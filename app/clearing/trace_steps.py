"""The steps of a transaction's way, as `app.clearing.trace` reads them and everyone is shown them. Pure.

Amounts in fen. Accounts stand as their kind alone, whosever they are. Hashes are lower-case hex.
"""

from datetime import date
from typing import Literal

import msgspec

from app.clearing.days import State
from app.clearing.positions import Reason
from app.settlement.messages import Moment
from app.settlement.records import Outcome

#: How far the money of a transaction has come.
Stage = Literal[
    "not_cleared",  # no money of an institution moved, so no bank is told of it
    "booked",  # on a day that is open or being sealed
    "held_over",  # the institution's money waits for a later day
    "netted",  # what came in and what went back came to nothing
    "drawn",  # in a line, of which no file is written yet
    "filed",  # in a file, of which the bank has said nothing yet
    "paid",
    "failed",  # the money is due to the institution again and waits for another line
]


class MessageStep(msgspec.Struct, frozen=True):
    """message_key: 16 bytes made of institution and message id. occurred_at: as the sender said; settled_at: here.

    fingerprint_matches: what is stored of the message is what was taken under its key; null where a reversal took the
    key before the message came.
    """

    kind: str
    message_key: str
    occurred_at: Moment | None
    settled_at: Moment
    fingerprint_matches: bool | None


class Movement(msgspec.Struct, frozen=True):
    """One transfer of the ledger. accumulated: of a personal account, out of or into its accumulated part."""

    leg: int
    amount: int
    debit_account: str
    credit_account: str
    accumulated: bool


class BatchStep(msgspec.Struct, frozen=True):
    """Place in the journal. position: from 0, among `size` rows. published_at: when Kafka had the batch's outcomes."""

    batch_id: int
    lane: int
    position: int
    size: int
    chain_hash: str
    published_at: Moment | None


class Standing(msgspec.Struct, frozen=True):
    """What came of a settlement or a hold later: how much went back, and what the hold still holds."""

    returned: int
    is_reversed: bool
    hold_state: str | None
    held: int | None


class Original(msgspec.Struct, frozen=True):
    """The message that this one names, and what came of it."""

    message_id: str
    kind: str
    status: str
    code: str
    business_day: date
    standing: Standing | None


class DayStep(msgspec.Struct, frozen=True):
    """The business day; the rest once it is closed, and day_hash once its totals are taken."""

    business_day: date
    state: State
    value_date: date | None
    sealed_at: Moment | None
    day_hash: str | None


class PositionStep(msgspec.Struct, frozen=True):
    """The institution's position of a day: debits - refunds + carried_in = paid + carried_out. held: why it waits."""

    business_day: date
    bank: str
    debits: int
    refunds: int
    carried_in: int
    paid: int
    carried_out: int
    held: Reason | None


class FileStep(msgspec.Struct, frozen=True):
    """A file that the bank is told by; written_at, size and sha256 once it is written."""

    file_id: str
    kind: str
    version: int
    written_at: Moment | None
    size: int | None
    sha256: str | None


class ResultStep(msgspec.Struct, frozen=True):
    """What the bank said became of a line, and in which acknowledgment of which file."""

    outcome: Literal["paid", "failed"]
    code: str
    reason: str
    ack_id: int
    file_id: str
    form: str
    received_at: Moment


class BookingStep(msgspec.Struct, frozen=True):
    """A movement that no message caused, by its batch and the business day that it was booked on."""

    batch_id: int
    business_day: date


class LineStep(msgspec.Struct, frozen=True):
    """A payment of the bank to the institution, out of which the position's money goes. reissue_of: the failed line.

    booked: out of the institution's account into the bank's; returned: back again, once it failed.
    """

    line_id: str
    business_day: date
    bank: str
    amount: int
    reissue_of: str | None
    booked: BookingStep | None
    files: tuple[FileStep, ...]
    results: tuple[ResultStep, ...]
    returned: BookingStep | None


class Trace(msgspec.Struct, frozen=True):
    """The whole way of one transaction, each list in order of time.

    positions: of its business day, and where that was carried, of the days behind it until it was paid. lines: that of
    the last position, and where it failed, those that paid its money again. details: files that name the transaction.
    """

    institution: str
    message_id: str
    stage: Stage
    message: MessageStep
    outcome: Outcome
    original: Original | None
    standing: Standing | None
    transfers: tuple[Movement, ...]
    batch: BatchStep
    day: DayStep
    positions: tuple[PositionStep, ...]
    details: tuple[FileStep, ...]
    lines: tuple[LineStep, ...]


def stage_of(*, is_cleared: bool, positions: tuple[PositionStep, ...], lines: tuple[LineStep, ...]) -> Stage:
    if not is_cleared:
        return "not_cleared"
    if not positions:
        return "booked"
    if positions[-1].carried_out:
        return "held_over"
    if not lines:
        return "netted"
    last = lines[-1]
    outcomes = {result.outcome for result in last.results}
    if "failed" in outcomes:  # a bank may take back that it paid, and never that it failed
        return "failed"
    if "paid" in outcomes:
        return "paid"
    return "filed" if any(file.kind == "payment" and file.written_at for file in last.files) else "drawn"
