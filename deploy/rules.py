"""Alert rules: truths about money, what stands still, and how fast error budgets burn. `make monitoring` writes them.

Each alert is a measured value and what it is compared with, so that a test can ask for the value alone. Durations pass
through `Pace`, so that a test can have the same rules in a hurry.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

Severity = Literal["page", "ticket"]

RUNBOOK = "docs/operations.md"


@dataclass(frozen=True, slots=True)
class Pace:
    """`scale` shortens every duration; ranges stay long enough for four scrapes."""

    scale: float = 1.0
    range_seconds_min: int = 1

    def seconds(self, seconds: int) -> int:
        return max(int(seconds * self.scale), 1)

    def range(self, seconds: int) -> str:
        return f"{max(self.seconds(seconds), self.range_seconds_min)}s"


class Alert(NamedTuple):
    """`value` compared by `condition`; `lasts` seconds until it is raised."""

    name: str
    value: str
    condition: str
    lasts: int
    severity: Severity
    summary: str
    burn: str | None = None

    def rule(self, pace: Pace) -> dict[str, Any]:
        held = {"for": f"{pace.seconds(self.lasts)}s"} if self.lasts else {}
        burn = {"burn": self.burn} if self.burn is not None else {}
        return {
            "alert": self.name,
            "expr": f"{self.value} {self.condition}",
            **held,
            "labels": {"severity": self.severity, **burn},
            "annotations": {"summary": self.summary, "runbook": f"{RUNBOOK}#{self.name.lower()}"},
        }


def alerts(pace: Pace) -> list[Alert]:
    """Those that are no burn rate."""
    s, within = pace.seconds, pace.range
    away = "database|feed|gauges|hold_expiry|http_database|sweeper"
    return [
        Alert("LedgerImbalance", "max(medsettle_ledger_imbalance_fen)", "!= 0", 0, "page",
              "Balances differ from their movements by {{ $value }} fen."),
        Alert("VerifyFailed", "max(medsettle_verify_broken_rows)", "> 0", 0, "page",
              "The last verify named {{ $value }} broken rows."),
        Alert("VerifyOld", "max(medsettle_verify_age_seconds)", f"> {s(172_800)}", 0, "ticket",
              "The ledger has not been verified for two days."),
        Alert("MoneyUnwatched", "time() - max(medsettle_gauges_read_timestamp_seconds)", f"> {s(120)}", 0, "page",
              "No scheduler reads the ledger: imbalance, days and breaks are not known."),
        Alert("OutcomesUnpublished", "max(medsettle_unpublished_oldest_seconds)", f"> {s(60)}", 0, "page",
              "Recorded outcomes have not reached Kafka for {{ $value | humanizeDuration }}."),
        Alert("PartitionStuck", "max by (partition) (medsettle_consumer_stalled_seconds)", f"> {s(90)}", 0, "page",
              "Partition {{ $labels.partition }} has messages waiting and finishes none."),
        Alert("PartitionsUnowned", "(sum(medsettle_consumer_assigned_partitions) or vector(0))", "< 1", 60, "page",
              "No worker owns a partition: nothing from Kafka is settled."),
        Alert("ProcessDown", 'up{job=~"medsettle-.*"}', "== 0", 120, "ticket",
              "{{ $labels.instance }} of {{ $labels.job }} does not answer."),
        Alert("DatabaseAway", f'sum(rate(medsettle_retries_total{{reason=~"{away}"}}[{within(120)}]))', "> 0.2", 60,
              "page", "Postgres is away or busy: work waits and is tried again."),
        Alert("KafkaAway", f'sum(rate(medsettle_retries_total{{reason=~"kafka|commit"}}[{within(120)}]))', "> 0.05", 60,
              "page", "Kafka does not take outcomes or offsets."),
        Alert("LagHigh", "sum(medsettle_consumer_lag_messages)", "> 20000", 600, "ticket",
              "{{ $value }} messages wait in Kafka."),
        Alert("DeadLetters", f"sum by (code) (increase(medsettle_dead_letters_total[{within(600)}]))", "> 0", 0,
              "ticket", "Messages that no one can be answered about: {{ $labels.code }}."),
        Alert("Overloaded", f"sum(rate(medsettle_http_overloaded_total[{within(300)}]))", "> 0", 300, "ticket",
              "More requests come than the group commits carry."),
        Alert("PoolExhausted", 'min by (instance, pool) (medsettle_pool_connections{state="max"}) - '
              'max by (instance, pool) (medsettle_pool_connections{state="open"}) + '
              'max by (instance, pool) (medsettle_pool_connections{state="idle"})', "== 0", 600, "ticket",
              "All connections of {{ $labels.pool }} are in use."),
        Alert("FeedBehind", "max(medsettle_feed_oldest_seconds)", f"> {s(60)}", 0, "ticket",
              "Institutions' feeds are {{ $value | humanizeDuration }} behind."),
        Alert("HoldsOverdue", "max(medsettle_holds_overdue_seconds)", f"> {s(300)}", 0, "ticket",
              "Holds that are due are not written down as released."),
        Alert("DayNotSealed", "max(medsettle_day_unsealed_seconds)", f"> {s(900)}", 0, "page",
              "A business day has been over for {{ $value | humanizeDuration }} and is not sealed."),
        Alert("SealBroken", "max(medsettle_seal_broken)", "> 0", 0, "page",
              "A day cannot be sealed: settlements and transfers of an institution differ."),
        Alert("DayNotFiled", 'max(medsettle_business_day_oldest_seconds{state="sealed"})', f"> {s(3_600)}", 0, "page",
              "A business day was closed {{ $value | humanizeDuration }} ago, and not every bank has its files."),
        Alert("FileUnacknowledged", "max(medsettle_file_unacknowledged_banking_days)", "> 1", 0, "ticket",
              "Lines of a payment file have no result after {{ $value }} banking days."),
        Alert("BreaksOld", "max by (state) (medsettle_reconciliation_break_oldest_seconds)", f"> {s(259_200)}", 0,
              "ticket", "Breaks with institutions are older than three days."),
        Alert("ReconciliationStuck", "max(medsettle_reconciliation_waiting_seconds)", f"> {s(900)}", 0, "ticket",
              "A reconciliation waits to be compared."),
        Alert("AccessRefused", f"sum by (code) (rate(medsettle_access_refused_total[{within(600)}]))", "> 1", 600,
              "ticket", "Many callers without right: {{ $labels.code }}."),
        Alert("ReleasesDiffer", "count(count by (version) (medsettle_build_info))", "> 1", 3_600, "ticket",
              "Two releases have run side by side for an hour."),
    ]  # fmt: skip


class Objective(NamedTuple):
    """`bad` and `all` are counters summed over {range}; `budget` is the share of them that may be bad."""

    name: str
    record: str
    bad: str
    all: str
    budget: float
    summary: str


_HTTP = "medsettle_http_request_seconds"

OBJECTIVES = (
    Objective(
        "HttpErrors", "medsettle:http_errors",
        f'(sum(rate({_HTTP}_count{{status=~"5.."}}[{{range}}])) or vector(0))',
        f"sum(rate({_HTTP}_count[{{range}}]))",
        0.001, "requests fail",
    ),
    Objective(
        "TillSlow", "medsettle:till_slow",
        f'(sum(rate({_HTTP}_count{{route="/v1/transactions"}}[{{range}}])) - '
        f'sum(rate({_HTTP}_bucket{{route="/v1/transactions",le="0.25"}}[{{range}}])))',
        f'sum(rate({_HTTP}_count{{route="/v1/transactions"}}[{{range}}]))',
        0.01, "transactions over HTTP take longer than 250 ms",
    ),
    Objective(
        "OutcomesSlow", "medsettle:outcomes_slow",
        '(sum(rate(medsettle_end_to_end_seconds_count[{range}])) - '
        'sum(rate(medsettle_end_to_end_seconds_bucket{le="1.0"}[{range}])))',
        "sum(rate(medsettle_end_to_end_seconds_count[{range}]))",
        0.01, "batches from Kafka are told later than a second",
    ),
)  # fmt: skip

#: Burn rate, long and short window in seconds, severity: 2 % of a month's budget in an hour, 5 % in 6 h, 10 % in a day
#: and in three days.
BURNS: tuple[tuple[float, int, int, Severity], ...] = (
    (14.4, 3_600, 300, "page"),
    (6, 21_600, 1_800, "page"),
    (3, 86_400, 7_200, "ticket"),
    (1, 259_200, 21_600, "ticket"),
)
_WINDOWS = sorted({seconds for _, long, short, _ in BURNS for seconds in (long, short)})


def _window(seconds: int) -> str:
    return (
        f"{seconds // 86_400}d"
        if seconds >= 86_400
        else f"{seconds // 3_600}h"
        if seconds >= 3_600
        else f"{seconds // 60}m"
    )


def _recorded(objective: Objective, seconds: int) -> str:
    return f"{objective.record}:ratio_rate{_window(seconds)}"


def burn_alerts(objective: Objective) -> Iterator[Alert]:
    """Both windows must burn: the long one that it matters, the short one that it goes on."""
    for burn, long, short, severity in BURNS:
        limit = f"> {burn:g} * {objective.budget:g}"
        yield Alert(
            objective.name,
            _recorded(objective, long),
            f"{limit} and {_recorded(objective, short)} {limit}",
            0,
            severity,
            f"{{{{ $value | humanizePercentage }}}} of {objective.summary}: {burn:g} times more than the budget.",
            f"{burn:g}",
        )


def documents(pace: Pace = Pace()) -> dict[str, dict[str, Any]]:
    """Rule files by name."""
    recordings = [
        {
            "record": _recorded(objective, seconds),
            "expr": f"{objective.bad} / {objective.all}".replace("{range}", pace.range(seconds)),
        }
        for objective in OBJECTIVES
        for seconds in _WINDOWS
    ]
    burns = [alert.rule(pace) for objective in OBJECTIVES for alert in burn_alerts(objective)]
    return {
        "medsettle.yaml": {
            "groups": [
                {"name": "medsettle", "rules": [alert.rule(pace) for alert in alerts(pace)]},
                {"name": "medsettle objectives", "rules": recordings},
                {"name": "medsettle burn rates", "rules": burns},
            ]
        }
    }
