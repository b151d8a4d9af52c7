"""The rules by which messages are settled: data with the times from which they hold."""

import time as clock
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from app.database import Connection
from app.ledger.business_days import BusinessDays, read_business_days

#: Rules and cut-offs are filed a minute before they hold (CHECKs `…_is_filed_ahead`), so whoever reads so often knows
#: in time.
_READ_EVERY_SECONDS = 20.0


class RegionRule(NamedTuple):
    """What a region lays down; caps in fen. See docs/transactions.md.

    med_types: those for which the account may pay. pharmacy_daily_*: caps of one person and business day. refund_days:
    business days within which a payment may be refunded. None: no limit.
    """

    effective_from: datetime
    use_accumulated_first: bool = False
    med_types: Sequence[str] | None = None
    pharmacy_daily_fen: int | None = None
    pharmacy_daily_payments: int | None = None
    suspended_may_spend: bool = True
    mutual_aid: bool = True
    partial_refunds: bool = True
    refund_days: int | None = None

    @property
    def caps_pharmacies(self) -> bool:
        return self.pharmacy_daily_fen is not None or self.pharmacy_daily_payments is not None


_READ_REGIONS = f"""
SELECT region, {", ".join(RegionRule._fields)} FROM settlement.region_rules ORDER BY region, effective_from DESC
"""  # noqa: S608


class Rules(NamedTuple):
    """Each region's rules, newest first; the region '' stands for all that have none of their own."""

    days: BusinessDays
    regions: Mapping[str, list[RegionRule]]

    def at(self, moment: datetime) -> dict[str, RegionRule]:
        """The rule of each region that holds at a moment; '' is always among them."""
        holding = {
            region: next((rule for rule in rules if rule.effective_from <= moment), None)
            for region, rules in self.regions.items()
        }
        return {region: rule for region, rule in holding.items() if rule is not None}


class RuleBook:
    """The rules of one database, read now and then by the transactions that settle.

    cut_off: when business days begin, until a cut-off is filed.
    """

    def __init__(self, cut_off: time) -> None:
        self._cut_off = cut_off
        self._rules: Rules | None = None
        self._read_at = 0.0

    async def read(self, connection: Connection) -> Rules:
        """The rules as they were at most twenty seconds ago."""
        now = clock.monotonic()
        if self._rules is None or now - self._read_at > _READ_EVERY_SECONDS:
            regions: dict[str, list[RegionRule]] = {}
            for region, *rule in await connection.fetch(_READ_REGIONS):
                regions.setdefault(region, []).append(RegionRule(*rule))
            self._rules, self._read_at = Rules(await read_business_days(connection, self._cut_off), regions), now
        return self._rules

    def forget(self) -> None:
        """Read them anew the next time."""
        self._rules = None

    async def today(self, connection: Connection) -> date:
        """The day that a payment now would be booked on and judged by."""
        return (await self.read(connection)).days.open_at(datetime.now(UTC))
