"""`make load-open`: a mixed profile over HTTP at a set rate, whatever becomes of it, and afterwards the proof.

Requests fall due at random moments that know nothing of each other, as from many tills. Each waits from when it was
due: where the service stands still, those that could not be sent meanwhile count too (no coordinated omission). Beside
it stands what a client would have told that sends its next request when the last one is answered.

Exit code 1 if any answer was not the expected one or the ledger does not hold exactly what was sent.
"""

import argparse
import asyncio
import sys
from collections import Counter, deque
from collections.abc import Iterator
from random import choice, choices, expovariate

import orjson
from app.errors import MedsettleError

from loadtests.bench.figures import latency_of
from loadtests.bench.http_client import HttpLoad
from loadtests.stand import holds_exactly, standing
from loadtests.users.made import Json, MadePeople, message, some_amount, some_card

_WARM_UP_SECONDS = 3.0
# What names an earlier message follows so many requests behind it, which are long answered then.
_BEHIND = 1_000
_KINDS_OF_PLACE = ("hospital", "hospital", "pharmacy")
#: Of 100 requests.
SHARES = {"payment": 66, "registration": 10, "quote": 8, "authorization": 6, "capture": 3, "look up": 4, "repeat": 3}


class Profile:
    """Endless requests of SHARES; a payment stands in where there is nothing yet to follow.

    `recorded` counts by kind what they leave in the ledger.
    """

    def __init__(self, dev: Json) -> None:
        self._people = MadePeople(dev["samples"])
        self._places = {kind: self._people.institutions(kind) for kind in _KINDS_OF_PLACE}
        self._sent = 0
        self._paid: deque[tuple[int, Json, Json]] = deque(maxlen=_BEHIND)
        self._held: deque[tuple[int, Json, Json]] = deque()
        self.recorded: Counter[str] = Counter()

    def __iter__(self) -> Iterator[bytes]:
        names, weights = tuple(SHARES), tuple(SHARES.values())
        while True:
            for name in choices(names, weights, k=_BEHIND):
                self._sent += 1
                yield self._request(name)

    def _request(self, name: str) -> bytes:
        if name == "capture" and self._is_answered(self._held):
            _, place, hold = self._held.popleft()
            return self._new(place, message(place["code"], name, hold, original_message_id=hold["message_id"]))
        if name in ("look up", "repeat") and self._is_answered(self._paid):
            _, place, payment = self._paid[0]
            if name == "repeat":
                return _post("/v1/transactions", place, payment)
            return _get(f"/v1/transactions/{place['code']}/{payment['message_id']}", place)
        return self._by_card(name)

    def _by_card(self, name: str) -> bytes:
        person = self._people.some_person()
        fields: Json = {"card": some_card(person)}
        place = choice(self._places["hospital" if name != "payment" else choice(_KINDS_OF_PLACE)])
        if name == "registration":
            return self._new(place, message(place["code"], name, person, visit="outpatient", **fields))
        fields |= {"amount": some_amount(), "med_type": "41" if place["kind"] == "pharmacy" else "11"}
        if name == "quote":
            return _post("/v1/transactions/quote", place, message(place["code"], "payment", person, **fields))
        kind = "authorization" if name == "authorization" else "payment"
        new = message(place["code"], kind, person, **fields)
        (self._held if kind == "authorization" else self._paid).append((self._sent, place, new))
        return self._new(place, new)

    def _new(self, place: Json, new: Json) -> bytes:
        self.recorded[new["kind"]] += 1
        return _post("/v1/transactions", place, new)

    def _is_answered(self, earlier: deque[tuple[int, Json, Json]]) -> bool:
        return bool(earlier) and earlier[0][0] + _BEHIND <= self._sent


def main() -> int:
    options = _options()
    with standing(options.persons) as file:
        dev = orjson.loads(file.read_bytes())
        profile = Profile(dev)
        asyncio.run(_load(dev["base_url"], profile, options))
        return 0 if asyncio.run(holds_exactly(dev["database_url"], profile.recorded, by_status=False)) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m loadtests.load_open", description=__doc__)
    parser.add_argument("--rate", type=float, default=500.0, help="requests a second")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--persons", type=int, default=1_000, help="made persons")
    return parser.parse_args()


async def _load(base_url: str, profile: Profile, options: argparse.Namespace) -> None:
    """Print percentiles. Raises MedsettleError if an answer was not the expected one."""
    contents, gaps = iter(profile), iter(lambda: expovariate(options.rate), None)
    async with HttpLoad([base_url], options.connections) as load:
        for seconds in (_WARM_UP_SECONDS, options.seconds):
            answered = await load.open(contents, gaps, seconds)
            if unexpected := {status: count for status, count in load.statuses.items() if status not in (200, 201)}:
                raise MedsettleError(f"The API answered {unexpected}, only 200 and 201 were expected")
    print(f"{options.rate:,.0f} requests a second were due, {answered:,.0f} were answered")
    print(f"{'milliseconds':<28}{'p50':>9}{'p99':>9}{'p99.9':>9}{'most':>9}")
    for name, seconds_each in (("since it was due", load.latencies), ("since it was sent", load.service_times)):
        found = latency_of(seconds_each)
        print(f"{name:<28}{found.p50_ms:>9.1f}{found.p99_ms:>9.1f}{found.p999_ms:>9.1f}{found.max_ms:>9.1f}")


def _post(path: str, place: Json, body: Json) -> bytes:
    content = orjson.dumps(body)
    return _head("POST", path, place) + b"Content-Length: %d\r\n\r\n" % len(content) + content


def _get(path: str, place: Json) -> bytes:
    return _head("GET", path, place) + b"\r\n"


def _head(method: str, path: str, place: Json) -> bytes:
    return (
        f"{method} {path} HTTP/1.1\r\nHost: load\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {place['api_key']}\r\n"
    ).encode()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except MedsettleError as error:
        sys.exit(f"load-open: {error}")
