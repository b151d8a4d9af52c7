"""The rows of an uploaded text: checked, and made into what COPY reads. Pure.

One row a line, columns separated by TAB, UTF-8, no header, `null` for what is empty (table 200 of the interface):
setl_id, mdtrt_id, psn_no, medfee_sumamt, fund_pay_sumamt, acct_pay, refd_setl_flag[, exp_content]. In the form with
message ids the eighth column is the message id, and a row that has one may leave setl_id out.

A line is checked as a whole by one pattern, and only the first bad one is looked at closely.
"""

import codecs
import re
from collections.abc import Iterator
from typing import NamedTuple

from app.codes import Code
from app.errors import Refused
from app.settlement.messages import ID_CHARACTER

#: As the rows that are yielded hold them.
COLUMNS = ("settlement_id", "treatment_id", "person_no", "medfee", "fund_pay", "account_pay", "flag")
MESSAGE_ID = "message_id"
ROWS_MAX = 5_000_000

_NAMES = ("setl_id", "mdtrt_id", "psn_no", "medfee_sumamt", "fund_pay_sumamt", "acct_pay", "refd_setl_flag")
# exp_content has up to 4,000 characters.
_LINE_BYTES_MAX = 20_000
_BOM = b"\xef\xbb\xbf"

_ID = f"{ID_CHARACTER}{{1,30}}"
_MONEY = r"(?:-?[0-9]{1,14}(?:\.[0-9]{1,2})?|null)"
_FLAG = "(?:(?:00)?[01]|null)"
_PATTERNS = (_ID, _ID, f"(?!null\t){_ID}", _MONEY, _MONEY, _MONEY, _FLAG)
_SEVEN = "\t".join(_PATTERNS)
_IS_NAMED = "(?!null\t)"
_IS_NAMED_SOMEHOW = "(?!null\t(?:[^\t\n]*\t){6}null\n)"


class _Form(NamedTuple):
    """row: a good line. has_remark: an eighth column that is dropped."""

    columns: int
    row: "re.Pattern[bytes]"
    has_remark: bool = False


def _form(columns: int, row: str, *, has_remark: bool = False) -> _Form:
    return _Form(columns, re.compile(f"{row}\n".encode()), has_remark)


_PLAIN = _form(7, _IS_NAMED + _SEVEN)
_WITH_REMARK = _form(8, f"{_IS_NAMED}{_SEVEN}\t[^\t\n]*+", has_remark=True)
_WITH_MESSAGE_ID = _form(8, f"{_IS_NAMED_SOMEHOW}{_SEVEN}\t{_ID}")
_REMARK = re.compile(rb"^((?:[^\t\n]*\t){6}[^\t\n]*)\t[^\n]*$", re.MULTILINE)


def checked_rows(text: Iterator[bytes], *, with_message_ids: bool) -> Iterator[bytes]:
    """The rows as COPY reads them, whole lines at a time.

    Raises Refused, which names the first bad line and never quotes it: file_encoding_invalid, file_columns_invalid,
    file_row_invalid, archive_too_large.
    """
    form: _Form | None = None
    lines_before = 0
    for lines in _whole_lines(text):
        form = form or _form_of(lines, with_message_ids)
        end = _end_of_good(lines, form.row)
        if end < len(lines):
            number = lines_before + lines.count(b"\n", 0, end) + 1
            raise _bad_line(lines[end : lines.index(b"\n", end)], number, form)
        lines_before += lines.count(b"\n")
        if lines_before > ROWS_MAX:
            raise Refused(Code.ARCHIVE_TOO_LARGE, f"It has more than {ROWS_MAX:,} rows.")
        yield _REMARK.sub(rb"\1", lines) if form.has_remark else lines


def _whole_lines(text: Iterator[bytes]) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines_before, rest = 0, b""
    is_first = True
    for chunk in text:
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            raise _bad_encoding(lines_before + chunk.count(b"\n", 0, error.start) + 1) from None
        whole, end, begun = (chunk.removeprefix(_BOM) if is_first else chunk).rpartition(b"\n")
        is_first = False
        if end:
            lines = (rest + whole + end).replace(b"\r\n", b"\n")
            rest = begun
            lines_before += lines.count(b"\n")
            yield lines
        else:
            rest += begun
        if len(rest) > _LINE_BYTES_MAX:
            raise Refused(
                Code.FILE_COLUMNS_INVALID, f"Line {lines_before + 1:,} is longer than {_LINE_BYTES_MAX:,} bytes."
            )
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise _bad_encoding(lines_before + 1) from None
    if rest:
        yield rest.removesuffix(b"\r") + b"\n"


def _end_of_good(lines: bytes, row: "re.Pattern[bytes]") -> int:
    """Line by line: Python before 3.11.5 forgets where a possessive group ended (gh-106052), and takes bad lines."""
    end = 0
    while found := row.match(lines, end):
        end = found.end()
    return end


def _form_of(lines: bytes, with_message_ids: bool) -> _Form:
    """That of the first line; all others must have it too."""
    columns = lines[: lines.index(b"\n")].count(b"\t") + 1
    if with_message_ids:
        return _WITH_MESSAGE_ID
    return _WITH_REMARK if columns == _WITH_REMARK.columns else _PLAIN


# What is wrong with a line


def _bad_line(line: bytes, number: int, form: _Form) -> Refused:
    cells = line.split(b"\t")
    if len(cells) != form.columns:
        return Refused(
            Code.FILE_COLUMNS_INVALID,
            f"Line {number:,} has {len(cells)} columns separated by TAB and not {form.columns}.",
        )
    for name, pattern, cell in zip(_NAMES, _PATTERNS, cells, strict=False):
        if re.fullmatch(pattern, cell.decode()) is None or (name == "psn_no" and cell == b"null"):
            return _bad_row(number, name, _EXPECTED.get(name, _AN_ID))
    if form is _WITH_MESSAGE_ID and re.fullmatch(_ID, cells[-1].decode()) is None:
        return _bad_row(number, MESSAGE_ID, _AN_ID)
    given = "the number of the settlement"
    return _bad_row(number, "setl_id", f"{given}, nor is a message id" if form is _WITH_MESSAGE_ID else given)


_AN_ID = "1 to 30 letters, digits or . _ : @ = + * -"
_AN_AMOUNT = "a number with at most 14 digits and two decimals"
_EXPECTED = {
    "medfee_sumamt": f"{_AN_AMOUNT}; the file has no header",
    "fund_pay_sumamt": _AN_AMOUNT,
    "acct_pay": _AN_AMOUNT,
    "refd_setl_flag": "0 or 1",
}


def _bad_row(number: int, column: str, expected: str) -> Refused:
    return Refused(Code.FILE_ROW_INVALID, f"Line {number:,}, column {column}: it is not {expected}.")


def _bad_encoding(number: int) -> Refused:
    return Refused(Code.FILE_ENCODING_INVALID, f"Line {number:,} is not UTF-8.")
