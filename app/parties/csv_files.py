"""The CSV files of a load: bytes → rows. Each line is judged by itself, so that every bad one can be named.

UTF-8 with or without a byte order mark; the first line names the columns, in any order. A record is one line.
Reasons name the column and never quote what stands in it: a citizen number may have slipped into the wrong one.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from operator import itemgetter
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeGuard, TypeVar

from app.errors import LoadError
from app.parties.agency import AGENCY

LINE_BYTES_MAX = 16_384
PROBLEMS_SHOWN_MAX = 100

#: As `settlement.messages` limits the same fields of a message; a test holds the two together.
ID = "[A-Za-z0-9._:@=+*-]"
PATTERNS = {
    "institution": "[A-Za-z0-9]{12}",
    "person_no": f"{ID}{{1,30}}",
    "card_no": f"{ID}{{1,50}}",
    "card_sn": f"{ID}{{1,32}}",
}
#: An opening balance comes in as one message.
BALANCE_MAX = 9_999_999_999_999_999

CARD_STATES = ("issued", "active", "temp_lost", "lost", "pin_locked", "replaced", "cancelled", "expired")

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# Control characters and the line ends of Unicode.
_NAME = "[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,200}"


class InstitutionRow(NamedTuple):
    line: int
    institution: str
    kind: str
    bank: str
    name: str
    state: str


class PersonRow(NamedTuple):
    line: int
    person_no: str
    balance: int


class CardRow(NamedTuple):
    line: int
    card_no: str
    person_no: str
    card_sn: str
    state: str
    valid_to: date


Row = TypeVar("Row", InstitutionRow, PersonRow, CardRow)
Parser = Callable[[str], Any]


class Problem(NamedTuple):
    file: Path
    line: int
    reason: str


@dataclass(slots=True)
class Problems:
    """What is wrong with the files of one load: all of it counted, the first hundred kept."""

    count: int = 0
    first: list[Problem] = field(default_factory=list)

    def add(self, file: Path, line: int, reason: str) -> None:
        self.count += 1
        if len(self.first) < PROBLEMS_SHOWN_MAX:
            self.first.append(Problem(file, line, reason))

    def refuse(self, headline: str) -> None:
        """Raise LoadError if there is any."""
        if not self.count:
            return
        lines = [f"{headline} {self.count:,} bad line{'s' if self.count > 1 else ''}:"]
        lines += [f"{problem.file}:{problem.line}: {problem.reason}" for problem in self.first]
        if self.count > len(self.first):
            lines.append(f"… and {self.count - len(self.first):,} more")
        raise LoadError("\n".join(lines))


@dataclass(frozen=True, slots=True)
class Format(Generic[Row]):
    """A kind of file: its columns in the order of its row's fields, the key first, and how each is read."""

    make: Callable[..., Row]
    columns: Mapping[str, Parser]
    defaults: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return next(iter(self.columns))


@dataclass(slots=True)
class Table(Generic[Row]):
    """A file that was read. `lines` has the line of each key, those of bad lines too."""

    file: Path
    is_understood: bool = False  # its header is good
    rows: list[Row] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)


def read_table(file: Path, layout: Format[Row], problems: Problems) -> Table[Row]:
    """Read and check a file; what is wrong with it goes to `problems`. Raises LoadError if it cannot be opened."""
    table: Table[Row] = Table(file)
    try:
        lines = _lines(file, problems)
        number, text = next(lines, (1, ""))
        header = _fields(text)
        if _names_columns(header, layout):
            table.is_understood = True
            _read_rows(table, layout, header, lines, problems)
        else:
            wanted = ",".join(f"[{column}]" if column in layout.defaults else column for column in layout.columns)
            problems.add(file, number, f"is not a header of the columns {wanted}, each once and no others")
    except OSError as error:
        raise LoadError(f"{file} cannot be read: {error.strerror}.") from error
    return table


def _lines(file: Path, problems: Problems) -> Iterator[tuple[int, str]]:
    """Number and text of every line that is not blank and can be read."""
    with file.open("rb") as opened:
        number, is_rest_of_line = 1, False
        while raw := opened.readline(LINE_BYTES_MAX):
            is_whole = raw.endswith(b"\n") or len(raw) < LINE_BYTES_MAX
            if is_rest_of_line or not is_whole:
                if not is_rest_of_line:
                    problems.add(file, number, f"longer than {LINE_BYTES_MAX:,} bytes")
            else:
                try:
                    text = raw.removeprefix(_BYTE_ORDER_MARK if number == 1 else b"").decode()
                except UnicodeDecodeError:
                    problems.add(file, number, "not UTF-8")
                else:
                    text = text.removesuffix("\n").removesuffix("\r")
                    if text:
                        yield number, text
            is_rest_of_line = not is_whole
            number += is_whole


