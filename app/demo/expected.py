"""What a made day must come to, counted again in plain Python and on purpose without the service's own rules.

Tests and the demo compare the ledger with it. Order matters for each person alone, so one pass in the order of the
day serves any spread of people over workers.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import orjson

from app.demo.day import DayMessage
from app.demo.population import MadePerson, Population

Key = tuple[str, str]


class Expectation(NamedTuple):
    """The recorded outcome of a key's first message; fen."""

    status: str
    code: str
    person_no: str
    account_paid: int = 0
    cash_due: int = 0


@dataclass(slots=True)
class Expected:
    """`answers` counts every message once as (status, code); status is also `replayed` or `dead_letter`."""

    balances: dict[str, int]
    recorded: dict[Key, Expectation] = field(default_factory=dict)
    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    received: Counter[str] = field(default_factory=Counter)  # fen by institution


def expected_outcomes(population: Population, messages: Iterable[DayMessage], *, today: date | None = None) -> Expected:
    """Recount the day from the opening balances; `today`, by default the present day in China, judges cards' validity.

    A key met again is a replay if the bytes are the same and a conflict else, which holds for made days.
    """
    today = today or datetime.now(ZoneInfo("Asia/Shanghai")).date()
    states = {place.institution: place.state for place in population.institutions}
    cards = {person.card_no: person for person in population.persons}
    expected = Expected({person.person_no: person.balance for person in population.persons})
    firsts: dict[Key, int] = {}
    for message in messages:
        fields = _parsed(message.value)
        if fields is None:
            expected.answers["dead_letter", ""] += 1
            continue
        fault = _fault(fields)
        if fault:
            expected.answers["rejected", fault] += 1
            continue
        key = (fields["institution"], fields["message_id"])
        if key in firsts:
            same = firsts[key] == hash(message.value)
            first = expected.recorded[key]
            expected.answers[("replayed", first.code) if same else ("conflict", "message_conflict")] += 1
            continue
        firsts[key] = hash(message.value)
        _record(expected, key, fields, states.get(key[0]), cards, today)
    return expected


def _parsed(value: bytes) -> dict[str, Any] | None:
    try:
        fields = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None
    return fields if isinstance(fields, dict) and "institution" in fields and "message_id" in fields else None


def _fault(fields: dict[str, Any]) -> str:
    if type(fields["amount"]) is not int or fields["amount"] <= 0:
        return "invalid_amount"
    if fields["kind"] != "payment":
        return "kind_unknown"
    return "" if fields["card"] else "card_missing"


def _record(
    expected: Expected,
    key: Key,
    fields: dict[str, Any],
    institution_state: str | None,
    cards: dict[str, MadePerson],
    today: date,
) -> None:
    person_no, amount = fields["person_no"], fields["amount"]
    balance = expected.balances.get(person_no)
    card_fault = _card_fault(fields["card"], person_no, cards, today)
    paid = cash = 0
    if institution_state != "active":
        status, code = "rejected", "institution_blocked" if institution_state else "institution_unknown"
    elif balance is None:
        status, code = "declined", "person_unknown"
    elif card_fault:
        status, code = "declined", card_fault
    elif balance < amount and fields.get("short_balance") == "decline":
        status, code = "declined", "insufficient_funds"
    else:
        status, code = "settled", "ok"
        paid = min(balance, amount)
        cash = amount - paid
        expected.balances[person_no] = balance - paid
        expected.received[key[0]] += paid
    expected.recorded[key] = Expectation(status, code, person_no, paid, cash)
    expected.answers[status, code] += 1


_STATE_FAULTS = {"issued": "card_not_active", "temp_lost": "card_lost"}


def _card_fault(card: dict[str, str], person_no: str, cards: dict[str, MadePerson], today: date) -> str:
    if card["cert_type"] != "03":
        return ""
    holder = cards.get(card["card_no"])
    if holder is None:
        return "card_unknown"
    if holder.person_no != person_no:
        return "card_of_another_person"
    if card.get("card_sn", holder.card_sn) != holder.card_sn:
        return "card_sn_mismatch"
    if holder.card_state != "active":
        return _STATE_FAULTS.get(holder.card_state, f"card_{holder.card_state}")
    return "card_expired" if holder.valid_to < today else ""
