"""A bulk file of contributions: bytes → lines, checked as a whole. `docs/contract/contribution-file.md` tells senders.

A file is read once from its start to its end in bounded memory. What is wrong with the file refuses all of it; what
is wrong with one line refuses that line. Details name the line and never quote what stands in it.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from hashlib import sha256
from tempfile import TemporaryFile
from typing import IO, NamedTuple, Self
from zlib import crc32

from app.codes import Code
from app.errors import Refused
from app.settlement.messages import AMOUNT_MAX

LINE_BYTES_MAX = 1_024
LINES_MAX = 999_999_999
TOTAL_MAX = 999_999_999_999_999_999
_BLOCK_BYTES = 256 * 1024

_ID = rb"[A-Za-z0-9._:@=+*-]{1,30}"
_AMOUNT = rb"[1-9][0-9]{0,15}"
_KIND = rb"contribution|retiree_credit|claw_back"
_good_line = re.compile(rb"(%b),(%b),(?:%b)" % (_ID, _AMOUNT, _KIND)).fullmatch
_is_id = re.compile(_ID).fullmatch
_is_amount = re.compile(_AMOUNT).fullmatch
_is_kind = re.compile(_KIND).fullmatch
_is_whole_number = re.compile(rb"[0-9]{1,16}").fullmatch

_header_line = re.compile(rb"(?:\xef\xbb\xbf)?H,([^,]*),([^,]*),([^,]*),([^,]*?)\r?\n").fullmatch
_trailer_line = re.compile(rb"T,([0-9]{1,9}),([0-9]{1,18}),([0-9a-f]{64})(?:\r?\n)?").fullmatch
_TRAILER_BYTES_MAX = 128
_is_file_no = re.compile("[A-Za-z0-9.-]{1,18}").fullmatch
_is_month = re.compile("[1-9][0-9]{3}-(?:0[1-9]|1[0-2])").fullmatch


class Totals(NamedTuple):
    """Lines, and the fen of every line, whichever way its money goes."""

    lines: int
    fen: int


class Header(NamedTuple):
    """What a file says of itself. `month` is the first day of the month that the money is for."""

    file_no: str
    month: date
    totals: Totals


class BadLine(NamedTuple):
    line: int
    code: Code
    detail: str


def invalid(detail: str) -> Refused:
    """The refusal of a whole file."""
    return Refused(Code.FILE_INVALID, detail)


class SortedLines:
    """The lines of a file, each in the part that its person falls to, in temporary files without a name.

    So all lines of a person stand in one part, in the order of the file, and parts never meet in an account.
    """

    def __init__(self, parts: int) -> None:
        self._files = ExitStack()
        self.parts: list[IO[bytes]] = [self._files.enter_context(TemporaryFile()) for _ in range(parts)]  # noqa: SIM115
        self._bad: IO[bytes] = self._files.enter_context(TemporaryFile())  # noqa: SIM115
        self._lines = 0
        self._fen = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    @property
    def totals(self) -> Totals:
        """A line whose amount is no whole number of up to 16 digits counts as a line of 0 fen."""
        return Totals(self._lines, self._fen)

    def take(self, lines: list[bytes]) -> None:
        """Take the next lines of the file. Raises Refused where one cannot belong to a contribution file."""
        count = len(self.parts)
        parts: list[list[bytes]] = [[] for _ in range(count)]
        number = first = self._lines + 2  # the header is line 1
        fen = 0
        for number, line in enumerate(lines, first):
            match = _good_line(line)
            if match is None:
                fen += self._refuse(number, line)
                continue
            person_no, amount = match.groups()
            fen += int(amount)
            parts[crc32(person_no) % count].append(b"%d,%b\n" % (number, line))
        for file, taken in zip(self.parts, parts, strict=True):
            file.write(b"".join(taken))
        self._lines += len(lines)
        self._fen += fen

    def _refuse(self, number: int, line: bytes) -> int:
        bad, amount = _judge(number, line)
        self._bad.write(f"{bad.line}\t{bad.code}\t{bad.detail}\n".encode())
        return amount

    def rewind(self) -> None:
        """Make the parts ready to be read from their beginning."""
        for file in (*self.parts, self._bad):
            file.flush()
            file.seek(0)

    def bad_lines(self) -> Iterator[BadLine]:
        for text in self._bad:
            line, code, detail = text.decode().rstrip("\n").split("\t")
            yield BadLine(int(line), Code(code), detail)


def _judge(number: int, line: bytes) -> tuple[BadLine, int]:
    """What is wrong with a line, and the fen that it counts in the file's total."""
    if len(line) > LINE_BYTES_MAX:
        raise invalid(f"Line {number} is longer than {LINE_BYTES_MAX:,} bytes.")
    try:
        line.decode()
    except UnicodeDecodeError:
        raise invalid(f"Line {number} is not UTF-8.") from None
    fields = line.split(b",")
    if len(fields) != 3:
        return BadLine(number, Code.INVALID_FIELD, "not 3 fields"), 0
    person_no, amount, kind = fields
    counted = int(amount) if _is_whole_number(amount) else 0
    if not _is_id(person_no):
        return BadLine(number, Code.INVALID_FIELD, "person_no is not 1 to 30 letters, digits or ._:@=+*-"), counted
    if not _is_amount(amount):
        return BadLine(
            number, Code.INVALID_AMOUNT, f"amount is not a whole number of fen from 1 to {AMOUNT_MAX}"
        ), counted
    assert not _is_kind(kind)
    return BadLine(number, Code.KIND_UNKNOWN, "kind is not contribution, retiree_credit or claw_back"), counted


