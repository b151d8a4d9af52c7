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
from app.demo.population import Population

Key = tuple[str, str]


class Expectation(NamedTuple):
    """The recorded outcome of a key's first message; fen, of what it held or released where it moved nothing."""

    status: str
    code: str
    person_no: str
    account_paid: int = 0
    cash_due: int = 0


@dataclass(slots=True)
class Expected:
    """`answers` counts every message once as (status, code); status is also `replayed` or `dead_letter`.

    `received`: fen by institution, less what went back.
    """

    balances: dict[str, int]
    held: Counter[str] = field(default_factory=Counter)
    recorded: dict[Key, Expectation] = field(default_factory=dict)
    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    received: Counter[str] = field(default_factory=Counter)


def expected_outcomes(population: Population, messages: Iterable[DayMessage], *, today: date | None = None) -> Expected:
    """Recount the day from the opening balances; `today`, by default the present day in China, judges cards' validity.

    A key met again is a replay if the bytes are the same and a conflict else, which holds for made days.
    """
    recount = Recount(population, today or datetime.now(ZoneInfo("Asia/Shanghai")).date())
    for message in messages:
        recount.take(message.value)
    return recount.expected


@dataclass(slots=True)
class _Deed:
    """What a recorded message did, and what of it stands. Fen; `held` is what a hold still holds."""

    kind: str
    person_no: str
    status: str
    code: str
    paid: int = 0
    cash: int = 0
    held: int = 0
    closed: str = ""
    is_reversed: bool = False
    original: "_Deed | None" = None
    paid_left: int = field(init=False)
    cash_left: int = field(init=False)

    def __post_init__(self) -> None:
        self.paid_left, self.cash_left = self.paid, self.cash

    @property
    def left(self) -> int:
        return self.paid_left + self.cash_left


class _Refused(Exception):
    """Nothing is moved, and this is the outcome."""

    def __init__(self, code: str, status: str = "declined") -> None:
        super().__init__(code)
        self.status, self.code = status, code


_STATE_FAULTS = {"issued": "card_not_active", "temp_lost": "card_lost"}


