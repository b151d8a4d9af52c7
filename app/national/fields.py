"""Field tables of the national interface as data, and how a field is read and written by its type. Pure.

A table is written as the interface prints it, one field a line: name, type, Y where it is required, then the codes that
it may have. Types: `C30` text of at most 30 characters, `N16,2` a number of at most 16 digits of which 2 are decimals,
`d` a day, `dt` a time of Asia/Shanghai, `[]` a list.

Money is N16,2 and is read into integer fen, from a JSON number or a text alike. A number never becomes a float: the
parser of the envelope leaves every JSON number as the text that was sent.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from app.codes import Code
from app.config import ZONE
from app.national.failure import Failed

MONEY: Final = "N16,2"


class Number(str):
    """A JSON number as the text that was sent."""

    __slots__ = ()


class Field(NamedTuple):
    name: str
    type: str
    is_required: bool
    codes: frozenset[str]

    @property
    def is_number(self) -> bool:
        return self.type.startswith("N")


Table = Mapping[str, Field]


def table(text: str) -> Table:
    fields = [line.split() for line in text.strip().splitlines()]
    return {name: Field(name, kind, required == "Y", frozenset(codes)) for name, kind, required, *codes in fields}


# Reading


def read(fields: Table, node: Any, place: str) -> dict[str, Any]:
    """The fields of a node by their types, None for those that are empty. What the table does not have is left out.

    Raises Failed, which names the field and never what stands in it.
    """
    if not isinstance(node, dict):
        raise Failed(Code.INVALID_FIELD, f"{place} is not an object.")
    found = {}
    for name, field in fields.items():
        value = _read(field, node.get(name))
        if value is None and field.is_required:
            raise Failed(Code.INVALID_FIELD, f"{name} is missing.")
        found[name] = value
    return found


def rows(fields: Table, node: Any, place: str) -> list[dict[str, Any]]:
    """A list of such nodes; absent, there are none. Raises Failed."""
    if node in (None, ""):
        return []
    if not isinstance(node, list):
        raise Failed(Code.INVALID_FIELD, f"{place} is not a list.")
    return [read(fields, each, place) for each in node]


def _read(field: Field, value: Any) -> Any:
    if value is None or value == "":
        return None
    if field.type == "[]":
        return value
    if not isinstance(value, str):  # a Number is one
        raise Failed(Code.INVALID_FIELD, f"{field.name} is neither a text nor a number.")
    if field.is_number:
        return _number(field, value)
    if field.type in ("d", "dt"):
        return _moment(field, value)
    if len(value) > int(field.type[1:]) or _has_control(value):
        raise Failed(Code.INVALID_FIELD, f"{field.name} is longer than {field.type} or holds a control character.")
    if field.codes and value not in field.codes:
        raise Failed(Code.INVALID_FIELD, f"{field.name} is not one of {', '.join(sorted(field.codes))}.")
    return str(value)


# A lone half of a surrogate pair is in JSON a text, and in UTF-8 none.
_has_control = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]").search
_is_decimal = re.compile(r"-?[0-9]+(?:\.[0-9]+)?", re.ASCII).fullmatch


def _number(field: Field, text: str) -> int | Decimal:
    """Fen of money; an integer where there are no decimals."""
    digits_max, decimals_max = _places(field)
    whole, _, decimals = text.lstrip("-").partition(".")
    if _is_decimal(text) is None or len(decimals) > decimals_max:
        raise Failed(_code_of(field), f"{field.name} is not a number with at most {decimals_max} decimals.")
    whole = whole.lstrip("0")
    if len(whole) > digits_max - decimals_max:
        raise Failed(_code_of(field), f"{field.name} is larger than {field.type} holds.")
    if decimals_max and field.type != MONEY:
        return Decimal(text)
    number = int((whole or "0") + (decimals.ljust(2, "0") if field.type == MONEY else ""))
    return -number if text.startswith("-") else number


def _code_of(field: Field) -> Code:
    return Code.INVALID_AMOUNT if field.type == MONEY else Code.INVALID_FIELD


def _places(field: Field) -> tuple[int, int]:
    digits, _, decimals = field.type[1:].partition(",")
    return int(digits), int(decimals or 0)


# Days come with and without a time, and with and without marks: clients write them in all these ways.
_DAYS = ("%Y-%m-%d", "%Y%m%d")
_TIMES = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "%Y%m%d%H%M%S")


def _moment(field: Field, text: str) -> date | datetime:
    for form in _DAYS if field.type == "d" else _TIMES:
        if not text.isascii() or len(text) > 19:
            break
        try:
            moment = datetime.strptime(text, form).replace(tzinfo=ZONE)
        except ValueError:
            continue
        if moment.year >= 1900:
            return moment.date() if field.type == "d" else moment
    raise Failed(Code.INVALID_FIELD, f"{field.name} is not a {'day' if field.type == 'd' else 'time'}.")


# Writing


def write(fields: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """A node with every field of the table in its order; what is empty is 0 for a number and "" else."""
    unknown = values.keys() - fields.keys()
    assert not unknown, f"not in the table: {unknown}"
    return {name: _written(field, values.get(name)) for name, field in fields.items()}


def _written(field: Field, value: Any) -> Any:
    if field.type == "[]":
        return value or []
    if field.is_number:
        return Decimal(value or 0).scaleb(-2).quantize(_CENT) if field.type == MONEY else Decimal(value or 0)
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")
    return value.isoformat() if isinstance(value, date) else value


_CENT = Decimal("0.01")
