"""The desk of a clerk in tests: what is asked of cards, each in a transaction of its own, and what then stands."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from app.codes import Code
from app.database import Pool, transaction
from app.errors import Refused
from app.parties import cards, outlet
from app.parties.cards import Card, CardEvent, NewCard, Occasion, ReplacementReason
from app.parties.persons import NewPerson, register
from app.parties.vault import Vault, new_entry
from app.settlement import messages
from app.settlement.records import Outcome
from app.settlement.rules import RuleBook
from app.settlement.settle import settle
from pydantic import SecretStr
from tests.builders import HOSPITAL, MIDNIGHT, PHARMACY, add_institution, payment

RING = new_entry(1)
VAULT = Vault.of(SecretStr(RING))
#: The day on which the tests play.
TODAY = date(2026, 11, 24)
BANK = "BANK01"
HERE = Occasion(BANK, "clerk-1", "R-1")
CITIZEN, ANOTHER_CITIZEN = "999999199003071234", "11010519491231002X"


def new_card(**overrides: Any) -> NewCard:
    fields: dict[str, Any] = {
        "card_no": "Z1",
        "person_no": "P1",
        "card_sn": "SN1",
        "kind": "social_security",
        "medium": "dual_interface",
        "bank": BANK,
        "issued_on": date(2026, 1, 1),
        "valid_to": date(2036, 1, 1),
    }
    return NewCard(**{**fields, **overrides})


async def issue(pool: Pool, **overrides: Any) -> bool:
    async with transaction(pool) as connection:
        return await cards.issue_card(connection, new_card(**overrides), HERE)


async def change(pool: Pool, event: str, card_no: str = "Z1") -> bool:
    async with transaction(pool) as connection:
        return await cards.change_card(connection, card_no, event, HERE)


async def activate(
    pool: Pool, card_no: str = "Z1", *, citizen_no: str = CITIZEN, bank: str = BANK, today: date = TODAY
) -> bool:
    async with transaction(pool) as connection:
        return await outlet.activate_at_outlet(connection, VAULT, card_no, citizen_no, today, HERE._replace(place=bank))


async def replace(pool: Pool, reason: ReplacementReason, old: str = "Z1", **overrides: Any) -> bool:
    async with transaction(pool) as connection:
        new = new_card(**{"card_no": "Z2", "card_sn": "SN2", **overrides})
        return await cards.replace_card(connection, old, new, reason, HERE)


async def switch_on(
    pool: Pool,
    card_no: str = "Z1",
    *,
    bank: str = BANK,
    citizen_no: str = CITIZEN,
    currency: str = "CNY",
    credit: bool = False,
) -> bool:
    async with transaction(pool) as connection:
        return await outlet.switch_debit_on(
            connection, VAULT, card_no, citizen_no, TODAY, HERE._replace(place=bank), currency=currency, credit=credit
        )


async def switch(pool: Pool, event: str, card_no: str = "Z1") -> bool:
    async with transaction(pool) as connection:
        return await outlet.change_debit_application(connection, card_no, event, HERE)


async def stored(pool: Pool, card_no: str = "Z1") -> Card:
    async with transaction(pool) as connection:
        return await cards.read_card(connection, card_no)


async def events(pool: Pool, card_no: str = "Z1") -> list[tuple[str, str, str]]:
    async with transaction(pool) as connection:
        found: list[CardEvent] = await cards.read_events(connection, card_no)
    return [(event.event, event.from_state, event.to_state) for event in found]


async def account_state(pool: Pool, person_no: str = "P1") -> str:
    found: str = await pool.fetchval(
        "SELECT state FROM ledger.accounts WHERE owner = $1 AND kind = 'personal'", person_no
    )
    return found


async def pay(pool: Pool, card_no: str = "Z1", **overrides: Any) -> Outcome:
    message = payment(card=messages.Card("03", card_no), **overrides)
    return (await settle(pool, [message], rules=RuleBook(MIDNIGHT))).answers[0].outcome


async def open_register(pool: Pool) -> Pool:
    """HOSPITAL, PHARMACY, and P1 and P2, whose accounts wait for their first cards. Returns the pool."""
    await add_institution(pool, HOSPITAL)
    await add_institution(pool, PHARMACY, kind="pharmacy")
    await register(pool, VAULT, NewPerson("P1", CITIZEN, "Anyone", "male"), operator="clerk-1")
    await register(pool, VAULT, NewPerson("P2", ANOTHER_CITIZEN, "Another", "female"), operator="clerk-1")
    return pool


@contextmanager
def refused(code: Code, match: str | None = None) -> Iterator[None]:
    with pytest.raises(Refused, match=match) as raised:
        yield
    assert raised.value.code == code
