"""The rules by which messages are settled: data with the times from which they hold."""

import time as clock
from collections.abc import Mapping
from datetime import datetime, time
from typing import NamedTuple

from app.database import Connection

#: Rules are filed a minute before they hold (`region_rule_is_filed_ahead`), so whoever reads so often knows in time.
_READ_EVERY_SECONDS = 20.0

_READ_REGIONS = """
SELECT region, effective_from, use_accumulated_first FROM settlement.region_rules ORDER BY region, effective_from DESC
"""


class RegionRule(NamedTuple):
    """What a region lays down. use_accumulated_first: which part of an account pays first."""

    effective_from: datetime
    use_accumulated_first: bool


class Rules(NamedTuple):
    """Each region's rules, newest first; the region '' stands for all that have none of their own."""

    cut_off: time
    regions: Mapping[str, list[RegionRule]]

    def at(self, moment: datetime) -> dict[str, RegionRule]:
        """The rule of each region that holds at a moment; '' is always among them."""
        holding = {
            region: next((rule for rule in rules if rule.effective_from <= moment), None)
            for region, rules in self.regions.items()
        }
        return {region: rule for region, rule in holding.items() if rule is not None}


class RuleBook:
    """The rules of one database, read now and then by the transactions that settle."""

    def __init__(self, cut_off: time) -> None:
        self._cut_off = cut_off
        self._rules: Rules | None = None
        self._read_at = 0.0

    @property
    def cut_off(self) -> time:
        return self._cut_off

    async def read(self, connection: Connection) -> Rules:
        """The rules as they were at most twenty seconds ago."""
        now = clock.monotonic()
        if self._rules is None or now - self._read_at > _READ_EVERY_SECONDS:
            regions: dict[str, list[RegionRule]] = {}
            for region, *rule in await connection.fetch(_READ_REGIONS):
                regions.setdefault(region, []).append(RegionRule(*rule))
            self._rules, self._read_at = Rules(self._cut_off, regions), now
        return self._rules
