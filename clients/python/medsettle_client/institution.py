"""What a generator cannot know: which requests are safe to send again, and how to follow a feed."""

import json
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import date
from functools import partial
from http import HTTPStatus
from typing import Any, Self, TypeVar

import httpx

from medsettle_client.errors import Conflict, Refused, Unanswered
from medsettle_client.generated.api.transactions import (
    follow_feed,
    get_one,
    list_transactions,
    quote_one,
    settle_batch,
    settle_one,
)
from medsettle_client.generated.client import AuthenticatedClient
from medsettle_client.generated.models import FeedEvent, FeedPage, Message, Outcome, Problem, TransactionPage
from medsettle_client.generated.types import Response

_T = TypeVar("_T")

# Nothing was concluded, or it is not known what: the same request again is safe, since a message takes effect once.
_AGAIN = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
_PAUSE_SECONDS, _PAUSE_SECONDS_MAX = 0.5, 30.0
_WAIT_SECONDS = 25


class Institution:
    """One hospital or pharmacy at the service, by its API key. Not for use by several threads at once.

    attempts: how often a request is sent before Unanswered is raised. Each waits `timeout_seconds` for its answer.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        timeout_seconds: float = 10.0,
        attempts: int = 5,
        httpx_args: dict[str, Any] | None = None,
    ) -> None:
        self._attempts = attempts
        self._timeout_seconds = timeout_seconds
        self._make = partial(AuthenticatedClient, base_url, token=api_key, httpx_args=httpx_args or {})
        self.client = self._make(timeout=httpx.Timeout(timeout_seconds))

    def __enter__(self) -> Self:
        self.client.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.client.get_httpx_client().close()

    def settle(self, message: Message) -> Outcome:
        """Settle one transaction, sent again as often as it takes: it takes effect once.

        A decline is an outcome. Raises Conflict, Refused and Unanswered.
        """
        return _no_conflict(self._answered(lambda: settle_one.sync_detailed(client=self.client, body=message)))

    def settle_batch(self, messages: Sequence[Message]) -> list[Outcome]:
        """The outcomes in the order of the messages, conflicts and rejections too. Raises Refused and Unanswered."""
        response = self._answered(lambda: settle_batch.sync_detailed(client=self.client, body=list(messages)))
        found = response.parsed
        if not isinstance(found, list):
            raise _refusal(response)
        return found

    def quote(self, message: Message) -> Outcome:
        """What it would come to now; nothing is recorded. Raises Conflict, Refused and Unanswered."""
        return _no_conflict(self._answered(lambda: quote_one.sync_detailed(client=self.client, body=message)))

    def find(self, institution: str, message_id: str) -> Outcome | None:
        """The stored outcome of a message; None where it never arrived. Raises Refused and Unanswered."""
        response = self._answered(lambda: get_one.sync_detailed(institution, message_id, client=self.client))
        if response.status_code == HTTPStatus.NOT_FOUND:
            return None
        return _expect(response, Outcome)

    def transactions(self, **filters: Any) -> Iterator[Outcome]:
        """All that fit the filters of `list_transactions`, page after page. Raises Refused and Unanswered."""
        while True:
            response = self._answered(lambda: list_transactions.sync_detailed(client=self.client, **filters))
            page = _expect(response, TransactionPage)
            yield from page.transactions
            if page.next_cursor is None:
                return
            filters["cursor"] = page.next_cursor

    def export(self, day: date, **parameters: str) -> Iterator[Outcome]:
        """A business day as it stands, line by line. Raises Refused, and Unanswered where it broke off: begin again."""
        parameters = {"day": day.isoformat(), **parameters}
        try:
            with self.client.get_httpx_client().stream("GET", "/v1/transactions/export", params=parameters) as response:
                if not response.is_success:
                    raise Refused(Problem.from_dict(json.loads(response.read())))
                for line in response.iter_lines():
                    yield Outcome.from_dict(json.loads(line))
        except httpx.TransportError as error:
            raise Unanswered(f"The export broke off: {type(error).__name__}") from error

    def feed(self, cursor: str = "0", **parameters: Any) -> Generator[FeedEvent, None, None]:
        """Everything behind a cursor, and for ever what comes: keep the cursor of each event once it is dealt with.

        The service may come and go meanwhile. Raises Refused.
        """
        timeout = httpx.Timeout(self._timeout_seconds, read=self._timeout_seconds + _WAIT_SECONDS)
        with self._make(timeout=timeout) as client:
            while True:
                ask = partial(follow_feed.sync_detailed, client=client, cursor=cursor, wait=_WAIT_SECONDS, **parameters)
                try:
                    page = _expect(self._answered(ask), FeedPage)
                except Unanswered:
                    continue
                yield from page.events
                cursor = page.next_cursor

    def _answered(self, send: Callable[[], Response[_T]]) -> Response[_T]:
        failure, pause = "", 0.0
        for attempt in range(self._attempts):
            time.sleep(pause)
            pause = min(_PAUSE_SECONDS * 2**attempt, _PAUSE_SECONDS_MAX)
            try:
                response = send()
            except (httpx.TransportError, json.JSONDecodeError) as error:  # what is no JSON came from in between
                failure = type(error).__name__
                continue
            if response.status_code not in _AGAIN:
                return response
            failure = f"HTTP {int(response.status_code)}"
            pause = min(_retry_after(response) or pause, _PAUSE_SECONDS_MAX)
        raise Unanswered(f"No answer after {self._attempts} attempts, {failure} at last. Send the same again.")


def _retry_after(response: Response[Any]) -> float:
    told = response.headers.get("Retry-After", "")
    return float(told) if told.isdigit() else 0.0


def _expect(response: Response[Any], kind: type[_T]) -> _T:
    found = response.parsed
    if not isinstance(found, kind):
        raise _refusal(response)
    return found


def _no_conflict(response: Response[Any]) -> Outcome:
    outcome = _expect(response, Outcome)
    if response.status_code == HTTPStatus.CONFLICT:
        raise Conflict(outcome)
    return outcome


def _refusal(response: Response[Any]) -> Refused:
    found = response.parsed
    return Refused(found if isinstance(found, Problem) else Problem.from_dict(json.loads(response.content)))
