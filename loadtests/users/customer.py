"""What whoever stands at the HTTP door does: think, send, and judge the answer."""

import os
from pathlib import Path
from random import lognormvariate
from typing import Any, ClassVar

import orjson
from locust import FastHttpUser
from locust.contrib.fasthttp import ResponseContextManager

from loadtests.users.made import Json, MadePeople

DEV: Json = orjson.loads(Path(os.environ["MEDSETTLE_DEV_JSON"]).read_bytes())
PEOPLE = MadePeople(DEV["samples"])


class InHand:
    """Transactions that were sent and not answered yet; at the end, those whose customer was sent home meanwhile."""

    transactions = 0


class Customer(FastHttpUser):
    """Half of the pauses are shorter than `think_seconds`, one of forty is longer than four times that.

    People think for a minute where these think for a moment: each stands for some hundreds.
    """

    abstract = True
    host = DEV["base_url"]
    think_seconds: ClassVar[float]
    headers: dict[str, str]

    def wait_time(self) -> float:
        return lognormvariate(0, 0.7) * self.think_seconds

    def send(
        self, method: str, path: str, name: str, body: bytes | None = None, *, transactions: int = 1
    ) -> ResponseContextManager:
        transactions *= method == "POST"
        InHand.transactions += transactions
        response: ResponseContextManager = self.client.request(
            method,
            path,
            name=name,
            data=body,  # type: ignore[arg-type]
            headers=self.headers,
            catch_response=True,
        )
        InHand.transactions -= transactions
        return response


def expect(response: ResponseContextManager, status: int, media_type: str = "application/json") -> Any:
    """The parsed body of the expected answer; None marks the request as failed."""
    if response.status_code != status:
        fail(response, f"{response.status_code} instead of {status}: {(response.text or '')[:200]}")
        return None
    headers: Any = response.headers
    if headers["content-type"] != media_type:
        fail(response, f"{headers['content-type']} instead of {media_type}")
        return None
    response.success()  # type: ignore[no-untyped-call]
    return orjson.loads(response.content or b"null")


def fail(response: ResponseContextManager, reason: str) -> None:
    response.failure(reason)  # type: ignore[no-untyped-call]
