"""Every event in every state of a card, a debit application and an account: the tables here are written by hand."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from app.codes import Code
from app.errors import Refused
from app.migrate import DIRECTORY
from app.parties.card_states import (
    STANDING,
    account_after,
    card_after,
    debit_application_after,
    debit_application_of_ended,
    debit_usable,
)

FILES = "".join(path.read_text() for path in sorted(Path(DIRECTORY).glob("*.sql")))

SO = "already so"
NO = "refused"

CARD_EVENTS = (
    "activate", "report_temporary_loss", "report_loss", "recover", "lock_pin", "unlock_pin", "replace", "cancel",
    "expire",
)  # fmt: skip
# By state, the outcome of each event in the order above. BACK: what stood before the loss.
BACK = "back"
CARD = {
    "issued": ("active", "temp_lost", "lost", SO, NO, NO, "replaced", "cancelled", "expired"),
    "active": (SO, "temp_lost", "lost", SO, "pin_locked", SO, "replaced", "cancelled", "expired"),
    "temp_lost": (NO, SO, "lost", BACK, NO, NO, NO, "cancelled", "expired"),
    "lost": (NO, SO, SO, BACK, NO, NO, "replaced", "cancelled", "expired"),
    "pin_locked": (NO, "temp_lost", "lost", SO, SO, "active", "replaced", "cancelled", "expired"),
    "replaced": (NO, NO, NO, NO, NO, NO, SO, NO, NO),
    "cancelled": (NO, NO, NO, NO, NO, NO, NO, SO, NO),
    "expired": (NO, NO, NO, NO, NO, NO, "replaced", "cancelled", SO),
}

DEBIT_EVENTS = ("switch_on", "switch_off", "close")
DEBIT = {
    "off": ("on", SO, "closed"),
    "on": (SO, "off", "closed"),
    "closed": (NO, NO, SO),
}

ACCOUNT_EVENTS = ("activate", "freeze", "unfreeze", "close")
ACCOUNT = {
    "dormant": ("normal", "frozen", SO, "closed"),
    "normal": (SO, "frozen", SO, "closed"),
    "frozen": (SO, SO, BACK, NO),
    "closed": (NO, NO, NO, SO),
}


def cells(table: Mapping[str, tuple[str, ...]], events: tuple[str, ...]) -> list[tuple[str, str, str]]:
    return [
        (state, event, outcome)
        for state, outcomes in table.items()
        for event, outcome in zip(events, outcomes, strict=True)
    ]


def allowed(constraint: str) -> set[str]:
    """The texts that a CHECK … IN (…) lets in, as the latest migration has it."""
    *_, latest = re.findall(rf"CONSTRAINT {constraint} CHECK \(\s*\w+ IN \(([^)]*)\)", FILES)
    return set(re.findall(r"'(\w+)'", latest))


def assert_illegal(raised: pytest.ExceptionInfo[Refused], state: str, event: str) -> None:
    assert raised.value.code == Code.ILLEGAL_TRANSITION
    assert re.search(rf"\b{state}\b", raised.value.detail)
    assert re.search(rf"\b{event}\b", raised.value.detail)


def test_the_tables_are_complete_against_the_migrations() -> None:
    assert set(CARD) == allowed("card_state_known")
    assert set(DEBIT) == allowed("card_debit_application_known")
    assert set(ACCOUNT) == allowed("account_state_known")
    assert len(cells(CARD, CARD_EVENTS)) == 8 * 9
    assert len(cells(DEBIT, DEBIT_EVENTS)) == 3 * 3
    assert len(cells(ACCOUNT, ACCOUNT_EVENTS)) == 4 * 4


# The card


@pytest.mark.parametrize("before_loss", ["issued", "active", "pin_locked"])
@pytest.mark.parametrize(("state", "event", "outcome"), cells(CARD, CARD_EVENTS))
def test_a_card(state: str, event: str, outcome: str, before_loss: str) -> None:
    if outcome == NO:
        with pytest.raises(Refused) as raised:
            card_after(state, event, before_loss=before_loss)
        assert_illegal(raised, state, event)
        return
    expected = {SO: None, BACK: before_loss}.get(outcome, outcome)
    assert card_after(state, event, before_loss=before_loss) == expected


@pytest.mark.parametrize("lost", ["temp_lost", "lost"])
def test_a_card_that_was_loaded_as_lost_comes_back_active(lost: str) -> None:
    assert card_after(lost, "recover", before_loss=None) == "active"


@pytest.mark.parametrize("state", CARD)
def test_an_old_medical_card_has_nothing_to_activate(state: str) -> None:
    with pytest.raises(Refused, match="no application to activate") as raised:
        card_after(state, "activate", kind="medical")
    assert raised.value.code == Code.ILLEGAL_TRANSITION


@pytest.mark.parametrize(
    ("state", "event", "outcome"), [cell for cell in cells(CARD, CARD_EVENTS) if cell[1] != "activate"]
)
def test_an_old_medical_card_is_else_a_card_like_any(state: str, event: str, outcome: str) -> None:
    if outcome == NO:
        with pytest.raises(Refused):
            card_after(state, event, kind="medical", before_loss="active")
        return
    expected = {SO: None, BACK: "active"}.get(outcome, outcome)
    assert card_after(state, event, kind="medical", before_loss="active") == expected


def test_a_card_stands_until_it_is_at_an_end() -> None:
    assert set(STANDING) == set(CARD) - {"replaced", "cancelled", "expired"}


# The debit application


@pytest.mark.parametrize("card_state", ["issued", "active"])
@pytest.mark.parametrize(("application", "event", "outcome"), cells(DEBIT, DEBIT_EVENTS))
def test_a_debit_application(application: str, event: str, outcome: str, card_state: str) -> None:
    if outcome == NO:
        with pytest.raises(Refused) as raised:
            debit_application_after(application, event, card_state=card_state, kind="social_security")
        assert_illegal(raised, application, event)
        return
    after = debit_application_after(application, event, card_state=card_state, kind="social_security")
    assert after == (None if outcome == SO else outcome)


@pytest.mark.parametrize("card_state", ["temp_lost", "lost", "pin_locked", "replaced", "cancelled", "expired"])
def test_a_debit_application_is_switched_on_only_for_a_good_card(card_state: str) -> None:
    with pytest.raises(Refused) as raised:
        debit_application_after("off", "switch_on", card_state=card_state, kind="social_security")
    assert_illegal(raised, card_state, "switch_on")
    assert debit_application_after("on", "switch_off", card_state=card_state, kind="social_security") == "off"
    assert debit_application_after("on", "close", card_state=card_state, kind="social_security") == "closed"


@pytest.mark.parametrize("event", DEBIT_EVENTS)
@pytest.mark.parametrize("card_state", CARD)
def test_an_old_medical_card_has_no_debit_application(card_state: str, event: str) -> None:
    with pytest.raises(Refused, match="no debit application") as raised:
        debit_application_after("off", event, card_state=card_state, kind="medical")
    assert raised.value.code == Code.ILLEGAL_TRANSITION


@pytest.mark.parametrize("application", DEBIT)
def test_an_ended_card_closes_its_debit_application(application: str) -> None:
    assert debit_application_of_ended(application, "social_security") == "closed"
    assert debit_application_of_ended("off", "medical") == "off"


@pytest.mark.parametrize("application", DEBIT)
@pytest.mark.parametrize("card_state", CARD)
def test_the_debit_application_is_usable_on_an_active_card_alone(card_state: str, application: str) -> None:
    assert debit_usable(card_state, application) == ((card_state, application) == ("active", "on"))


# The account


@pytest.mark.parametrize(
    ("frozen_from", "has_activated_card", "back"),
    [
        ("dormant", False, "dormant"),
        ("dormant", True, "normal"),
        ("normal", False, "normal"),
        ("normal", True, "normal"),
        (None, False, "normal"),
        (None, True, "normal"),
    ],
)
@pytest.mark.parametrize(("state", "event", "outcome"), cells(ACCOUNT, ACCOUNT_EVENTS))
def test_an_account(
    state: str, event: str, outcome: str, frozen_from: str | None, has_activated_card: bool, back: str
) -> None:
    if outcome == NO:
        with pytest.raises(Refused) as raised:
            account_after(state, event, frozen_from=frozen_from, has_activated_card=has_activated_card)
        assert_illegal(raised, state, event)
        return
    expected = {SO: None, BACK: back}.get(outcome, outcome)
    assert account_after(state, event, frozen_from=frozen_from, has_activated_card=has_activated_card) == expected
