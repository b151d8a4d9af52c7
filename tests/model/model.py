"""What docs/transactions.md says, as a page or two of Python: one message after the other, no database, no batches.

Written from that page and from nothing else, so that it errs where the service errs only if both read the page wrong.
An outcome here has the fields of which the page speaks; a field that is missing is one that the page leaves open.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

from tests.model.books import (
    ACCOUNT,
    CASH,
    DEBIT,
    FAMILY,
    SOURCES,
    Account,
    Card,
    Hold,
    Institution,
    Leg,
    Message,
    Outcome,
    Person,
    PharmacyDay,
    Rule,
    Settlement,
)

Key: TypeAlias = tuple[str, str]

HOLD_STANDS, HOLD_STANDS_MAX = timedelta(days=30), timedelta(days=366)
CARD_REFUSALS = {"issued": "card_not_active", "lost": "card_lost", "temp_lost": "card_lost"}
#: Of money that the agency pays in: it is none of the four sources that an outcome tells.
COMES_IN = ""
ON_DEBIT_ACCOUNTS = ("deposit", "withdrawal", "purchase", "transfer")
REVERSIBLE = ("payment", "authorization", "capture", "refund", *ON_DEBIT_ACCOUNTS)


class Ends(Exception):
    """The message is declined, rejected, or has nothing to reverse: no money moves."""

    def __init__(self, code: str, status: str = "declined") -> None:
        super().__init__(code)
        self.outcome: Outcome = {"status": status, "code": code, **dict.fromkeys(SOURCES, 0)}


@dataclass
class Model:
    rule: Rule
    persons: dict[str, Person]
    cards: dict[str, Card]
    institutions: dict[str, Institution]
    settlements: dict[Key, Settlement] = field(default_factory=dict)
    tombstones: set[Key] = field(default_factory=set)
    pharmacy_days: dict[tuple[str, date], PharmacyDay] = field(default_factory=dict)
    #: (from whom, to whom) → fen moved so far, and in how many movements.
    moved: Counter[tuple[str, str]] = field(default_factory=Counter)
    movements: Counter[tuple[str, str]] = field(default_factory=Counter)

    def apply(self, message: Message, now: datetime) -> Outcome:
        key = (message["institution"], message["message_id"])
        first = self.settlements.get(key)
        if first is not None:
            differing = differing_fields(first.message, message)
            if differing:
                return {"status": "conflict", "code": "message_conflict", "differing_fields": differing}
            return {**first.outcome, "replayed": True}
        settlement = Settlement(message, now)
        try:
            settlement.outcome = self._decide(settlement, key)
        except Ends as end:
            settlement.outcome = end.outcome
        settlement.outcome |= {"replayed": False, "differing_fields": []}
        self.settlements[key] = settlement
        return settlement.outcome

    def _decide(self, it: Settlement, key: Key) -> Outcome:
        if key in self.tombstones:
            raise Ends("reversed_before_arrival")
        institution, person = self.institutions.get(key[0]), self.persons.get(it.message["person_no"])
        if institution is None:
            raise Ends("institution_unknown", "rejected")
        if institution.state == "blocked":
            raise Ends("institution_blocked", "rejected")
        if person is None:
            raise Ends("person_unknown")
        kind: Callable[[Settlement, Message, Institution, Person], Outcome] = getattr(self, f"_{it.message['kind']}")
        return kind(it, it.message, institution, person)

    # Payment

    def _payment(self, it: Settlement, message: Message, institution: Institution, person: Person) -> Outcome:
        activated = self._check_payer(message, institution, person)
        amount = message["amount"]
        payers = [(ACCOUNT, person.own)]
        if message.get("use_mutual_aid", True) and self.rule.mutual_aid:
            payers += [(FAMILY, granter.own) for granter in person.granters if self._may_give(granter)]
        could_pay = min(amount, sum(account.available(it.now) for _, account in payers))
        limit, limited_by = self._limit(message, institution, it.day)
        if not message.get("use_account", True):
            limit = 0
        paid = min(could_pay, limit)
        legs: list[Leg] = []
        for source, account in payers:
            share = min(paid - sum(leg.amount for leg in legs), account.available(it.now))
            legs += self._out_of_parts(source, account, institution.account, share)
        debit = self._usable_debit_account(message)
        by_debit = min(amount - paid, debit.balance) if debit else 0
        cash = amount - paid - by_debit
        if cash and message.get("short_balance") == "decline":
            raise Ends(limited_by if paid == limit < amount else "insufficient_funds")
        self._activate(activated, person)
        self._move(it, [*legs, Leg(DEBIT, by_debit, debit, institution.account), Leg(CASH, cash)])
        self._count_at_pharmacy(it, it.day, paid, int(paid > 0))
        return self._told(it, person.own)

    def _check_payer(self, message: Message, institution: Institution, person: Person) -> Card | None:
        """The card that this first use activates, if any."""
        activated = None
        if message["card"]["cert_type"] == "03":
            card = self._card(message, is_first_use="visit" in message)
            if card.state == "issued":
                activated = card
                if institution.kind == "pharmacy":
                    raise Ends("registration_at_pharmacy")
        if not message.get("use_account", True):
            return activated
        if person.own.state != "normal" and not (activated and person.own.state == "dormant"):
            raise Ends(f"account_{person.own.state}")
        if not self._is_insured(person):
            raise Ends("insurance_suspended")
        return activated

    def _is_insured(self, person: Person) -> bool:
        return self.rule.suspended_may_spend or not person.is_suspended

    def _may_give(self, granter: Person) -> bool:
        return granter.own.state == "normal" and self._is_insured(granter)

    def _card(self, message: Message, *, is_first_use: bool = False) -> Card:
        card = self.cards.get(message["card"]["card_no"])
        if card is None:
            raise Ends("card_unknown")
        if card.person_no != message["person_no"]:
            raise Ends("card_of_another_person")
        if message["card"].get("card_sn", card.card_sn) != card.card_sn:
            raise Ends("card_sn_mismatch")
        if card.state != "active" and not (is_first_use and card.state == "issued"):
            raise Ends(CARD_REFUSALS[card.state])
        return card

    def _activate(self, card: Card | None, person: Person) -> None:
        if card is not None and card.state == "issued":
            card.state = "active"
            if person.own.state == "dormant":
                person.own.state = "normal"

    def _limit(self, message: Message, institution: Institution, day: date) -> tuple[int, str]:
        """How much account money the region allows, and by which rule it allows no more."""
        if not self._is_payable(message):
            return 0, "med_type_not_payable"
        limit = message["amount"]
        if institution.kind == "pharmacy":
            so_far = self._pharmacy_day(message, day)
            if self.rule.pharmacy_daily_fen is not None:
                limit = min(limit, self.rule.pharmacy_daily_fen - so_far.paid)
            if self.rule.pharmacy_daily_payments is not None and so_far.payments >= self.rule.pharmacy_daily_payments:
                limit = 0
        return max(limit, 0), "daily_cap_reached"

    def _is_payable(self, message: Message) -> bool:
        return self.rule.med_types is None or message.get("med_type") in self.rule.med_types

    def _pharmacy_day(self, message: Message, day: date) -> PharmacyDay:
        return self.pharmacy_days.setdefault((message["person_no"], day), PharmacyDay())

    def _count_at_pharmacy(self, payment: Settlement, day: date, paid: int, payments: int = 0) -> None:
        if self.institutions[payment.message["institution"]].kind == "pharmacy" and payment.day == day:
            so_far = self._pharmacy_day(payment.message, day)
            so_far.paid, so_far.payments = so_far.paid + paid, so_far.payments + payments

    def _out_of_parts(self, source: str, payer: Account, payee: Account, amount: int) -> list[Leg]:
        by_accumulated = amount - min(amount, payer.current)
        if self.rule.use_accumulated_first:
            by_accumulated = min(amount, payer.accumulated)
        legs = [
            Leg(source, amount - by_accumulated, payer, payee),
            Leg(source, by_accumulated, payer, payee, is_accumulated=True),
        ]
        return legs[::-1] if self.rule.use_accumulated_first else legs

    def _move(self, it: Settlement, legs: Sequence[Leg]) -> None:
        it.legs = [leg for leg in legs if leg.amount]
        for leg in it.legs:
            if leg.payer is None or leg.payee is None:
                continue
            self.moved[leg.payer.owner, leg.payee.owner] += leg.amount
            self.movements[leg.payer.owner, leg.payee.owner] += 1
            for account, change in ((leg.payer, -leg.amount), (leg.payee, leg.amount)):
                account.entries += 1
                account.accumulated += change if leg.is_accumulated else 0
                account.current += 0 if leg.is_accumulated else change

    def _told(self, it: Settlement, account: Account, status: str = "settled", held: int = 0, cash: int = 0) -> Outcome:
        paid = {source: sum(leg.amount for leg in it.legs if leg.source == source) for source in SOURCES}
        paid[ACCOUNT] += held
        paid[CASH] += cash
        amount = sum(paid.values()) or it.message.get("amount", 0)
        accumulated = sum(leg.amount for leg in it.legs if leg.source == ACCOUNT and leg.is_accumulated)
        told = {"status": status, "code": "ok", "amount": amount, **paid, "accumulated": accumulated}
        return {**told, "balance_after": account.balance}

    # Holds

    def _authorization(self, it: Settlement, message: Message, institution: Institution, person: Person) -> Outcome:
        if institution.kind == "pharmacy":
            raise Ends("authorization_at_pharmacy")
        expires_at = datetime.fromisoformat(message["expires_at"]) if "expires_at" in message else it.now + HOLD_STANDS
        if not it.now < expires_at <= it.now + HOLD_STANDS_MAX:
            raise Ends("expiry_invalid")
        self._check_payer(message, institution, person)
        if not self._is_payable(message):
            raise Ends("med_type_not_payable")
        amount = message["amount"]
        held = min(amount, person.own.available(it.now))
        if held < (amount if message.get("short_balance") == "decline" else 1):
            raise Ends("insufficient_funds")
        it.hold = Hold(held, expires_at)
        person.own.holds.append(it.hold)
        return self._told(it, person.own, "held", held, amount - held)

    def _capture(self, it: Settlement, message: Message, institution: Institution, person: Person) -> Outcome:
        it.hold = hold = self._open_hold(message, it.now)
        amount = message.get("amount", hold.held)
        if amount > hold.held:
            raise Ends("capture_exceeds_hold")
        hold.held -= amount
        if message.get("final") or not hold.held:
            hold.held, hold.state = 0, "captured"
        self._move(it, self._out_of_parts(ACCOUNT, person.own, institution.account, amount))
        return self._told(it, person.own)

    def _void(self, it: Settlement, message: Message, institution: Institution, person: Person) -> Outcome:
        hold = self._open_hold(message, it.now)
        released, hold.held, hold.state = hold.held, 0, "voided"
        return self._told(it, person.own, held=released)

    def _open_hold(self, message: Message, now: datetime) -> Hold:
        hold = self._original(message, ("authorization",), "original_not_an_authorization").hold
        assert hold is not None
        if not hold.is_open(now):
            raise Ends("hold_expired" if hold.state == "open" else f"hold_{hold.state}")
        return hold

    # Refund and reversal

    def _original(
        self, message: Message, kinds: Sequence[str], unsuitable: str, unsettled: Ends | None = None
    ) -> Settlement:
        key = (message["institution"], message["original_message_id"])
        original = self.settlements.get(key)
        if original is None and key not in self.tombstones:
            raise Ends("original_not_found")
        if original is None or key in self.tombstones or original.is_reversed:
            raise Ends("already_reversed")
        if original.message["person_no"] != message["person_no"]:
            raise Ends("original_of_another_person")
        if original.message["kind"] not in kinds:
            raise Ends(unsuitable)
        if original.outcome["status"] not in ("settled", "held"):
            raise unsettled or Ends("original_not_settled")
        return original

    def _refund(self, it: Settlement, message: Message, institution: Institution, person: Person) -> Outcome:
        it.refunds = original = self._original(message, ("payment", "capture", "purchase"), "not_refundable")
        left = sum(leg.left for leg in original.legs)
        amount = message.get("amount", left)
        if not left:
            raise Ends("already_refunded")
        if amount > left:
            raise Ends("refund_exceeds_original")
        if amount < left and not self.rule.partial_refunds:
            raise Ends("partial_refund_not_allowed")
        if self.rule.refund_days is not None and (it.day - original.day).days > self.rule.refund_days:
            raise Ends("refund_too_late")
        shares: list[tuple[Leg, int]] = []
        for leg in reversed(original.legs):
            shares.append((leg, min(leg.left, amount - sum(share for _, share in shares))))
        self._give_back(it, shares)
        self._count_at_pharmacy(original, it.day, -it.account_money)
        return self._told(it, self._account_of(original, person))

    def _reversal(self, it: Settlement, message: Message, institution: Institution, person: Person) -> Outcome:
        key = (message["institution"], message["original_message_id"])
        if key not in self.settlements and key not in self.tombstones:
            self.tombstones.add(key)
            raise Ends("original_not_found", "reversed")
        nothing = Ends("nothing_to_reverse", "reversed")
        original = self._original(message, REVERSIBLE, "not_reversible", nothing)
        kind, hold = original.message["kind"], original.hold
        if kind == "authorization":
            assert hold is not None
            if not hold.is_open(it.now):
                raise nothing
            released, hold.held, hold.state, original.is_reversed = hold.held, 0, "reversed", True
            return self._told(it, person.own, "reversed", released)
        if original.refunds is not None and original.refunds.is_reversed:
            raise Ends("already_reversed")
        shares = [(leg, leg.left) for leg in reversed(original.legs) if leg.left]
        if not shares:
            raise nothing
        self._give_back(it, shares)
        original.is_reversed = True
        if hold is not None and hold.is_open(it.now):
            hold.held += it.account_money
        if kind == "payment":
            self._count_at_pharmacy(original, it.day, -it.account_money, -int(original.account_money > 0))
        if original.refunds is not None:
            self._count_at_pharmacy(original.refunds, it.day, it.account_money)
        return self._told(it, self._account_of(original.refunds or original, person), "reversed")

    def _give_back(self, it: Settlement, shares: Sequence[tuple[Leg, int]]) -> None:
        """Move a share of each leg backwards, all or nothing."""
        shares = [(leg, share) for leg, share in shares if share]
        if any(account and account.state == "closed" for leg, _ in shares for account in (leg.payer, leg.payee)):
            raise Ends("account_closed")
        for account in [leg.payee for leg, _ in shares]:
            taken = sum(share for leg, share in shares if leg.payee is account)
            if account and account.is_kept and taken > account.available(it.now):
                raise Ends("insufficient_funds")
        for leg, share in shares:
            leg.returned += share
            if leg.undoes is not None:
                leg.undoes.returned -= share
        self._move(it, self._backwards(shares))

    def _backwards(self, shares: Sequence[tuple[Leg, int]]) -> list[Leg]:
        """To the part that it came from; what a refund brought goes out again as any payment does."""
        legs: list[Leg] = []
        again: dict[tuple[str, int], tuple[Leg, int]] = {}
        for leg, share in shares:
            if leg.undoes is None or leg.payee is None:
                legs.append(Leg(leg.source, share, leg.payee, leg.payer, leg.is_accumulated, leg))
            else:
                of_account = leg.source, id(leg.payee)
                again[of_account] = leg, share + again.get(of_account, (leg, 0))[1]
        for leg, share in again.values():
            assert leg.payee is not None
            assert leg.payer is not None
            legs += self._out_of_parts(leg.source, leg.payee, leg.payer, share)
        return legs

    def _account_of(self, original: Settlement, person: Person) -> Account:
        """Whose balance is told: that of the debit account that the original moved, else the person's own."""
        if original.message["kind"] in ON_DEBIT_ACCOUNTS:
            return self.cards[original.message["card"]["card_no"]].debit
        return person.own

    # Debit application

    def _deposit(self, it: Settlement, message: Message, institution: Institution, person: Person) -> Outcome:
        debit = self._debit_account(message)
        self._move(it, [Leg(DEBIT, message["amount"], institution.account, debit)])
        return self._told(it, debit)

    def _withdrawal(self, it: Settlement, message: Message, institution: Institution, person: Person) -> Outcome:
        debit = self._debit_account(message)
        payee = self._payee(message, debit) if message["kind"] == "transfer" else institution.account
        if message["amount"] > debit.balance:
            raise Ends("insufficient_funds")
        self._move(it, [Leg(DEBIT, message["amount"], debit, payee)])
        return self._told(it, debit)

    _purchase = _transfer = _withdrawal

    def _debit_account(self, message: Message) -> Account:
        card = self._card(message)
        if card.application != "on":
            raise Ends("debit_application_off")
        if card.debit.state != "normal":
            raise Ends(f"account_{card.debit.state}")
        return card.debit

    def _usable_debit_account(self, message: Message) -> Account | None:
        """Of a payment whose card was checked, and may be active by this payment only."""
        if not message.get("use_debit") or message["card"]["cert_type"] != "03":
            return None
        card = self.cards[message["card"]["card_no"]]
        is_usable = card.state == "active" and card.application == "on" and card.debit.state == "normal"
        return card.debit if is_usable else None

    def _payee(self, message: Message, payer: Account) -> Account:
        card = self.cards.get(message["payee_card"]["card_no"])
        if card is None:
            raise Ends("payee_card_unknown")
        if card.state != "active" or card.application != "on" or card.debit.state != "normal":
            raise Ends("payee_card_not_usable")
        if card.debit is payer:
            raise Ends("payee_is_payer")
        return card.debit

    # Registration, and what the agency moves

    def _registration(self, it: Settlement, message: Message, institution: Institution, person: Person) -> Outcome:
        if person.own.state == "closed":
            raise Ends("account_closed")
        card = self._card(message, is_first_use=True) if message["card"]["cert_type"] == "03" else None
        if institution.kind == "pharmacy":
            raise Ends("registration_at_pharmacy")
        self._activate(card, person)
        return self._told(it, person.own)

    def _contribution(self, it: Settlement, message: Message, institution: Institution, person: Person) -> Outcome:
        if person.own.state == "closed":
            raise Ends("account_closed")
        amount = message["amount"]
        is_interest = message["kind"] == "interest"
        if message.get("direction") == "debit":
            if amount > person.own.available(it.now):
                raise Ends("insufficient_funds")
            self._move(it, self._out_of_parts(ACCOUNT, person.own, institution.account, amount))
        else:
            self._move(it, [Leg(COMES_IN, amount, institution.account, person.own, is_interest)])
        return self._told(it, person.own)

    _interest = _adjustment = _contribution


def differing_fields(first: Message, second: Message) -> list[str]:
    """The fields in which two messages under one key differ, in the names that their sender knows."""
    one, other = _content(first), _content(second)
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def _content(message: Message) -> dict[str, Any]:
    defaults = {
        "short_balance": "split",
        "use_mutual_aid": True,
        "use_debit": False,
        "final": False,
        "use_account": True,
    }
    content = {**defaults, **message}
    for name in ("card", "payee_card"):
        content |= {f"{name}.{part}": value for part, value in content.pop(name, {}).items()}
    return content
