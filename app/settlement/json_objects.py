"""JSON as orjson reads it, with an eye on repeated keys. Pure."""

import json
from typing import Any

import orjson


class RepeatedKey(dict[str, Any]):
    """An object in which, or in a part of which, a key stands twice."""


def parse(raw: bytes) -> Any:
    """JSON as orjson reads it, but objects with a repeated key come back as RepeatedKey.

    Parsers keep the last of two equal keys, so two amounts would settle as whichever came last. Without blanks
    every key shows as `":`, so as many of those as there are keys proves that none is repeated; only else is the
    text parsed once more with an eye on pairs. Raises orjson.JSONDecodeError.
    """
    parsed = orjson.loads(raw)
    try:
        if count_keys(raw) == _keys(parsed):
            return parsed
        return json.loads(raw, object_pairs_hook=watch_keys)
    except RecursionError:
        raise orjson.JSONDecodeError("nested too deep", "", 0) from None


def count_keys(raw: bytes) -> int:
    """At least as many as there are keys in a text, repeated ones and all."""
    return raw.translate(None, b" \t\r\n").count(b'":')


def _keys(parsed: Any) -> int:
    """Keys of an object, or of the objects in an array, at any depth."""
    if type(parsed) is list:
        return sum(map(_keys, parsed))
    if type(parsed) is not dict:
        return 0
    count = len(parsed)
    for value in parsed.values():
        if type(value) is dict or type(value) is list:
            count += _keys(value)
    return count


def watch_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs) or any(_holds_repeated_key(value) for value in fields.values()):
        return RepeatedKey(fields)
    return fields


def _holds_repeated_key(value: Any) -> bool:
    return isinstance(value, RepeatedKey) or (isinstance(value, list) and any(map(_holds_repeated_key, value)))
