"""How each kind of column is read: text → value, or ValueError with the rest of a sentence that the column begins.

No reason quotes what stands in the column: a citizen number may have slipped into the wrong one.
"""

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from sys import intern
from typing import Any

#: An opening balance comes in as one message.
BALANCE_MAX = 9_999_999_999_999_999

Parser = Callable[[str], Any]

_is_whole_number = re.compile("0|[1-9][0-9]{0,15}").fullmatch
_is_date = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch


def matching(pattern: str, words: str) -> Parser:
    matches = re.compile(pattern).fullmatch

    def parse(text: str) -> str:
        if matches(text) is None:
            raise ValueError(words)
        return text

    return parse


def of_few(pattern: str, words: str) -> Parser:
    """A column in which the same values come again and again; each is kept in memory once."""
    parse = matching(pattern, words)
    return lambda text: intern(parse(text))


def one_of(*values: str) -> Parser:
    words = f"is not one of {', '.join(values)}"
    known = {value: value for value in values}

    def parse(text: str) -> str:
        value = known.get(text)
        if value is None:
            raise ValueError(words)
        return value

    return parse


def optional(parse: Parser, empty: object = "") -> Parser:
    return lambda text: parse(text) if text else empty


def fen(text: str) -> int:
    if _is_whole_number(text) is None:
        raise ValueError(f"is not a whole number of fen from 0 to {BALANCE_MAX}")
    return int(text)


@lru_cache(maxsize=4_096)
def day(text: str) -> date:
    try:
        if _is_date(text) is not None:
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError("is not a date like 2034-01-31")
