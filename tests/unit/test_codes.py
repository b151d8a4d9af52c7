"""The catalogue of codes is whole, and knows an answer for all that the database may hold."""

import re
from pathlib import Path

import pytest
from app.codes import CATALOGUE, Code
from app.migrate import DIRECTORY
from app.parties.card_check import STATE_REFUSALS
from app.settlement.decide.decision import ACCOUNT_STATE_REFUSALS

FILES = "".join(path.read_text() for path in sorted(Path(DIRECTORY).glob("*.sql")))


def allowed(constraint: str) -> set[str]:
    """The texts that a CHECK … IN (…) lets in, as the latest migration has it."""
    *_, latest = re.findall(rf"CONSTRAINT {constraint} CHECK \(\s*\w+ IN \(([^)]*)\)", FILES)
    return set(re.findall(r"'(\w+)'", latest))


@pytest.mark.parametrize("code", Code)
def test_every_code_has_a_meaning_and_a_remedy(code: Code) -> None:
    entry = CATALOGUE[code]
    assert entry.meaning.endswith(".")
    assert entry.remedy.endswith(".")


def test_no_two_codes_mean_the_same() -> None:
    assert len({entry.meaning for entry in CATALOGUE.values()}) == len(CATALOGUE) == len(Code)


@pytest.mark.parametrize("code", Code)
def test_codes_are_plain_words(code: Code) -> None:
    assert re.fullmatch("[a-z]+(_[a-z]+)*", code)


def test_every_card_state_but_active_has_a_refusal() -> None:
    assert set(STATE_REFUSALS) == allowed("card_state_known") - {"active"}


def test_the_states_that_deciding_knows_are_those_of_the_database() -> None:
    assert allowed("account_state_known") == set(ACCOUNT_STATE_REFUSALS) | {"normal"}
    assert allowed("institution_state_known") == {"active", "blocked"}
