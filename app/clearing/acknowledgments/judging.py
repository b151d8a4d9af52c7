"""Whether an acknowledgment can be true of a payment file, and what it then adds to what is known. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from app.clearing.acknowledgments.statement import Outcome, Said, Statement
from app.codes import Code
from app.errors import Refused


class PaymentFile(NamedTuple):
    """`name`: by which an acknowledgment names it; total: signed fen; superseded_by: a later version of it, or ''."""

    name: str
    line_count: int
    total: int
    superseded_by: str = ""


class Line(NamedTuple):
    """A line of the file and which results of it are known. amount: signed fen."""

    line_no: int
    amount: int
    payee_account: str
    is_paid: bool = False
    is_failed: bool = False


class Result(NamedTuple):
    """A result that was not known; `is_first`: the line had none before."""

    line_no: int
    amount: int
    outcome: Outcome
    code: str
    reason: str
    is_first: bool


def judge(statement: Statement, file: PaymentFile, lines: Mapping[str, Line]) -> list[Result]:
    """The results that are new. `lines` by their id: those that are named, or all where all are spoken of.

    Raises Refused with the first line for which it cannot be taken; nothing of it is then.
    """
    _is_of(statement, file)
    named: set[str] = set()
    results: list[Result] = []
    for said in statement.lines:
        line = lines.get(said.line_id)
        if line is None:
            raise Refused(Code.LINE_UNKNOWN, f"{said.place} is of a line that does not stand in this file.")
        if said.line_id in named:
            raise Refused(Code.LINE_REPEATED, f"{said.place} is of line {said.line_id}, which stands in it before.")
        named.add(said.line_id)
        _is_true_of(said, line, statement.whole)
        results.extend(_result(said, said.line_id, line))
    if statement.whole is not None:
        for line_id, line in lines.items():
            if line_id not in named:
                results.extend(_result(statement.whole, line_id, line))
    _sums_up(statement, file, lines)
    return results


def _is_of(statement: Statement, file: PaymentFile) -> None:
    if statement.of_file != file.name:
        raise Refused(Code.ACKNOWLEDGMENT_OF_ANOTHER_FILE, f"It names another file than {file.name}.")
    if file.superseded_by:
        raise Refused(Code.FILE_SUPERSEDED, f"{file.superseded_by} stands in the place of this file.")
    if (statement.line_count, statement.total) != (file.line_count, file.total):
        raise Refused(
            Code.ACKNOWLEDGMENT_SUMS_DIFFER,
            f"It says that the file has {statement.line_count} lines of {statement.total} fen;"
            f" it has {file.line_count} of {file.total}.",
        )


def _is_true_of(said: Said, line: Line, whole: Said | None) -> None:
    if said.amount is not None and said.amount != line.amount:
        raise Refused(
            Code.LINE_DIFFERS, f"{said.place} says {said.amount} fen of line {said.line_id}, the file {line.amount}."
        )
    if said.payee_account is not None and said.payee_account != line.payee_account:
        raise Refused(Code.LINE_DIFFERS, f"{said.place} has another payee account than line {said.line_id}.")
    if whole is not None and said.outcome != whole.outcome:
        raise Refused(
            Code.ACKNOWLEDGMENT_INVALID, f"{said.place} is {said.status}, and {whole.place.lower()} {whole.status}."
        )


def _result(said: Said, line_id: str, line: Line) -> Iterable[Result]:
    if said.outcome is None:
        return
    if said.outcome == "paid" and line.is_failed:
        raise Refused(
            Code.LINE_ALREADY_FAILED,
            f"{said.place} says that line {line_id} was paid. It failed before, and its money went back.",
        )
    is_known = line.is_paid if said.outcome == "paid" else line.is_failed
    if not is_known:
        is_first = not line.is_paid and not line.is_failed
        yield Result(line.line_no, line.amount, said.outcome, said.code, said.reason, is_first)


def _sums_up(statement: Statement, file: PaymentFile, lines: Mapping[str, Line]) -> None:
    counts: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    for said in statement.lines:
        counts[said.status] += 1
        totals[said.status] += lines[said.line_id].amount
    if statement.whole is not None:
        counts[statement.whole.status] += file.line_count - counts.total()
        totals[statement.whole.status] += file.total - totals.total()
    for status, count, total in statement.sums:
        if (count, total) != (counts[status], totals[status] if total is not None else None):
            raise Refused(
                Code.ACKNOWLEDGMENT_SUMS_DIFFER,
                f"It says {count} lines of {total if total is not None else 'any'} fen with status {status};"
                f" its lines are {counts[status]} of {totals[status]}.",
            )
