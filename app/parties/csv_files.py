"""The CSV files of a load: bytes → rows. Each line is judged by itself, so that every bad one can be named.

UTF-8 with or without a byte order mark; the first line names the columns, in any order. A record is one line.
Reasons name the column and never quote what stands in it: a citizen number may have slipped into the wrong one.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Generic, NamedTuple, TypeGuard, TypeVar

from app.errors import LoadError
from app.parties import citizen_no
from app.parties.agency import AGENCY
from app.parties.csv_columns import Parser, day, fen, matching, of_few, one_of, optional
from app.parties.csv_lines import fields_of, read_lines
from app.progress import Progress, unseen

PROBLEMS_SHOWN_MAX = 100

#: As `settlement.messages` limits the same fields of a message; a test holds the two together.
ID = "[A-Za-z0-9._:@=+*-]"
PATTERNS = {
    "institution": "[A-Za-z0-9]{12}",
    "person_no": f"{ID}{{1,30}}",
    "card_no": f"{ID}{{1,50}}",
    "card_sn": f"{ID}{{1,32}}",
    "region": "[A-Za-z0-9._-]{0,20}",
    # No control characters nor line ends, no blank at its ends.
    "person_name": r"[^\x00-\x1f\x7f-\x9f\s]([^\x00-\x1f\x7f-\x9f\u2028\u2029]{0,98}[^\x00-\x1f\x7f-\x9f\s])?",
}
ACCOUNT_STATES = ("dormant", "normal", "frozen", "closed")
CARD_STATES = ("issued", "active", "temp_lost", "lost", "pin_locked", "replaced", "cancelled", "expired")

# Control characters and the line ends of Unicode.
_CHARACTER = "[^\x00-\x1f\x7f-\x9f\u2028\u2029]"
_NAME = f"{_CHARACTER}{{1,200}}"
# What a line of a bank file has room for, and no mark that separates its fields.
PAYEE_NAME = f"(?!.*[|]){_CHARACTER}{{1,70}}"
PAYEE_ACCOUNT = "[A-Za-z0-9]{1,34}"


class InstitutionRow(NamedTuple):
    line: int
    institution: str
    kind: str
    bank: str
    name: str
    state: str
    settlement_office: str = ""
    payee_name: str = ""
    payee_account: str = ""


class PersonRow(NamedTuple):
    """'' stands for what is not known; `state` is that of the account as it is opened."""

    line: int
    person_no: str
    balance: int
    citizen_no: str = ""
    name: str = ""
    gender: str = ""
    personal_status: str = ""
    region: str = ""
    state: str = "normal"


class CardRow(NamedTuple):
    line: int
    card_no: str
    person_no: str
    card_sn: str
    state: str
    valid_to: date
    kind: str = "social_security"
    medium: str = "contact"
    bank: str = ""
    issued_on: date | None = None
    debit_application: str = "off"


Row = TypeVar("Row", InstitutionRow, PersonRow, CardRow)


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
    """A kind of file: its columns in the order of its row's fields, the key first, and how each is read.

    `fault` says what is wrong with a row whose columns are all right one by one; "" is nothing.
    """

    make: Callable[..., Row]
    columns: Mapping[str, Parser]
    defaults: Mapping[str, str] = field(default_factory=dict)
    fault: Callable[[Row], str] = lambda _: ""

    @property
    def key(self) -> str:
        return next(iter(self.columns))


@dataclass(slots=True)
class Table(Generic[Row]):
    """A file that was read. `lines` has the line of each key, those of bad lines too."""

    file: Path
    is_understood: bool = False  # its header is good
    columns: frozenset[str] = frozenset()  # that its header names
    rows: list[Row] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)


def read_table(file: Path, layout: Format[Row], problems: Problems, progress: Progress = unseen) -> Table[Row]:
    """Read and check a file; what is wrong with it goes to `problems`. Raises LoadError if it cannot be opened."""
    table: Table[Row] = Table(file)
    try:
        lines = read_lines(file, partial(problems.add, file), progress)
        number, text = next(lines, (1, ""))
        header = fields_of(text)
        if _names_columns(header, layout):
            table.is_understood = True
            table.columns = frozenset(header)
            _read_rows(table, layout, header, lines, problems)
        else:
            wanted = ",".join(f"[{column}]" if column in layout.defaults else column for column in layout.columns)
            problems.add(file, number, f"is not a header of the columns {wanted}, each once and no others")
    except OSError as error:
        raise LoadError(f"{file} cannot be read: {error.strerror}.") from error
    return table


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
        fields = fields_of(text)
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
        fault = f"the same {layout.key} as line {earlier}" if earlier != number else layout.fault(row)
        if fault:
            problems.add(table.file, number, fault)
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


# The three kinds of file


def _fault_of_person(row: PersonRow) -> str:
    if bool(row.citizen_no) != bool(row.name):
        return "citizen_no and name come together"
    if row.gender and not row.citizen_no:
        return "gender comes with a citizen_no"
    if row.gender and row.gender != citizen_no.gender_of(row.citizen_no):
        return "gender is not that of the citizen_no"
    if row.citizen_no and row.person_no.upper() == row.citizen_no:
        return "person_no is the citizen_no, which is kept in no clear text"
    if row.state == "closed" and row.balance:
        return "a closed account takes no opening balance"
    return ""


def _fault_of_institution(row: InstitutionRow) -> str:
    if bool(row.payee_name) != bool(row.payee_account):
        return "payee_name and payee_account are given together"
    return ""


def _fault_of_card(row: CardRow) -> str:
    if row.kind == "medical" and row.debit_application != "off":
        return "a medical card has no debit_application"
    if row.issued_on is not None and row.issued_on >= row.valid_to:
        return "valid_to is not after issued_on"
    return ""


_person_no = matching(PATTERNS["person_no"], "is not 1 to 30 letters, digits or ._:@=+*-")
_bank = of_few(f"{ID}{{1,30}}", "is not 1 to 30 letters, digits or ._:@=+*-")

INSTITUTIONS = Format(
    InstitutionRow,
    {
        "institution": matching(
            f"(?!{AGENCY}){PATTERNS['institution']}", f"is not 12 letters or digits, or is {AGENCY}, the agency's own"
        ),
        "kind": one_of("hospital", "pharmacy"),
        "bank": _bank,
        "name": matching(_NAME, "is not 1 to 200 printable characters"),
        "state": one_of("active", "blocked"),
        "settlement_office": optional(of_few("[A-Za-z0-9]{1,6}", "is not up to 6 letters or digits")),
        "payee_name": optional(matching(PAYEE_NAME, "is not 1 to 70 printable characters")),
        "payee_account": optional(matching(PAYEE_ACCOUNT, "is not 1 to 34 letters or digits")),
    },
    {"state": "active", "settlement_office": "", "payee_name": "", "payee_account": ""},
    _fault_of_institution,
)
PERSONS = Format(
    PersonRow,
    {
        "person_no": _person_no,
        "balance": fen,
        "citizen_no": optional(citizen_no.normalised),
        "name": optional(matching(PATTERNS["person_name"], "is not 1 to 100 printable characters")),
        "gender": optional(one_of("male", "female")),
        "personal_status": optional(one_of("employed", "unemployed", "retired")),
        "region": of_few(PATTERNS["region"], "is not up to 20 letters, digits or ._-"),
        "state": one_of(*ACCOUNT_STATES),
    },
    {**dict.fromkeys(("citizen_no", "name", "gender", "personal_status", "region"), ""), "state": "normal"},
    _fault_of_person,
)
CARDS = Format(
    CardRow,
    {
        "card_no": matching(PATTERNS["card_no"], "is not 1 to 50 letters, digits or ._:@=+*-"),
        "person_no": _person_no,
        "card_sn": matching(PATTERNS["card_sn"], "is not 1 to 32 letters, digits or ._:@=+*-"),
        "state": one_of(*CARD_STATES),
        "valid_to": day,
        "kind": one_of("social_security", "medical"),
        "medium": one_of("contact", "dual_interface", "chip_and_stripe"),
        "bank": optional(_bank),
        "issued_on": optional(day, empty=None),
        "debit_application": one_of("off", "on", "closed"),
    },
    {"kind": "social_security", "medium": "contact", "bank": "", "issued_on": "", "debit_application": "off"},
    _fault_of_card,
)
