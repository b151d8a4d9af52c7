"""The console's words are there in every language, its static files are what they are said to be, figures read well."""

import hashlib
import inspect
import re
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

import pytest
from app.clearing.reconciliation import comparison, unmatched
from app.codes import CATALOGUE
from app.console import money
from app.console.sealed import seal, unseal
from app.console.view import STATIC, static_files
from app.console.words import LANGUAGES, codes, language_of, words
from app.errors import Refused

TEMPLATES = Path(STATIC).parent / "templates"
OTHERS = sorted(set(LANGUAGES) - {"en"})


def blanks(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_says_the_same_with_the_same_blanks(language: str) -> None:
    here, there = words("en"), words(language)
    assert set(here) == set(there)
    assert [key for key in here if blanks(here[key]) != blanks(there[key])] == []
    assert [key for key, text in there.items() if not text.strip()] == []


@pytest.mark.parametrize("language", OTHERS)
def test_every_code_is_translated(language: str) -> None:
    assert [code for code, entry in codes(language).items() if entry == CATALOGUE[code]] == []


def test_every_word_is_used_and_every_word_that_is_used_is_there() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in sorted(TEMPLATES.iterdir()))
    whole = set(re.findall(r'\bt\("([a-z_]+\.[a-z0-9_]+)"[,)]', text))
    whole |= set(re.findall(r't\("([a-z_]+\.[a-z0-9_]+)" if ', text))
    whole |= set(re.findall(r'else "([a-z_]+\.[a-z0-9_]+)"\)', text))
    beginnings = set(re.findall(r'(?:t\(|else )"([a-z_]+\.[a-z_]*)" ~', text))
    keys = set(words("en"))
    assert whole - keys == set()
    assert [key for key in keys - whole if not key.startswith(tuple(beginnings))] == []


def test_each_reason_that_a_break_may_have_is_said() -> None:
    text = "".join(inspect.getsource(module) for module in (comparison, unmatched))
    given = r'"institution_more", "([a-z_]+)"|else "([a-z_]+)"$|THEN \'([a-z]+)\' END$'
    reasons = {"".join(found) for found in re.findall(given, text, re.MULTILINE)}
    assert reasons == {key.partition(".")[2] for key in words("en") if key.startswith("memo_reason.")}


def test_a_browser_gets_the_first_language_that_there_is() -> None:
    assert language_of("fr, zh-TW;q=0.8, en;q=0.5") == "zh-CN"
    assert language_of("en-GB,zh") == "en"
    assert language_of("fr") == language_of("") == "en"


def test_what_others_made_is_as_it_was_published() -> None:
    table = (STATIC / "README.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| ([\w.]+) \| .* \| `([0-9a-f]{64})` \|$", table, re.MULTILINE))
    own = {"console.css", "console.js", "overview.js", "mark.svg"}
    there = {name: hashlib.sha256(file.content).hexdigest() for name, file in static_files().items()}
    assert {name: digest for name, digest in there.items() if name not in own} == told


def test_nothing_is_written_into_pages_that_the_content_policy_forbids() -> None:
    for file in sorted(TEMPLATES.iterdir()):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r'\sstyle=|\son\w+="|<style|javascript:|<script(?![^>]*\ssrc=)|https?://', text), file.name


def test_money_is_written_to_the_last_fen() -> None:
    assert [money.yuan(fen) for fen in (0, 5, -5, 123_456_789, -9_999_999_999_999_999)] == [
        "0.00", "0.05", "−0.05", "1,234,567.89", "−99,999,999,999,999.99",
    ]  # fmt: skip


def test_moments_are_those_of_shanghai() -> None:
    assert money.moment(datetime(2026, 1, 1, 16, 5, 6, tzinfo=UTC)) == "2026-01-02 00:05:06"


def test_numbers_are_masked_however_short() -> None:
    numbers = ("P1", "12345", "110101199001011237")
    assert [money.masked(number) for number in numbers] == ["••••", "••••\xa045", "••••\xa01237"]


def test_a_sealed_number_opens_in_its_session_alone() -> None:
    sealed = seal("session-1", "P123456")
    assert "P123456" not in sealed
    assert unseal("session-1", sealed) == "P123456"
    with pytest.raises(Refused):
        unseal("session-2", sealed)
    for content in (sealed[:-4] + "AAA=", "", "x", "é"):
        with pytest.raises(Refused):
            unseal("session-1", content)
