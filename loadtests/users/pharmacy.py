"""A pharmacy's till: quiet, then customers at all counters at once; and whoever waits too long presses again."""

from random import randint

import gevent
import orjson
from locust import task

from loadtests.users.customer import expect, fail
from loadtests.users.made import Json
from loadtests.users.till import ONE, Till, adds_up, recorded

_COUNTERS = (3, 10)
_PRESSED_TWICE = "pharmacy pressed twice"


class Pharmacy(Till):
    place_kind = "pharmacy"
    med_type = "41"
    think_seconds = 0.8

    @task(9)
    def burst(self) -> None:
        payments = [self.payment() for _ in range(randint(*_COUNTERS))]
        gevent.joinall([gevent.spawn(self.settle, "pharmacy burst", each, "settled") for each in payments])

    @task(3)
    def impatient(self) -> None:
        """The same message twice at once and then again: settled by one, and the same told by all."""
        payment = self.payment()
        presses = [gevent.spawn(self._press, payment) for _ in range(2)]
        gevent.joinall(presses)
        told = [press.value for press in presses if press.value]
        with self.send("POST", ONE, _PRESSED_TWICE, orjson.dumps(payment)) as response:
            outcome = expect(response, 200)
            if outcome and any({**each, "replayed": True} != outcome for each in told):
                fail(response, "the same message got two outcomes")
            elif sum(not each["replayed"] for each in told) > 1:
                fail(response, "the same message was settled twice")

    def _press(self, payment: Json) -> Json | None:
        with self.send("POST", ONE, _PRESSED_TWICE, orjson.dumps(payment)) as response:
            is_new = response.status_code == 201
            outcome: Json | None = expect(response, 201 if is_new else 200)
            if outcome is None:
                return None
            if is_new:
                recorded[f"payment {outcome['status']}"] += 1
            if outcome["status"] != "settled" or not adds_up(outcome):
                fail(response, f"{outcome['status']} {outcome['code']} does not add up")
            return outcome