def _fields(text: str) -> list[str] | None:
    """The fields of one line, or None if its quotes do not match."""
    if '"' not in text:
        return text.split(",")
    try:
        return next(csv.reader([text], strict=True))
    except csv.Error:
        return None


def _names_columns(header: list[str] | None, layout: Format[Row]) -> TypeGuard[list[str]]:
    if header is None or len(set(header)) != len(header):
        return False
    return set(layout.columns) - set(layout.defaults) <= set(header) <= set(layout.columns)


def _read_rows(
    table: Table[Row],
    layout: Format[Row],
    header: list[str],
    lines: Iterator[tuple[int, str]],
    problems: Problems,
) -> None:
    width = len(header)
    defaults = [layout.defaults[column] for column in layout.columns if column not in header]
    given = header + [column for column in layout.columns if column not in header]
    in_order = itemgetter(*[given.index(column) for column in layout.columns])
    parsers = tuple(layout.columns.values())
    for number, text in lines:
        fields = _fields(text)
        if fields is None or len(fields) != width:
            problems.add(table.file, number, "quotes that do not match" if fields is None else f"not {width} fields")
            continue
        texts = in_order(fields + defaults)
        earlier = table.lines.setdefault(texts[0], number)
        try:
            row = layout.make(number, *[parse(text) for parse, text in zip(parsers, texts, strict=True)])
        except ValueError:
            problems.add(table.file, number, _refusal(layout, texts))
            continue
        if earlier != number:
            problems.add(table.file, number, f"the same {layout.key} as line {earlier}")
            continue
        table.rows.append(row)


def _refusal(layout: Format[Row], texts: tuple[str, ...]) -> str:
    reasons = []
    for (column, parse), text in zip(layout.columns.items(), texts, strict=True):
        try:
            parse(text)
        except ValueError as error:
            reasons.append(f"{column} {error}")
    return "; ".join(reasons)


# How each column is read: text → value, or ValueError with the rest of a sentence that the column's name begins.


def _matching(pattern: str, words: str) -> Parser:
    matches = re.compile(pattern).fullmatch

    def parse(text: str) -> str:
        if matches(text) is None:
            raise ValueError(words)
        return text

    return parse


def _one_of(*values: str) -> Parser:
    words = f"is not one of {', '.join(values)}"
    known = {value: value for value in values}

    def parse(text: str) -> str:
        value = known.get(text)
        if value is None:
            raise ValueError(words)
        return value

    return parse


_is_whole_number = re.compile("0|[1-9][0-9]{0,15}").fullmatch
_is_date = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch


def _balance(text: str) -> int:
    if _is_whole_number(text) is None:
        raise ValueError(f"is not a whole number of fen from 0 to {BALANCE_MAX}")
    return int(text)


def _date(text: str) -> date:
    try:
        if _is_date(text) is not None:
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError("is not a date like 2034-01-31")


_person_no = _matching(PATTERNS["person_no"], "is not 1 to 30 letters, digits or ._:@=+*-")

INSTITUTIONS = Format(
    InstitutionRow,
    {
        "institution": _matching(
            f"(?!{AGENCY}){PATTERNS['institution']}", f"is not 12 letters or digits, or is {AGENCY}, the agency's own"
        ),
        "kind": _one_of("hospital", "pharmacy"),
        "bank": _matching(f"{ID}{{1,30}}", "is not 1 to 30 letters, digits or ._:@=+*-"),
        "name": _matching(_NAME, "is not 1 to 200 printable characters"),
        "state": _one_of("active", "blocked"),
    },
    {"state": "active"},
)
PERSONS = Format(PersonRow, {"person_no": _person_no, "balance": _balance})
CARDS = Format(
    CardRow,
    {
        "card_no": _matching(PATTERNS["card_no"], "is not 1 to 50 letters, digits or ._:@=+*-"),
        "person_no": _person_no,
        "card_sn": _matching(PATTERNS["card_sn"], "is not 1 to 32 letters, digits or ._:@=+*-"),
        "state": _one_of(*CARD_STATES),
        "valid_to": _date,
    },
)
