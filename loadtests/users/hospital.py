"""A hospital's till: visits, holds that are captured or voided, refunds, reversals, questions, and mistakes."""

from collections import deque
from random import choice, random, randrange
from typing import NamedTuple

import orjson
from locust import task

from loadtests.users.customer import PEOPLE, expect, fail
from loadtests.users.made import Json, some_amount, some_card
from loadtests.users.till import ONE, Till

_REMEMBERED = 50


class Told(NamedTuple):
    sent: Json
    outcome: Json


class Hospital(Till):
    """It remembers what it sent, to send some of it again, to ask for it, and to take some of it back."""

    place_kind = "hospital"
    med_type = "11"
    think_seconds = 0.1

    def on_start(self) -> None:
        super().on_start()
        self.paid: deque[Told] = deque(maxlen=_REMEMBERED)
        self.held: deque[Told] = deque(maxlen=_REMEMBERED)

    # A visit

    @task(25)
    def visit(self) -> None:
        """Registered, asked what it would cost, paid."""
        person = PEOPLE.some_person()
        card = some_card(person)
        self.settle("register", self.message("registration", person, card=card, visit="outpatient"), "settled")
        payment = self.payment(person, card=card)
        with self.send("POST", f"{ONE}/quote", "quote", orjson.dumps(payment)) as response:
            quoted = expect(response, 200)
            if quoted and (quoted["settlement_id"], quoted["status"]) != (None, "settled"):
                fail(response, f"a quote says {quoted['status']} and names {quoted['settlement_id']}")
        self._pay(payment)

    @task(25)
    def pay(self) -> None:
        self._pay(self.payment())

    def _pay(self, payment: Json) -> None:
        if outcome := self.settle("pay", payment, "settled"):
            self.paid.append(Told(payment, outcome))

    # A stay

    @task(10)
    def hold(self) -> None:
        """Declined where nothing is left to be held."""
        person = PEOPLE.some_person()
        wanted = {"card": some_card(person), "med_type": "21", "amount": 3 * some_amount()}
        authorization = self.message("authorization", person, **wanted)
        outcome = self.settle("hold", authorization, "held", "declined")
        if outcome and outcome["status"] == "held":
            self.held.append(Told(authorization, outcome))

    @task(8)
    def capture(self) -> None:
        """All of it, or a part and then the end of the stay."""
        if not self.held:
            return
        hold = self._taken(self.held)
        available = hold.outcome["account_paid"]
        if available > 1 and random() < 0.5:
            self.settle("capture", self._follow("capture", hold, amount=randrange(1, available)), "settled")
            self.settle("capture", self._follow("capture", hold, amount=1, final=True), "settled")
        else:
            self.settle("capture", self._follow("capture", hold), "settled")

    @task(2)
    def void(self) -> None:
        if self.held:
            self.settle("void", self._follow("void", self._taken(self.held)), "settled")

    # Back again

    @task(5)
    def refund(self) -> None:
        """Of one payment half, and sometimes the rest later."""
        if not self.paid:
            return
        payment = self._taken(self.paid)
        amount = payment.outcome["amount"]
        if amount > 1 and random() < 0.5:
            self.settle("refund", self._follow("refund", payment, amount=amount // 2), "settled")
            if random() < 0.5:
                self.settle("refund", self._follow("refund", payment, amount=amount - amount // 2), "settled")
        else:
            self.settle("refund", self._follow("refund", payment), "settled")

    @task(3)
    def reverse(self) -> None:
        if self.paid:
            self.settle("reverse", self._follow("reversal", self._taken(self.paid)), "reversed")

    def _taken(self, remembered: deque[Told]) -> Told:
        """One that is not taken again."""
        place = randrange(len(remembered))
        told = remembered[place]
        del remembered[place]
        return told

    def _follow(self, kind: str, original: Told, **fields: object) -> Json:
        return self.message(kind, original.sent, original_message_id=original.sent["message_id"], **fields)

    # Questions and mistakes

    @task(8)
    def look_up(self) -> None:
        if self.paid:
            self._ask(choice(self.paid), "", "look up")

    @task(1)
    def receipt(self) -> None:
        if self.paid:
            self._ask(choice(self.paid), "/receipt", "receipt")

    def _ask(self, earlier: Told, what: str, name: str) -> None:
        with self.send("GET", f"{ONE}/{self.place['code']}/{earlier.sent['message_id']}{what}", name) as response:
            found = expect(response, 200)
            outcome = found and found.get("outcome", found)
            if outcome and outcome["settlement_id"] != earlier.outcome["settlement_id"]:
                fail(response, "another settlement was found")

    @task(4)
    def repeat(self) -> None:
        if not self.paid:
            return
        earlier = choice(self.paid)
        with self.send("POST", ONE, "repeat", orjson.dumps(earlier.sent)) as response:
            outcome = expect(response, 200)
            if outcome and outcome != {**earlier.outcome, "replayed": True}:
                fail(response, "a repeat got another outcome")

    @task(1)
    def contradict(self) -> None:
        if not self.paid:
            return
        earlier = choice(self.paid).sent
        other = orjson.dumps({**earlier, "amount": earlier["amount"] + 1})
        with self.send("POST", ONE, "contradict", other) as response:
            outcome = expect(response, 409)
            if outcome and outcome["differing_fields"] != ["amount"]:
                fail(response, f"a conflict names {outcome['differing_fields']}")

    @task(2)
    def send_nonsense(self) -> None:
        payment = self.payment()
        status, body = choice(
            [
                (400, b"{"),
                (400, orjson.dumps([payment])),
                (400, orjson.dumps(payment)[:-1] + b',"amount":1}'),
                (422, orjson.dumps({**payment, "amount": 0})),
                (422, orjson.dumps({**payment, "amount": 10.5})),
                (422, orjson.dumps({**payment, "card": None})),
                (422, orjson.dumps({**payment, "message_id": "no spaces allowed"})),
            ]
        )
        with self.send("POST", ONE, "nonsense", body) as response:
            problem = expect(response, status, "application/problem+json")
            if problem and (problem["status"] != status or "code" not in problem):
                fail(response, "not a problem+json of this status")
