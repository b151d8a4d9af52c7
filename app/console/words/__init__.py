"""What the console says, in each language: TOML files beside this one, with the same keys."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from app.codes import CATALOGUE, Code, Entry

LANGUAGES = {"en": "English", "zh-CN": "中文"}
DEFAULT = "en"

_FOLDER = Path(__file__).parent


@cache
def words(language: str) -> dict[str, str]:
    return _flat(tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8")))


def code_words(language: str, code: str) -> Entry:
    """What a code of the catalogue means and what to do; the catalogue itself is the English."""
    return codes(language)[Code(code)]


@cache
def codes(language: str) -> Mapping[Code, Entry]:
    if language == DEFAULT:
        return CATALOGUE
    told = tomllib.loads((_FOLDER / f"codes.{language}.toml").read_text(encoding="utf-8"))
    return {**CATALOGUE, **{Code(code): Entry(*entry) for code, entry in told.items()}}


def language_of(accept_language: str) -> str:
    """The first that a browser asks for and that there is."""
    for each in accept_language.split(","):
        asked = each.partition(";")[0].strip().lower()
        if asked.startswith("zh"):
            return "zh-CN"
        if asked.startswith("en"):
            return "en"
    return DEFAULT


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in table.items():
        if isinstance(value, str):
            found[prefix + name] = value
        else:
            found |= _flat(value, f"{prefix}{name}.")
    return found
