"""The Python client against a real API process, over the wire."""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any, Literal

import httpx
import pytest
from app.access.principal import Role
from app.config import ZONE
from tests.builders import add_institution
from tests.harness import House

from medsettle_client import Card, Conflict, Institution, Message, Refused, Unanswered


class LostAnswers(httpx.HTTPTransport):
    """The way to the service and back, on which the answers to the first requests are lost."""

    def __init__(self, lost: int) -> None:
        super().__init__()
        self.left = lost
        self.sent: list[bytes] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        self.sent.append(request.content)
        if self.left:
            self.left -= 1
            response.read()
            raise httpx.ReadTimeout("lost", request=request)
        return response


@pytest.fixture
async def code(standing: House) -> str:
    """A hospital of this test alone."""
    code = f"H{secrets.token_hex(6)[:11].upper()}"
    await add_institution(standing.pool, code)
    return code


@pytest.fixture
async def key(standing: House, code: str) -> str:
    return await standing.keys.key(Role.INSTITUTION, code)


@pytest.fixture
def hospital(standing: House, key: str) -> Iterator[Institution]:
    with Institution(standing.installation.base_url, key) as hospital:
        yield hospital


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medsettle_client.institution._PAUSE_SECONDS", 0.0)


def payment(code: str, person: str, **fields: Any) -> Message:
    given: dict[str, Any] = {
        "institution": code,
        "message_id": f"C{secrets.token_hex(8)}",
        "kind": "payment",
        "person_no": person,
        "amount": 1_000,
        "card": Card(cert_type="01"),
    }
    return Message(**{**given, **fields})


def test_a_payment_is_settled_and_typed(hospital: Institution, code: str, person: str) -> None:
    outcome = hospital.settle(payment(code, person, amount=10_500, occurred_at=datetime.now(UTC)))
    status: Literal["settled"] = "settled"
    assert outcome.status == status
    assert [(part.source, part.amount) for part in outcome.parts] == [("account", 10_000), ("cash", 500)]
    assert isinstance(outcome.settled_at, datetime)
    assert isinstance(outcome.business_day, date)


def test_an_answer_that_is_lost_is_asked_for_again_and_the_money_moves_once(
    standing: House, key: str, code: str, person: str, no_pauses: None
) -> None:
    way = LostAnswers(2)
    with Institution(standing.installation.base_url, key, httpx_args={"transport": way}) as hospital:
        outcome = hospital.settle(payment(code, person))
    assert len(way.sent) == 3
    assert len(set(way.sent)) == 1
    assert (outcome.replayed, outcome.balance_after) == (True, 9_000)


def test_no_answer_at_all_is_no_decline(standing: House, key: str, code: str, person: str, no_pauses: None) -> None:
    way, message = LostAnswers(3), payment(code, person)
    with Institution(standing.installation.base_url, key, attempts=3, httpx_args={"transport": way}) as hospital:
        with pytest.raises(Unanswered):
            hospital.settle(message)
        assert hospital.settle(message).replayed


def test_a_conflict_names_what_differs(hospital: Institution, code: str, person: str) -> None:
    message = payment(code, person)
    hospital.settle(message)
    message.amount = 1
    with pytest.raises(Conflict) as conflict:
        hospital.settle(message)
    assert conflict.value.outcome.differing_fields == ["amount"]


def test_a_quote_under_a_key_that_was_used_is_a_conflict(hospital: Institution, code: str, person: str) -> None:
    message = payment(code, person)
    hospital.settle(message)
    message.amount = 1
    with pytest.raises(Conflict) as conflict:
        hospital.quote(message)
    assert conflict.value.outcome.differing_fields == ["amount"]


class BehindAGate(httpx.HTTPTransport):
    """The way to the service through something that answers the first requests by itself."""

    def __init__(self, status: int, answers: int) -> None:
        super().__init__()
        self._status = status
        self.left = answers

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.left:
            self.left -= 1
            return httpx.Response(self._status, html="<h1>Not today</h1>", request=request)
        return super().handle_request(request)


@pytest.mark.parametrize("status", [403, 413, 429, 503])
def test_what_something_in_between_says_is_no_answer_of_the_service(
    standing: House, key: str, code: str, person: str, no_pauses: None, status: int
) -> None:
    def through(answers: int) -> Institution:
        way = BehindAGate(status, answers)
        return Institution(standing.installation.base_url, key, attempts=3, httpx_args={"transport": way})

    with through(3) as hospital, pytest.raises(Unanswered):
        hospital.settle(payment(code, person))
    with through(2) as hospital:
        assert hospital.settle(payment(code, person)).status == "settled"


def test_a_refusal_has_code_and_pointer(hospital: Institution, code: str, person: str) -> None:
    with pytest.raises(Refused) as refused:
        hospital.settle(payment(code, person, amount=0))
    assert refused.value.problem.code == "invalid_amount"
    assert refused.value.problem.request_id


def test_a_stranger_s_key_is_refused(standing: House, code: str, person: str) -> None:
    with Institution(standing.installation.base_url, "mds_none_none") as hospital, pytest.raises(Refused) as refused:
        hospital.settle(payment(code, person))
    assert refused.value.problem.status == 401


def test_batches_quotes_and_look_ups(hospital: Institution, code: str, person: str) -> None:
    messages = [payment(code, person), payment(code, "STRANGER"), payment(code, person, amount=0)]
    assert hospital.quote(messages[0]).settlement_id is None
    assert hospital.find(code, messages[0].message_id) is None
    outcomes = hospital.settle_batch(messages)
    assert [outcome.status for outcome in outcomes] == ["settled", "declined", "rejected"]
    found = hospital.find(code, messages[0].message_id)
    assert found is not None
    assert found.settlement_id == outcomes[0].settlement_id


def test_lists_exports_and_the_feed_tell_the_same(hospital: Institution, code: str, person: str) -> None:
    ids = [hospital.settle(payment(code, person, amount=1)).message_id for _ in range(5)]
    with closing(hospital.feed()) as feed:
        assert [event.outcome.message_id for event in islice(feed, 5)] == ids
    assert [outcome.message_id for outcome in hospital.transactions(limit=2)] == ids[::-1]
    today = datetime.now(ZONE).date()
    exported = [outcome.message_id for day in (today - timedelta(days=1), today) for outcome in hospital.export(day)]
    assert exported == ids


async def test_a_feed_waits_for_what_comes(
    hospital: Institution, standing: House, key: str, code: str, person: str
) -> None:
    feed = hospital.feed()
    coming = asyncio.create_task(asyncio.to_thread(next, feed))
    with Institution(standing.installation.base_url, key) as till:
        settled = await asyncio.to_thread(till.settle, payment(code, person))
    assert (await coming).outcome.message_id == settled.message_id
    feed.close()