def read_header(file_no: str, month: str, lines: str, fen: str) -> Header:
    """The header from its texts. Raises Refused."""
    if not _is_file_no(file_no):
        raise invalid("The file number is not 1 to 18 letters, digits, dots or hyphens.")
    if not _is_month(month):
        raise invalid("The month is not like 2026-11.")
    if not re.fullmatch("[0-9]{1,9}", lines) or not re.fullmatch("[0-9]{1,18}", fen):
        raise invalid(f"The line count is not a number up to {LINES_MAX}, or the total not one up to {TOTAL_MAX}.")
    return Header(file_no, date.fromisoformat(f"{month}-01"), Totals(int(lines), int(fen)))


def compare(said_by: str, said: Totals, found: Totals) -> None:
    """Raises Refused unless the file holds what its header or trailer says."""
    if said.lines != found.lines:
        raise invalid(f"The {said_by} says {said.lines} lines, the file has {found.lines}.")
    if said.fen != found.fen:
        raise invalid(f"The {said_by} says {said.fen} fen, the lines sum to {found.fen}.")


def sort_csv(source: IO[bytes], lines: SortedLines) -> tuple[Header, bytes]:
    """Sort the lines of a CSV file; returns its header and its digest. Raises Refused with what is wrong with it."""
    end, trailer_totals, said_digest = _read_trailer(source)
    source.seek(0)
    first = source.readline(LINE_BYTES_MAX)
    match = _header_line(first)
    if match is None or len(first) > end:
        raise invalid("Line 1 is not a header: H,file number,month,line count,total.")
    try:
        header = read_header(*(text.decode() for text in match.groups()))
    except UnicodeDecodeError:
        raise invalid("Line 1 is not UTF-8.") from None
    digest = sha256(first)
    _sort_blocks(source, end - len(first), lines, digest.update)
    compare("header", header.totals, lines.totals)
    compare("trailer", trailer_totals, lines.totals)
    if digest.digest() != said_digest:
        raise invalid("The SHA-256 of what stands before the trailer is not the one in the trailer.")
    return header, said_digest


def _read_trailer(source: IO[bytes]) -> tuple[int, Totals, bytes]:
    """Where the trailer begins, and what it says."""
    size = source.seek(0, 2)
    source.seek(max(0, size - _TRAILER_BYTES_MAX))
    tail = source.read()
    last = tail[tail.rfind(b"\n", 0, -1) + 1 :]
    match = _trailer_line(last)
    if match is None:
        raise invalid("The last line is not a trailer: T,line count,total,SHA-256. Was the file cut off?")
    lines, fen, digest = match.groups()
    return size - len(last), Totals(int(lines), int(fen)), bytes.fromhex(digest.decode())


def _sort_blocks(source: IO[bytes], left: int, lines: SortedLines, update_digest: Callable[[bytes], object]) -> None:
    begun = b""
    while left:
        block = source.read(min(left, _BLOCK_BYTES))
        if not block:
            raise invalid("The file became shorter while it was read.")
        left -= len(block)
        update_digest(block)
        *whole, begun = (begun + block).replace(b"\r\n", b"\n").split(b"\n")
        if len(begun) > LINE_BYTES_MAX:
            raise invalid(f"Line {lines.totals.lines + len(whole) + 2} is longer than {LINE_BYTES_MAX:,} bytes.")
        lines.take(whole)
