"""A hospital's own platform that gathers the day's tills and posts them in batches, some of it twice."""

from random import choice, random

import orjson
from locust import task

from loadtests.users.customer import expect, fail
from loadtests.users.made import Json
from loadtests.users.till import ONE, Till, adds_up, recorded

BATCH = 100

_REPEATED_SHARE, _MALFORMED_SHARE = 0.02, 0.01


class Platform(Till):
    place_kind = "hospital"
    med_type = "11"
    think_seconds = 0.8

    def on_start(self) -> None:
        super().on_start()
        self.posted: list[Json] = []

    @task
    def post(self) -> None:
        batch = [self._item() for _ in range(BATCH)]
        name = f"batch of {BATCH}"
        with self.send("POST", f"{ONE}/batch", name, orjson.dumps(batch), transactions=BATCH) as response:
            outcomes = expect(response, 200)
            if outcomes is None:
                return
            if [outcome["message_id"] for outcome in outcomes] != [item["message_id"] for item in batch]:
                fail(response, "outcomes are not in the order of the messages")
                return
            for item, outcome in zip(batch, outcomes, strict=True):
                if outcome["settlement_id"] and not outcome["replayed"]:
                    recorded[f"{outcome['kind']} {outcome['status']}"] += 1
                if outcome["status"] != ("settled" if item["amount"] else "rejected"):
                    fail(response, f"{item['amount']} fen: {outcome['status']} {outcome['code']}")
                elif outcome["settlement_id"] and not adds_up(outcome):
                    fail(response, "an outcome of the batch does not add up")
        self.posted = [item for item in batch if item["amount"]]

    def _item(self) -> Json:
        chance = random()
        if chance < _REPEATED_SHARE and self.posted:
            return choice(self.posted)
        return self.payment(amount=0) if chance > 1 - _MALFORMED_SHARE else self.payment()
