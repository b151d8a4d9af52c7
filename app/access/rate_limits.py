"""How often one client may call one process: a token bucket each, in memory."""

import time
from collections import OrderedDict
from typing import NamedTuple

from app.errors import RateLimited

_CLIENTS_MAX = 20_000
_ROUNDING = 1e-6


class Limit:
    """So many a second on average, and those of some seconds at once."""

    def __init__(self, name: str, per_second: int, burst_seconds: int = 2) -> None:
        self._burst_seconds = burst_seconds
        self._interval = 1 / per_second
        # When the client's bucket will be full again; who came last stands last.
        self._full_at: OrderedDict[str, float] = OrderedDict()
        self.name = name
        self.burst = per_second * burst_seconds
        self.policy = f'"{name}";q={self.burst};w={burst_seconds}'

    def take(self, client: str) -> int:
        """One token; how many are left. Raises RateLimited where there is none."""
        now = time.monotonic()
        full_at = max(self._full_at.get(client, now), now)
        wait = full_at + self._interval - now - self._burst_seconds
        if wait > _ROUNDING:
            raise RateLimited(self.name, self.policy, wait)
        self._full_at[client] = full_at + self._interval
        self._full_at.move_to_end(client)
        if len(self._full_at) > _CLIENTS_MAX:  # of so many the one not heard of for the longest has a full bucket
            self._full_at.popitem(last=False)
        return int((self._burst_seconds - (full_at + self._interval - now) + _ROUNDING) / self._interval)

    def headers(self, left: int) -> list[tuple[bytes, bytes]]:
        """draft-ietf-httpapi-ratelimit-headers: the policy, and what is left of it."""
        return [(b"ratelimit-policy", self.policy.encode()), (b"ratelimit", f'"{self.name}";r={left};t=1'.encode())]

    def refuse_empty(self, client: str) -> None:
        """Raises RateLimited where the next `take` would."""
        wait = self._full_at.get(client, 0.0) + self._interval - time.monotonic() - self._burst_seconds
        if wait > _ROUNDING:
            raise RateLimited(self.name, self.policy, wait)


class Limits(NamedTuple):
    """looks: at persons' data, so that nobody counts through a population."""

    requests: Limit
    looks: Limit
