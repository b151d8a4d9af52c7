"""Hospitals and pharmacies at the HTTP door: what they send, how often they send it again, and what they get wrong.

    medsettle dev --data-dir D        # writes D/dev.json
    MEDSETTLE_DEV_JSON=D/dev.json locust -f loadtests/locustfile.py

Every answer that is not the expected one is a failure. `make load` runs this and then proves the ledger.
"""

import os
from collections import Counter, deque
from itertools import count
from pathlib import Path
from random import choice, lognormvariate, random
from time import time_ns
from typing import Any, NamedTuple

import orjson
from locust import FastHttpUser, between, events, task
from locust.contrib.fasthttp import ResponseContextManager

DEV = orjson.loads(Path(os.environ["MEDSETTLE_DEV_JSON"]).read_bytes())
INSTITUTIONS, PERSONS = DEV["samples"]["institutions"], DEV["samples"]["persons"]

ONE, MANY = "/v1/transactions", "/v1/transactions/batch"
BATCH = 20
# How strongly a few people are busier than the rest: the r-th of n is drawn with a weight of about r ** (1 / 3 - 1).
_SKEW = 3
_REMEMBERED = 50
_PARTS = ("account_paid", "mutual_aid_paid", "debit_paid", "cash_due")

_numbers = count(time_ns())

#: Transactions that were answered as recorded now; the ledger must hold exactly these.
recorded: Counter[str] = Counter()


class Settled(NamedTuple):
    body: bytes
    message_id: str
    settlement_id: str


class Institution(FastHttpUser):
    """One till. It remembers what it sent, to send some of it again and to ask for it."""

    host = DEV["base_url"]
    wait_time = between(0.005, 0.025)

    def on_start(self) -> None:
        self.place: dict[str, str] = choice(INSTITUTIONS)
        self.headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.place['api_key']}"}
        self.settled: deque[Settled] = deque(maxlen=_REMEMBERED)

    @task(85)
    def pay(self) -> None:
        payment = self._payment()
        body = orjson.dumps(payment)
        with self._send("POST", ONE, "pay", body) as response:
            outcome = _expect(response, 201)
            if outcome is None:
                return
            recorded["one"] += 1
            if outcome["message_id"] != payment["message_id"] or outcome["replayed"]:
                _fail(response, "the outcome is that of another message")
            elif not _adds_up(outcome, payment["amount"]):
                _fail(response, f"{outcome['status']} {outcome['code']} does not add up")
            else:
                self.settled.append(Settled(body, payment["message_id"], outcome["settlement_id"]))

    @task(5)
    def repeat(self) -> None:
        if not self.settled:
            return
        earlier = choice(self.settled)
        with self._send("POST", ONE, "repeat", earlier.body) as response:
            outcome = _expect(response, 200)
            if outcome and (outcome["settlement_id"] != earlier.settlement_id or not outcome["replayed"]):
                _fail(response, "a repeat got another settlement")

    @task(3)
    def pay_many(self) -> None:
        payments = [self._payment() for _ in range(BATCH)]
        with self._send("POST", MANY, f"batch of {BATCH}", orjson.dumps(payments)) as response:
            outcomes = _expect(response, 200)
            if outcomes is None:
                return
            recorded["batch"] += sum(not outcome["replayed"] for outcome in outcomes)
            if [outcome["message_id"] for outcome in outcomes] != [payment["message_id"] for payment in payments]:
                _fail(response, "outcomes are not in the order of the messages")
            elif not all(_adds_up(*each) for each in zip(outcomes, (p["amount"] for p in payments), strict=True)):
                _fail(response, "an outcome of the batch does not add up")

    @task(5)
    def look_up(self) -> None:
        if not self.settled:
            return
        earlier = choice(self.settled)
        path = f"{ONE}/{self.place['code']}/{earlier.message_id}"
        with self._send("GET", path, "look up") as response:
            outcome = _expect(response, 200)
            if outcome and outcome["settlement_id"] != earlier.settlement_id:
                _fail(response, "another settlement was found")

    @task(2)
    def send_nonsense(self) -> None:
        payment = self._payment()
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
        with self._send("POST", ONE, "nonsense", body) as response:
            problem = _expect(response, status, "application/problem+json")
            if problem and (problem["status"] != status or "code" not in problem):
                _fail(response, "not a problem+json of this status")

    def _send(self, method: str, path: str, name: str, body: bytes | None = None) -> ResponseContextManager:
        return self.client.request(
            method,
            path,
            name=name,
            data=body,  # type: ignore[arg-type]
            headers=self.headers,
            catch_response=True,
        )

    def _payment(self) -> dict[str, Any]:
        person = PERSONS[int(len(PERSONS) * random() ** _SKEW)]
        card = {"cert_type": "01"}
        if random() < 0.7:
            card = {"cert_type": "03", "card_no": person["card_no"], "card_sn": person["card_sn"]}
        return {
            "institution": self.place["code"],
            "message_id": f"{self.place['code']}{next(_numbers) % 10**18:018d}",
            "kind": "payment",
            "person_no": person["person_no"],
            "card": card,
            "med_type": "41" if self.place["kind"] == "pharmacy" else "11",
            "amount": 1 + int(lognormvariate(8.8, 1)),
        }


@events.quitting.add_listener  # type: ignore[untyped-decorator]
def write_counts(**_: object) -> None:
    """Leave the number of recorded transactions for whoever compares it with the ledger."""
    if file := os.environ.get("MEDSETTLE_LOAD_COUNTS"):
        Path(file).write_bytes(orjson.dumps(recorded))


def _expect(response: ResponseContextManager, status: int, media_type: str = "application/json") -> Any:
    """The parsed body of the expected answer; None marks the request as failed."""
    if response.status_code != status:
        _fail(response, f"{response.status_code} instead of {status}: {(response.text or '')[:200]}")
        return None
    headers: Any = response.headers
    if headers["content-type"] != media_type:
        _fail(response, f"{headers['content-type']} instead of {media_type}")
        return None
    response.success()  # type: ignore[no-untyped-call]
    return orjson.loads(response.content or b"null")


def _fail(response: ResponseContextManager, reason: str) -> None:
    response.failure(reason)  # type: ignore[no-untyped-call]


def _adds_up(outcome: dict[str, Any], amount: int) -> bool:
    """A settled payment is paid to the fen. The card of a made person may have expired: that moves nothing."""
    paid = sum(outcome[name] for name in _PARTS)
    return bool(paid == amount if outcome["status"] == "settled" else outcome["status"] == "declined" and paid == 0)
