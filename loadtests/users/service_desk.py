"""The agency's desk: people who ask what they have and what became of it."""

from itertools import pairwise

from locust import task

from loadtests.users.customer import DEV, PEOPLE, Customer, expect, fail


class ServiceDesk(Customer):
    think_seconds = 0.3

    def on_start(self) -> None:
        self.headers = {"Authorization": f"Bearer {DEV['api_keys']['agency']}"}

    @task(3)
    def accounts(self) -> None:
        path = f"/v1/persons/{PEOPLE.some_person()['person_no']}/accounts"
        with self.send("GET", path, "accounts") as response:
            found = expect(response, 200)
            if found and not 0 <= found["personal"]["held"] <= found["personal"]["balance"]:
                fail(response, "more is held than there is")

    @task(1)
    def entries(self) -> None:
        path = f"/v1/persons/{PEOPLE.some_person()['person_no']}/entries?limit=50"
        with self.send("GET", path, "entries") as response:
            found = expect(response, 200)
            newest_first = found["entries"] if found else []
            pairs = pairwise(reversed(newest_first))
            if any(before["balance_after"] + after["amount"] != after["balance_after"] for before, after in pairs):
                fail(response, "a balance does not follow from the one before it")
