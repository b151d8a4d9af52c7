"""What tills of every kind do: send one transaction, judge its answer, and count what the ledger must hold."""

from collections import Counter
from random import choice
from typing import Any, ClassVar

import orjson

from loadtests.users.customer import PEOPLE, Customer, expect, fail
from loadtests.users.made import Json, message, some_amount, some_card

ONE = "/v1/transactions"

_PARTS = ("account_paid", "mutual_aid_paid", "debit_paid", "cash_due")

#: Transactions that were answered as recorded now, by kind and status; the ledger must hold exactly these.
recorded: Counter[str] = Counter()


class Till(Customer):
    """Of one institution."""

    abstract = True
    place_kind: ClassVar[str]
    med_type: ClassVar[str]

    def on_start(self) -> None:
        self.place = choice(PEOPLE.institutions(self.place_kind))
        self.headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.place['api_key']}"}

    # Messages

    def message(self, kind: str, person: Json, **fields: Any) -> Json:
        return message(self.place["code"], kind, person, **fields)

    def payment(self, person: Json | None = None, **fields: Any) -> Json:
        person = person or PEOPLE.some_person()
        given = {"card": some_card(person), "med_type": self.med_type, "amount": some_amount(), **fields}
        return self.message("payment", person, **given)

    # Sending

    def settle(self, name: str, new: Json, *statuses: str) -> Json | None:
        """What a message came to that was never sent before; None where that is not as it must be."""
        with self.send("POST", ONE, name, orjson.dumps(new)) as response:
            outcome: Json | None = expect(response, 201)
            if outcome is None:
                return None
            recorded[f"{outcome['kind']} {outcome['status']}"] += 1
            if reason := _wrong(outcome, new, statuses):
                fail(response, reason)
                return None
            return outcome


def _wrong(outcome: Json, sent: Json, statuses: tuple[str, ...]) -> str | None:
    if outcome["message_id"] != sent["message_id"] or outcome["replayed"]:
        return "the outcome is that of another message"
    if outcome["status"] not in statuses:
        return f"{outcome['kind']}: {outcome['status']} {outcome['code']} where {' or '.join(statuses)} was due"
    return None if adds_up(outcome) else f"{outcome['kind']} {outcome['status']} {outcome['code']} does not add up"


def adds_up(outcome: Json) -> bool:
    """What moved is the amount to the fen; what is declined moves nothing."""
    moved = sum(outcome[name] for name in _PARTS)
    return bool(moved == (0 if outcome["status"] in ("declined", "rejected") else outcome["amount"]))
