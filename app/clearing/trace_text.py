"""A transaction's way as a tree for a terminal."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from app.clearing.reconciliation.scope import yuan
from app.clearing.trace_steps import (
    BookingStep,
    FileStep,
    LineStep,
    Original,
    PositionStep,
    ResultStep,
    Stage,
    Standing,
    Trace,
)
from app.config import ZONE

_STAGES: Final[dict[Stage, str]] = {
    "not_cleared": "no money of an institution moved, so no bank is told of it",
    "booked": "its business day is not sealed yet",
    "held_over": "the institution's money waits for a later day",
    "netted": "what came in and what went back came to nothing",
    "drawn": "in a payment line, of which no file is written yet",
    "filed": "in a file, of which the bank has said nothing yet",
    "paid": "the bank has paid the institution",
    "failed": "the bank could not pay; the money is due again and waits for another line",
}
# Of a chain of days in which a position was only carried, so many are shown at either end.
_CARRIED_SHOWN = 3
_WIDTH = 240


def print_trace(trace: Trace) -> None:
    """On standard output. Hashes are copied from here: they stay whole, however narrow the terminal."""
    Console(highlight=False, width=_WIDTH).print(trace_tree(trace), soft_wrap=True)


def trace_tree(trace: Trace) -> Tree:
    tree = Tree(f"[bold]{trace.institution} {trace.message_id}[/bold]: {trace.stage}, {_STAGES[trace.stage]}")
    _message(tree, trace)
    _outcome(tree, trace)
    _transfers(tree, trace)
    _day(tree, trace)
    _positions(tree, trace.positions)
    for line in trace.lines:
        _line(tree, line)
    return tree


def _message(tree: Tree, trace: Trace) -> None:
    message = trace.message
    step = tree.add(f"message  {message.kind}, settled {_time(message.settled_at)}")
    if message.occurred_at is not None:
        step.add(f"occurred {_time(message.occurred_at)}, as the sender says")
    matches = {True: "matches what is stored", False: "[red]DOES NOT MATCH what is stored[/red]",
               None: "none: a reversal took the key before the message came"}  # fmt: skip
    step.add(f"key {message.message_key}; fingerprint {matches[message.fingerprint_matches]}")
    if trace.original is not None:
        step.add(_original(trace.original))


def _original(original: Original) -> str:
    text = f"of {original.kind} {original.message_id}, {original.status} {original.code} on {original.business_day}"
    return text if original.standing is None else f"{text}; {_standing(original.standing)}"


def _standing(standing: Standing) -> str:
    parts = [f"{yuan(standing.returned)} went back" if standing.returned else "nothing went back"]
    if standing.is_reversed:
        parts.append("reversed")
    if standing.hold_state is not None:
        parts.append(f"hold {standing.hold_state}, holds {yuan(standing.held or 0)}")
    return ", ".join(parts)


def _outcome(tree: Tree, trace: Trace) -> None:
    outcome = trace.outcome
    step = tree.add(f"outcome  {outcome.status} {outcome.code}, {yuan(outcome.amount or 0)} yuan")
    for part in outcome.parts:
        reason = "" if part.reason is None else f" ({part.reason})"
        step.add(f"{yuan(part.amount)} {part.source}{'' if part.part is None else f', {part.part} part'}{reason}")
    if trace.standing is not None:
        step.add(f"later: {_standing(trace.standing)}")


def _transfers(tree: Tree, trace: Trace) -> None:
    batch = trace.batch
    step = tree.add(f"ledger   batch {batch.batch_id}, row {batch.position + 1} of {batch.size}, lane {batch.lane}")
    for moved in trace.transfers:
        step.add(f"{yuan(moved.amount)} {moved.debit_account} -> {moved.credit_account}")
    if not trace.transfers:
        step.add("nothing moved")
    step.add(f"chain hash {batch.chain_hash}")
    told = "not told to Kafka yet" if batch.published_at is None else f"told to Kafka {_time(batch.published_at)}"
    step.add(told)


def _day(tree: Tree, trace: Trace) -> None:
    day = trace.day
    step = tree.add(f"day      {day.business_day} is {day.state}")
    if day.sealed_at is not None:
        step.add(f"sealed {_time(day.sealed_at)}, value date {day.value_date}")
    if day.day_hash is not None:
        step.add(f"day hash {day.day_hash}")
    _files(step, trace.details)


def _positions(tree: Tree, positions: Sequence[PositionStep]) -> None:
    left_out = len(positions) - 2 * _CARRIED_SHOWN
    for number, position in enumerate(positions):
        if left_out > 0 and number == _CARRIED_SHOWN:
            tree.add(f"…        {left_out} more days on which it was carried")
        if left_out <= 0 or not _CARRIED_SHOWN <= number < _CARRIED_SHOWN + left_out:
            _position(tree, position)


def _position(tree: Tree, position: PositionStep) -> None:
    ends = f"paid {yuan(position.paid)}"
    if position.held is not None:
        ends = f"carried {yuan(position.carried_out)} over: {position.held}"
    step = tree.add(f"position {position.business_day}, bank {position.bank}: {ends}")
    step.add(
        f"{yuan(position.debits)} came in, {yuan(position.refunds)} went back, {yuan(position.carried_in)} from before"
    )


def _line(tree: Tree, line: LineStep) -> None:
    again = "" if line.reissue_of is None else f", pays again what {line.reissue_of} did not"
    step = tree.add(f"line     {line.line_id}, {yuan(line.amount)} by bank {line.bank}{again}")
    if line.booked is not None:
        step.add(f"booked {_booking(line.booked)}")
    _files(step, line.files)
    for result in line.results:
        step.add(_result(result))
    if line.returned is not None:
        step.add(f"returned to the institution {_booking(line.returned)}")


def _booking(booking: BookingStep) -> str:
    return f"in batch {booking.batch_id} of {booking.business_day}"


def _files(step: Tree, files: Sequence[FileStep]) -> None:
    for file in files:
        if file.sha256 is None:
            step.add(f"file {file.file_id}, not written yet")
        else:
            step.add(f"file {file.file_id}").add(f"sha256 {file.sha256}")


def _result(result: ResultStep) -> str:
    colour = "green" if result.outcome == "paid" else "red"
    why = escape(": ".join(text for text in (result.code, result.reason) if text))
    return (
        f"[{colour}]{result.outcome}[/{colour}]{' ' if why else ''}{why}, by acknowledgment {result.ack_id}"
        f" ({result.form}) of {result.file_id}, {_time(result.received_at)}"
    )


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(ZONE):%Y-%m-%d %H:%M:%S}"
