"""Made traffic with repeats, conflicts and rubbish, and the check that every test of faults ends with.

The check recounts the money from what was sent, by the demo's recount, which knows nothing of the service's rules.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import date
from random import Random
from typing import Any, NamedTuple, TypeAlias

import asyncpg
import httpx
import orjson
from aiokafka.errors import KafkaError
from app.demo.expected import Expected, Recount
from app.demo.population import MadeInstitution, MadePerson, Population
from app.errors import DatabaseUnavailable
from app.settlement.feed.projector import catch_up
from app.verify import verify
from tests.builders import HOSPITAL, PHARMACY, add_card, add_institution, add_person
from tests.harness import DEADLINE_SECONDS, House, Record, eventually

Key: TypeAlias = tuple[str, str]
Content: TypeAlias = dict[str, Any]

BLOCKED, UNKNOWN = "B00000000003", "X00000000009"
PEOPLE = 40
_FOLLOWED_BY = {
    "payment": ("refund", "reversal"),
    "authorization": ("capture", "capture", "capture", "void", "reversal"),
    "capture": ("refund", "reversal"),
    "refund": ("reversal",),
}
_WITH_AMOUNT = ("payment", "authorization", "capture", "refund")
_OURS = "WHERE s.kind <> 'contribution'"
_BALANCES = (0, 300, 5_000, 100_000, 10_000_000)


def card_of(person_no: str) -> str:
    return f"Z{person_no}"


class Item(NamedTuple):
    """One message as its sender has it; rubbish has no key."""

    value: bytes
    person_no: str
    key: Key | None


class Traffic:
    """What was sent to a house and what it answered at once. The same seed makes the same messages."""

    def __init__(self, house: House, seed: int) -> None:
        self.house = house
        self.random = Random(seed)
        self.opening = {f"P{number}": self.random.choice(_BALANCES) for number in range(PEOPLE)}
        self.lost_cards = {card_of(person_no) for person_no in self.opening if self.random.random() < 0.2}
        self.sent: dict[Key, list[Content]] = {}
        self.malformed: dict[str, bytes] = {}
        self.rubbish: list[bytes] = []
        self.places: dict[str, Item] = {}
        self.answers: list[Content] = []
        self.patience_seconds = DEADLINE_SECONDS
        self._keys: list[Key] = []

    async def open_parties(self) -> None:
        pool = self.house.pool
        await add_institution(pool, HOSPITAL)
        await add_institution(pool, PHARMACY, kind="pharmacy")
        await add_institution(pool, BLOCKED, state="blocked")
        for person_no, balance in self.opening.items():
            await add_person(pool, person_no, balance=balance)
            card_no = card_of(person_no)
            await add_card(pool, card_no, person_no, state="lost" if card_no in self.lost_cards else "active")
        await self.house.hush()

    # Making

    def _person(self) -> str:
        """Some people pay much more often than others, and some are not known."""
        if self.random.random() < 0.01:
            return "STRANGER"
        return f"P{min(int(self.random.expovariate(0.1)), PEOPLE - 1)}"

    def _fresh(self) -> Content:
        chance = self.random.random()
        if chance < 0.25 and self._keys:
            following = self._following(self.sent[self._recent_key()][0])
            if following is not None:
                return following
        return self._original("authorization" if chance > 0.85 else "payment")

    def _original(self, kind: str) -> Content:
        person_no = self._person()
        by_card = {"cert_type": "03", "card_no": card_of(person_no), "card_sn": "SN1"}
        pharmacies = 38 if kind == "payment" else 0  # no authorization there
        institution = self.random.choices([HOSPITAL, PHARMACY, BLOCKED, UNKNOWN], [60, pharmacies, 1, 1])[0]
        return {
            "institution": institution,
            "message_id": f"T{len(self._keys)}",
            "kind": kind,
            "person_no": person_no,
            "amount": self.random.randint(1, 900),
            "card": by_card if self.random.random() < 0.2 else {"cert_type": "01"},
            "short_balance": self.random.choice(["split", "split", "decline"]),
        }

    def _following(self, original: Content) -> Content | None:
        """A capture, void, refund or reversal. It may be decided before what it names."""
        kinds = _FOLLOWED_BY.get(original["kind"])
        if kinds is None:
            return None
        kind = self.random.choice(kinds)
        content = {
            "institution": original["institution"],
            "message_id": f"T{len(self._keys)}",
            "kind": kind,
            "person_no": original["person_no"],
            "original_message_id": original["message_id"],
        }
        if kind in _WITH_AMOUNT and self.random.random() < 0.5:
            content["amount"] = self.random.randint(1, original.get("amount", 900))
        if kind == "capture" and self.random.random() < 0.5:
            content["final"] = True
        return content

    def _recent_key(self) -> Key:
        return self._keys[-1 - min(int(self.random.expovariate(0.02)), len(self._keys) - 1)]

    def message(self) -> Item:
        """A transaction: new, or a repeat of an earlier one, or an earlier one with other content."""
        chance = self.random.random()
        if chance < 0.2 and self._keys:
            key = self._recent_key()
            content = self.sent[key][0]
            if chance < 0.05 and content["kind"] in _WITH_AMOUNT:
                content = {**content, "amount": content.get("amount", 0) + 1}
                self.sent[key].append(content)
        else:
            content = self._fresh()
            key = (content["institution"], content["message_id"])
            self._keys.append(key)
            self.sent[key] = [content]
        return Item(orjson.dumps(content), content["person_no"], key)

    def record(self) -> Item:
        """What comes by Kafka: a transaction, or now and then something that is none."""
        chance = self.random.random()
        if chance < 0.01:
            self.rubbish.append(self.random.randbytes(60))
            return Item(self.rubbish[-1], "P0", None)
        if chance < 0.02:
            content = {**self._fresh(), "message_id": f"BAD{len(self.malformed)}", "amount": 0}
            self.malformed[content["message_id"]] = orjson.dumps(content)
            return Item(self.malformed[content["message_id"]], "P0", None)
        return self.message()

    # Sending

    async def send(self, items: Sequence[Item]) -> None:
        """To Kafka; what is not acknowledged is sent again, and so may stand there twice."""
        left = list(items)
        while left:
            acknowledged = await asyncio.gather(*(self._produce(item) for item in left))
            left = [item for item, done in zip(left, acknowledged, strict=True) if not done]
            if left:
                await asyncio.sleep(0.1)

    async def _produce(self, item: Item) -> bool:
        topic = self.house.settings.topic_transactions
        try:
            sent = await self.house.producer.send_and_wait(topic, value=item.value, key=item.person_no.encode())
        except KafkaError:
            return False
        self.places[f"{sent.partition}/{sent.offset}"] = item
        return True

    async def post(self, client: httpx.AsyncClient, items: Sequence[Item]) -> None:
        """By HTTP, alone or as a batch, until it is answered, as a hospital's system would."""
        path, body = "/v1/transactions", items[0].value
        if len(items) > 1:
            path, body = f"{path}/batch", b"[" + b",".join(item.value for item in items) + b"]"
        # An institution gets its key with its first request; where Postgres is away just then it asks again.
        while True:
            with suppress(
                httpx.TransportError,
                OSError,
                asyncpg.PostgresError,
                asyncpg.InterfaceError,
                asyncpg.InternalClientError,
                DatabaseUnavailable,
            ):
                response = await client.post(path, content=body)
                if response.status_code != 503:
                    break
            await asyncio.sleep(0.05)
        assert response.status_code in ({200} if len(items) > 1 else {200, 201, 409}), response.text
        outcomes = response.json() if len(items) > 1 else [response.json()]
        assert [outcome["message_id"] for outcome in outcomes] == [item.key[1] for item in items if item.key]
        self.answers.extend(outcomes)

    @asynccontextmanager
    async def flowing(self, *, kafka: bool = True, http: bool = False) -> AsyncIterator[None]:
        """Traffic as long as the block lasts; what was begun is brought to its end."""
        ending = asyncio.Event()
        async with asyncio.TaskGroup() as senders:
            if kafka:
                senders.create_task(self._flow_by_kafka(ending))
            if http:
                for _ in range(4):
                    senders.create_task(self._flow_by_http(ending))
            try:
                yield
            finally:
                ending.set()

    async def _flow_by_kafka(self, ending: asyncio.Event) -> None:
        while not ending.is_set():
            await self.send([self.record() for _ in range(20)])
            await asyncio.sleep(0.03)

    async def _flow_by_http(self, ending: asyncio.Event) -> None:
        async with self.house.client() as client:
            while not ending.is_set():
                for items in _by_institution([self.message() for _ in range(self.random.choice([1, 1, 1, 10]))]):
                    await self.post(client, items)
                await asyncio.sleep(0.02)

    async def repeat_all(self) -> None:
        """Everything once more by Kafka, as by senders who do not know what arrived."""
        contents = [content for contents in self.sent.values() for content in contents]
        items = [
            Item(orjson.dumps(each), each["person_no"], (each["institution"], each["message_id"])) for each in contents
        ]
        await self.send(items + [Item(value, "P0", None) for value in [*self.rubbish, *self.malformed.values()]])

    def forget_places(self) -> None:
        """The log is gone, and what stood in it need not be answered there."""
        self.places.clear()

    # The check

    async def assert_settled_once(self) -> None:
        """Every message has one recorded outcome, it is told, all that was said of it agrees, the money adds up."""
        rows = await self._recorded()
        by_key = {(row["institution"], row["message_id"]): row for row in rows}
        assert len(by_key) == len(rows)
        assert by_key.keys() == self.sent.keys()
        await self._assert_balances(self._recounted(rows))
        told = await self._told()
        for outcome in [*told, *self.answers]:
            self._assert_agrees(outcome, by_key)
        await catch_up(self.house.pool)
        report = await verify(self.house.installation.owner_url)
        assert report.violations == []
        in_feeds = await self.house.pool.fetchval("SELECT sum(last_no) FROM settlement.feed_heads")
        assert in_feeds == await self.house.pool.fetchval("SELECT count(*) FROM settlement.settlements")
        await self.house.all_published()

    async def _recorded(self) -> list[Any]:
        """All messages in the order in which each person's account saw them."""

        async def all_there() -> bool:
            with suppress(Exception):
                count = await self.house.pool.fetchval(f"SELECT count(*) FROM settlement.settlements AS s {_OURS}")
                return bool(count >= len(self.sent))
            return False

        await eventually(all_there, seconds_max=self.patience_seconds)
        rows: list[Any] = await self.house.pool.fetch(
            "SELECT s.*, b.settled_at FROM settlement.settlements AS s JOIN ledger.batches AS b USING (batch_id)"
            f" {_OURS} ORDER BY b.settled_at, s.batch_id, s.position"
        )
        return rows

    def _recounted(self, rows: Iterable[Any]) -> Expected:
        recount = Recount(self._population(), date(2026, 1, 1))  # no card expires
        for row in rows:
            key = (row["institution"], row["message_id"])
            content = next((each for each in self.sent[key] if each.get("amount", 0) == row["amount"]), None)
            assert content is not None, f"{row} was never sent"
            assert row["card_no"] == content.get("card", {}).get("card_no")
            recount.take(orjson.dumps(content))
            answer = tuple(row[field] for field in ("status", "code", "person_no", "account_paid", "cash_due"))
            assert answer == recount.expected.recorded[key], row
            if row["code"] == "ok":
                assert row["balance_after"] == recount.expected.balances[row["person_no"]]
        return recount.expected

    def _population(self) -> Population:
        places = [(HOSPITAL, "hospital", "active"), (PHARMACY, "pharmacy", "active"), (BLOCKED, "hospital", "blocked")]
        institutions = [MadeInstitution(code, kind, "", code, state) for code, kind, state in places]
        persons = [
            MadePerson(
                person_no, balance, card_of(person_no), "SN1",
                "lost" if card_of(person_no) in self.lost_cards else "active", date.max,
            )
            for person_no, balance in self.opening.items()
        ]  # fmt: skip
        return Population(institutions, persons)

    async def _assert_balances(self, expected: Expected) -> None:
        """What people have left and on hold, and what institutions received, less what went back."""
        accounts = await self.house.pool.fetch(
            "SELECT owner, balance, held FROM ledger.accounts WHERE kind = 'personal'"
        )
        assert {row["owner"]: row["balance"] for row in accounts} == expected.balances
        assert {row["owner"]: row["held"] for row in accounts if row["held"]} == +expected.held
        received = await self.house.pool.fetch(
            "SELECT a.owner, sum(moved.fen)::bigint AS fen FROM ("
            " SELECT credit_account AS account_id, amount AS fen FROM ledger.transfers"
            " UNION ALL SELECT debit_account, -amount FROM ledger.transfers"
            ") AS moved JOIN ledger.accounts AS a USING (account_id) WHERE a.kind = 'institution' GROUP BY a.owner"
        )
        assert {row["owner"]: row["fen"] for row in received if row["fen"]} == +expected.received

    async def _told(self) -> list[Content]:
        """All outcomes on the topic, once every message, every record and every piece of rubbish is answered."""
        outcomes: list[Content] = []
        missing: set[Any] = set()

        async def all_told() -> bool:
            new = self.house.outcomes.records[len(outcomes) :]
            outcomes.extend(orjson.loads(record.value or b"") for record in new)
            keys = {(outcome["institution"], outcome["message_id"]) for outcome in outcomes}
            missing.clear()
            missing.update(self.sent.keys() - keys)
            missing.update(self.malformed.keys() - {message_id for _, message_id in keys})
            missing.update(self.places.keys() - self._sources())
            missing.update(set(self.rubbish) - {record.value for record in self.house.dead_letters.records})
            return not missing

        try:
            await eventually(all_told, seconds_max=self.patience_seconds)
        except AssertionError:
            raise AssertionError(f"{len(missing)} messages were not answered: {list(missing)[:5]}") from None
        assert {record.value for record in self.house.dead_letters.records} == set(self.rubbish)
        return [outcome for outcome in outcomes if outcome["message_id"] not in self.malformed]

    def outcomes_from(self, first: int) -> list[Content]:
        return [orjson.loads(record.value or b"") for record in self.house.outcomes.records[first:]]

    def _sources(self) -> set[str]:
        """The places of the records that an outcome or a dead letter answers."""
        outcomes = {_header(record, "medsettle_source") for record in self.house.outcomes.records}
        letters = {
            f"{_header(record, 'medsettle_partition')}/{_header(record, 'medsettle_offset')}"
            for record in self.house.dead_letters.records
        }
        return outcomes | letters

    def _assert_agrees(self, outcome: Content, by_key: dict[Key, Any]) -> None:
        row = by_key[outcome["institution"], outcome["message_id"]]
        settlement_id = f"{row['business_day']:%Y%m%d}{row['batch_id']:016d}{row['position']:04d}"
        assert outcome["settlement_id"] == settlement_id
        if outcome["status"] == "conflict":
            assert outcome["differing_fields"] == ["amount"]
            assert outcome["amount"] != row["amount"]
            assert outcome["amount"] in {
                content.get("amount", 0) for content in self.sent[row["institution"], row["message_id"]]
            }
            return
        assert outcome["amount"] == (row["amount"] or row["account_paid"] + row["cash_due"])
        fields = ("status", "code", "account_paid", "cash_due", "balance_after", "person_no")
        assert [outcome[field] for field in fields] == [row[field] for field in fields]
        assert sum(part["amount"] for part in outcome["parts"]) == row["account_paid"] + row["cash_due"]


def _header(record: Record, name: str) -> str:
    return next((value.decode() for header, value in record.headers if header == name), "")


def _by_institution(items: Sequence[Item]) -> list[list[Item]]:
    """Nobody sends what is another's."""
    by_institution: dict[str, list[Item]] = {}
    for item in items:
        assert item.key is not None
        by_institution.setdefault(item.key[0], []).append(item)
    return list(by_institution.values())
