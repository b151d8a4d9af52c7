"""A dead letter as an operator sees it: its shape and what is no personal data. Pure.

What cannot be read may hold anything anywhere, so nothing is shown but what is known to be harmless: names of fields of
a message, values of a few of them in a form in which no name or number of a person fits, and marks.
"""

import re
from typing import Any, get_args

import orjson

from app.codes import Code
from app.settlement.json_objects import parse
from app.settlement.messages import Card, Kind, Message, NamedCard

_MASK = "***"
_TEXT_MAX = 2_000
_DEPTH_MAX = 5
_FIELDS = frozenset({
    *Message.__struct_fields__, *Card.__struct_fields__, *NamedCard.__struct_fields__, "true", "false", "null",
})  # fmt: skip
_KINDS = frozenset(get_args(Kind))
_is_time = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)?").fullmatch

#: Fields that are shown where their text is of this form. None of them takes the 15 or 18 digits of a citizen number.
_SHOWN = {
    "institution": re.compile("[A-Za-z][A-Za-z0-9]{11}").fullmatch,
    "kind": re.compile("|".join(sorted(_KINDS))).fullmatch,
    "cert_type": re.compile("[0-9]{2}").fullmatch,
    "med_type": re.compile("[0-9]{2,6}").fullmatch,
    "insurance_type": re.compile("[0-9]{3,6}").fullmatch,
    "short_balance": re.compile("split|decline").fullmatch,
    "visit": re.compile("outpatient|inpatient").fullmatch,
    "direction": re.compile("credit|debit").fullmatch,
    "occurred_at": _is_time,
    "expires_at": _is_time,
    # As it stands in addresses and logs, and no citizen number in disguise.
    "message_id": re.compile(r"(?!\d{15}$|\d{17}[\dXx]$)[A-Za-z0-9._:@=+*-]{1,30}").fullmatch,
    "original_message_id": re.compile(r"(?!\d{15}$|\d{17}[\dXx]$)[A-Za-z0-9._:@=+*-]{1,30}").fullmatch,
}
_AMOUNTS = frozenset({"amount", "total_fee"})
_AMOUNT_DIGITS_MAX = 14


def masked_value(value: bytes) -> str:
    """JSON with masked values where it is JSON, else its marks and the names of fields that it has."""
    try:
        parsed = parse(value)
    except orjson.JSONDecodeError:
        return masked_text(value)
    return _cut(orjson.dumps(_masked(parsed, "", 0)).decode())


def masked_text(value: bytes) -> str:
    """Words are masked, but for names of fields; bytes that are no UTF-8 stand as `\\xff`."""
    text = value[: 4 * _TEXT_MAX].decode(errors="backslashreplace")
    return _cut(_WORD.sub(_masked_word, text))


def masked_header(name: str, value: bytes | None) -> tuple[str, str]:
    """What is known of CloudEvents and of ours is shown, of others how long they are."""
    shown = name if _HEADER_NAME(name) else masked_text(name.encode())
    if value is None:
        return shown, "null"
    if name in _CODES_IN_HEADERS and value.decode("ascii", "replace") in _CODES:
        return shown, value.decode()
    if name in _NUMBERS_IN_HEADERS and value.isdigit() and len(value) <= _AMOUNT_DIGITS_MAX:
        return shown, value.decode()
    return shown, f"{_MASK} ({len(value)} bytes)"


_CODES = frozenset(Code)
_CODES_IN_HEADERS = frozenset({"medsettle_code"})
_NUMBERS_IN_HEADERS = frozenset({"medsettle_replay_of"})
# A bare name in lower case, as programs have them; none of a person's numbers is one.
_HEADER_NAME = re.compile("[a-z][a-z_-]{0,39}").fullmatch
# An escape of JSON or of a byte is one mark: what it stands for may be a letter of a name.
_WORD = re.compile(r"\\u[0-9A-Fa-f]{4}|\\x[0-9a-f]{2}|\w+")


def _masked_word(found: re.Match[str]) -> str:
    word = found[0]
    return word if word in _FIELDS or word.startswith("\\x") else _MASK


def _masked(value: Any, name: str, depth: int) -> Any:
    if isinstance(value, dict):
        if depth == _DEPTH_MAX:
            return _MASK
        return {_known(key, place): _masked(inner, key, depth + 1) for place, (key, inner) in enumerate(value.items())}
    if isinstance(value, list):
        return [_masked(inner, name, depth + 1) for inner in value] if depth < _DEPTH_MAX else _MASK
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and name in _AMOUNTS:
        return value if len(str(value)) <= _AMOUNT_DIGITS_MAX else _MASK
    is_shown = _SHOWN.get(name)
    return value if is_shown is not None and isinstance(value, str) and is_shown(value) else _MASK


def _known(name: str, place: int) -> str:
    """An unknown name may be text of a person; two of them stay apart by their place."""
    return name if name in _FIELDS else f"{_MASK}{place}"


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT_MAX else f"{text[:_TEXT_MAX]} …"
