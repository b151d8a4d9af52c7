"""What a bank says became of the lines of one payment file, in whichever form it says it. Plain data."""

import re
from typing import Final, Literal, NamedTuple

from app.codes import Code
from app.errors import Refused

Outcome = Literal["paid", "failed"]

CODE_CHARS_MAX: Final = 35
REASON_CHARS_MAX: Final = 140

_is_fen = re.compile(r"-?(?:0|[1-9][0-9]{0,16})").fullmatch
_is_yuan = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,2})?").fullmatch
_is_count = re.compile(r"[0-9]{1,9}").fullmatch
_has_control = re.compile(r"[\x00-\x1f\x7f]").search


class Said(NamedTuple):
    """Of one line, or of all. `place`: where it stands in the acknowledgment, for whoever must find it.

    outcome None: the bank has the line and does not know yet. amount: signed fen; None, as of the account: not said.
    """

    place: str
    line_id: str
    status: str
    outcome: Outcome | None
    code: str
    reason: str = ""
    amount: int | None = None
    payee_account: str | None = None


class Sum(NamedTuple):
    """So many lines of a status, as the acknowledgment counts them itself. total: signed fen; None: not said."""

    status: str
    line_count: int
    total: int | None


class Statement(NamedTuple):
    """`of_file`: the file's name or message id; `line_count` and `total`, signed fen, are what the bank read in it.

    `whole` is said of all lines of the file at once, and `lines` are those that are named.
    """

    of_file: str
    line_count: int
    total: int
    sums: list[Sum]
    lines: list[Said]
    whole: Said | None = None


def invalid(detail: str) -> Refused:
    """The refusal of an acknowledgment that is not of the documented form."""
    return Refused(Code.ACKNOWLEDGMENT_INVALID, detail)


def fen_of(text: str, place: str) -> int:
    """Raises Refused."""
    if not _is_fen(text):
        raise invalid(f"{place} has an amount that is not a whole number of fen.")
    return int(text)


def fen_of_yuan(text: str, place: str) -> int:
    """Exactly. Raises Refused."""
    if not _is_yuan(text):
        raise invalid(f"{place} has an amount that is not yuan with up to two decimals.")
    yuan, _, decimals = text.removeprefix("-").partition(".")
    fen = int(yuan) * 100 + int(decimals.ljust(2, "0"))
    return -fen if text.startswith("-") else fen


def count_of(text: str, place: str) -> int:
    """Raises Refused."""
    if not _is_count(text):
        raise invalid(f"{place} has a count that is not a whole number of up to nine digits.")
    return int(text)


def kept_text(text: str, chars_max: int, place: str) -> str:
    """A code or a reason as it is kept. Raises Refused."""
    if len(text) > chars_max or _has_control(text):
        raise invalid(f"{place} has a code or reason that is longer than {chars_max} or has control characters.")
    return text