class Recount:
    """Takes messages in the order in which they were decided; `expected` is what they came to so far.

    It knows what made days do: accounts that stay normal, one card a person, no family, no debit accounts.
    """

    def __init__(self, population: Population, today: date) -> None:
        self.expected = Expected({person.person_no: person.balance for person in population.persons})
        self._states = {place.institution: place.state for place in population.institutions}
        self._cards = {person.card_no: person for person in population.persons}
        self._today = today
        self._contents: dict[Key, int] = {}
        self._deeds: dict[Key, _Deed] = {}
        self._reversed_early: set[Key] = set()
        self._activated: set[str | None] = set()  # cards that were registered with, and may have been only issued

    def take(self, value: bytes) -> None:
        answers = self.expected.answers
        fields = _parsed(value)
        if fields is None:
            answers["dead_letter", ""] += 1
            return
        fault = _fault(fields)
        if fault:
            answers["rejected", fault] += 1
            return
        key, content = (fields["institution"], fields["message_id"]), hash(value)
        if key in self._contents:
            same = self._contents[key] == content
            answers[("replayed", self._deeds[key].code) if same else ("conflict", "message_conflict")] += 1
            return
        self._contents[key] = content
        deed = self._deeds[key] = self._decide(key, fields)
        told = Expectation(deed.status, deed.code, deed.person_no, deed.paid, deed.cash)
        self.expected.recorded[key] = told
        answers[deed.status, deed.code] += 1

    def _decide(self, key: Key, fields: dict[str, Any]) -> _Deed:
        kind, institution, person_no = fields["kind"], fields["institution"], fields["person_no"]
        try:
            if key in self._reversed_early:
                raise _Refused("reversed_before_arrival")
            if institution not in self._states:
                raise _Refused("institution_unknown", "rejected")
            if self._states[institution] != "active":
                raise _Refused("institution_blocked", "rejected")
            if person_no not in self.expected.balances:
                raise _Refused("person_unknown")
            if kind not in _FOLLOWING:
                return self._originate(fields)
            original = (institution, fields["original_message_id"])
            if kind == "reversal" and original not in self._deeds and original not in self._reversed_early:
                self._reversed_early.add(original)
                raise _Refused("original_not_found", "reversed")
            return self._follow(fields, self._found(original, person_no))
        except _Refused as refused:
            return _Deed(kind, person_no, refused.status, refused.code)

    # Payments, authorizations, registrations

    def _originate(self, fields: dict[str, Any]) -> _Deed:
        kind, person_no = fields["kind"], fields["person_no"]
        fault = self._card_fault(fields["card"], person_no, registers=kind == "registration")
        if fault:
            raise _Refused(fault)
        if kind == "registration":
            self._activated.add(fields["card"].get("card_no"))
            return _Deed(kind, person_no, "settled", "ok")
        amount = fields["amount"]
        paid = min(amount, self._available(person_no))
        must_not_split = fields.get("short_balance") == "decline" or (kind == "authorization" and not paid)
        if paid < amount and must_not_split:
            raise _Refused("insufficient_funds")
        if kind == "authorization":
            self.expected.held[person_no] += paid
            return _Deed(kind, person_no, "held", "ok", paid, amount - paid, held=paid)
        self._move(fields, paid)
        return _Deed(kind, person_no, "settled", "ok", paid, amount - paid)

    def _card_fault(self, card: dict[str, str], person_no: str, *, registers: bool) -> str:
        """A card that was only issued is activated by its first registration."""
        if card["cert_type"] != "03":
            return ""
        holder = self._cards.get(card["card_no"])
        if holder is None:
            return "card_unknown"
        if holder.person_no != person_no:
            return "card_of_another_person"
        if card.get("card_sn", holder.card_sn) != holder.card_sn:
            return "card_sn_mismatch"
        is_active = holder.card_state == "issued" and (registers or holder.card_no in self._activated)
        if holder.card_state != "active" and not is_active:
            return _STATE_FAULTS.get(holder.card_state, f"card_{holder.card_state}")
        return "card_expired" if holder.valid_to < self._today else ""

    def _available(self, person_no: str) -> int:
        return self.expected.balances[person_no] - self.expected.held[person_no]

    def _move(self, fields: dict[str, Any], fen: int) -> None:
        """From the person to the institution; back where it is below 0."""
        self.expected.balances[fields["person_no"]] -= fen
        self.expected.received[fields["institution"]] += fen

    # What follows an original

    def _found(self, key: Key, person_no: str) -> _Deed:
        original = self._deeds.get(key)
        if key in self._reversed_early or (original is not None and original.is_reversed):
            raise _Refused("already_reversed")
        if original is None:
            raise _Refused("original_not_found")
        if original.person_no != person_no:
            raise _Refused("original_of_another_person")
        return original

    def _follow(self, fields: dict[str, Any], original: _Deed) -> _Deed:
        if original.status not in ("settled", "held"):
            if fields["kind"] == "reversal":
                raise _Refused("nothing_to_reverse", "reversed")
            raise _Refused("original_not_settled")
        follow = {"capture": self._capture, "void": self._void, "refund": self._refund, "reversal": self._reverse}
        deed = follow[fields["kind"]](fields, original)
        deed.original = original
        return deed

    def _capture(self, fields: dict[str, Any], hold: _Deed) -> _Deed:
        if hold.closed:
            raise _Refused(hold.closed)
        amount = fields.get("amount", hold.held)
        if amount > hold.held:
            raise _Refused("capture_exceeds_hold")
        self._move(fields, amount)
        self._hold_less(hold, amount)
        if fields.get("final") or not hold.held:
            self._close(hold, "hold_captured")
        return _Deed("capture", hold.person_no, "settled", "ok", amount)

    def _void(self, fields: dict[str, Any], hold: _Deed) -> _Deed:
        if hold.closed:
            raise _Refused(hold.closed)
        return _Deed("void", hold.person_no, "settled", "ok", self._close(hold, "hold_voided"))

    def _close(self, hold: _Deed, code: str) -> int:
        """The fen that were still held."""
        held, hold.closed = hold.held, code
        self._hold_less(hold, held)
        return held

    def _hold_less(self, hold: _Deed, fen: int) -> None:
        hold.held -= fen
        self.expected.held[hold.person_no] -= fen

    def _refund(self, fields: dict[str, Any], original: _Deed) -> _Deed:
        """Cash first. What went back is taken off the original, so that its rest can be refunded or reversed."""
        left = original.left
        if not left:
            raise _Refused("already_refunded")
        amount = fields.get("amount", left)
        if amount > left:
            raise _Refused("refund_exceeds_original")
        cash = min(amount, original.cash_left)
        self._give_back(fields, original, amount - cash, cash)
        return _Deed("refund", original.person_no, "settled", "ok", amount - cash, cash)

    def _reverse(self, fields: dict[str, Any], original: _Deed) -> _Deed:
        if original.kind == "refund":
            return self._undo_refund(fields, original)
        nothing_left = original.closed if original.kind == "authorization" else not original.left
        if nothing_left:
            raise _Refused("nothing_to_reverse", "reversed")
        original.is_reversed = True
        if original.kind == "authorization":
            released = self._close(original, "already_reversed")
            return _Deed("reversal", original.person_no, "reversed", "ok", released)
        paid = original.paid_left
        cash = original.cash_left
        self._give_back(fields, original, paid, cash)
        if original.kind == "capture" and original.original is not None and not original.original.closed:
            self._hold_less(original.original, -paid)
        return _Deed("reversal", original.person_no, "reversed", "ok", paid, cash)

    def _give_back(self, fields: dict[str, Any], original: _Deed, paid: int, cash: int) -> None:
        original.paid_left -= paid
        original.cash_left -= cash
        self._move(fields, -paid)

    def _undo_refund(self, fields: dict[str, Any], refund: _Deed) -> _Deed:
        """The person pays again, all or nothing."""
        refunded = refund.original
        assert refunded is not None
        if refunded.is_reversed:
            raise _Refused("already_reversed")
        if self._available(refund.person_no) < refund.paid:
            raise _Refused("insufficient_funds")
        refund.is_reversed = True
        self._give_back(fields, refunded, -refund.paid, -refund.cash)
        return _Deed("reversal", refund.person_no, "reversed", "ok", refund.paid, refund.cash)


def _parsed(value: bytes) -> dict[str, Any] | None:
    try:
        fields = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None
    return fields if isinstance(fields, dict) and "institution" in fields and "message_id" in fields else None


_WITH_CARD = ("payment", "authorization", "registration")
_FOLLOWING = ("capture", "void", "refund", "reversal")


def _fault(fields: dict[str, Any]) -> str:
    amount = fields.get("amount", 1)
    if type(amount) is not int or amount <= 0:
        return "invalid_amount"
    if fields["kind"] not in _WITH_CARD + _FOLLOWING:
        return "kind_unknown"
    return "card_missing" if fields["kind"] in _WITH_CARD and not fields["card"] else ""
