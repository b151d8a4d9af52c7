"""Every metric of the service, with its meaning and what to do about it. No label is unbounded.

docs/metrics.md is written from here by `make monitoring`. Children of labels that are known beforehand stand at zero
from the start, so that a rate is told before the first event.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple, Protocol

from prometheus_client import Counter, Gauge, Histogram, Info

from app import __version__
from app.codes import Code

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_COUNTS = (1, 3, 10, 30, 100, 300, 1_000, 3_000)


class Described(NamedTuple):
    """`name` as it is scraped, without the suffixes of a histogram's series."""

    name: str
    type: str
    labels: tuple[str, ...]
    meaning: str
    remedy: str


#: In the order of a transaction's way.
CATALOGUE: list[Described] = []


def _counter(name: str, meaning: str, remedy: str, labels: Sequence[str] = ()) -> Counter:
    CATALOGUE.append(Described(name, "counter", tuple(labels), meaning, remedy))
    return Counter(name, meaning, labels)


def _gauge(name: str, meaning: str, remedy: str, labels: Sequence[str] = ()) -> Gauge:
    CATALOGUE.append(Described(name, "gauge", tuple(labels), meaning, remedy))
    return Gauge(name, meaning, labels)


def _histogram(
    name: str, meaning: str, remedy: str, labels: Sequence[str] = (), buckets: Sequence[float] = SECONDS
) -> Histogram:
    CATALOGUE.append(Described(name, "histogram", tuple(labels), meaning, remedy))
    return Histogram(name, meaning, labels, buckets=buckets)


CATALOGUE.append(
    Described(
        "medsettle_build_info",
        "gauge",
        ("version",),
        "Release that runs here; always 1.",
        "Two releases for long: finish the roll-out.",
    )
)
BUILD = Info("medsettle_build", "Release that runs here; always 1.")
BUILD.info({"version": __version__})

# Intake

INTAKE = _counter(
    "medsettle_intake_messages_total",
    "Messages taken in, by way in; repeats and unreadable ones count.",
    "None for minutes in the daytime: ask the institutions' network, then look at the workers.",
    ["origin"],
)
INTAKE_KAFKA, INTAKE_HTTP = INTAKE.labels("kafka"), INTAKE.labels("http")
LAG = _gauge(
    "medsettle_consumer_lag_messages",
    "Messages in the assigned partitions behind this worker.",
    "Rising: `medsettle_stage_seconds` tells the slow stage; add workers up to the number of partitions.",
)
ASSIGNED = _gauge(
    "medsettle_consumer_assigned_partitions",
    "Partitions that this worker owns.",
    "The sum over workers is the number of partitions, but for seconds after one starts or ends.",
)
STALLED = _gauge(
    "medsettle_consumer_stalled_seconds",
    "For how long this worker has finished nothing of the partition, though messages wait in it; 0 while it gets on.",
    "The log says why it waits: Postgres or Kafka away, or an account that another session holds locked.",
    ["partition"],
)
HTTP_WAITING = _gauge(
    "medsettle_http_waiting_messages",
    "Transactions that wait for a group commit in this process.",
    "Near MEDSETTLE_HTTP_QUEUE_MAX: add API processes, or have senders send batches.",
)
GROUP_COMMIT_WAIT = _histogram(
    "medsettle_group_commit_wait_seconds",
    "How long the first request of a group waited for its turn.",
    "Longer than two commits take: more requests than one group commit carries; add API processes.",
)
HTTP_OVERLOADED = _counter(
    "medsettle_http_overloaded_total",
    "Requests refused with 503 because the queue was full.",
    "Add API processes or send batches.",
)

# Settling

BATCH_SIZE = _histogram(
    "medsettle_batch_messages",
    "Messages settled in one transaction, by way in.",
    "Always at MEDSETTLE_BATCH_MESSAGES_MAX, over HTTP at half of it: the load is at what one process carries.",
    ["origin"],
    buckets=_COUNTS,
)
BATCH_SIZE_KAFKA, BATCH_SIZE_HTTP = BATCH_SIZE.labels("kafka"), BATCH_SIZE.labels("http")
STAGE = _histogram(
    "medsettle_stage_seconds",
    "Time of one batch in a stage: decode, settle, publish, commit.",
    "Settle growing alone points at Postgres, publish or commit at Kafka.",
    ["stage"],
)
DECODE, SETTLE = STAGE.labels("decode"), STAGE.labels("settle")
PUBLISH, COMMIT = STAGE.labels("publish"), STAGE.labels("commit")
END_TO_END = _histogram(
    "medsettle_end_to_end_seconds",
    "From the timestamp of the Kafka record to its acknowledged outcome; the batch's oldest record.",
    "Compare the stages' times; if these are short, messages waited: see the lag.",
)
OUTCOMES = _counter(
    "medsettle_outcomes_total",
    "Answers given, by way in, kind, status and code; repeats count as status `replayed`, unreadable as kind `none`.",
    "A code that rises alone: look it up in contract/errors.md.",
    ["origin", "kind", "status", "code"],
)
DEAD_LETTERS = _counter(
    "medsettle_dead_letters_total",
    "Messages that no one can be answered about, put aside with their bytes.",
    "`medsettle dlq list` says which and why.",
    ["code"],
)
for _code in (Code.INVALID_JSON, Code.INVALID_FIELD, Code.MESSAGE_TOO_LARGE, Code.REFUSED_BY_DATABASE):
    DEAD_LETTERS.labels(_code)
RETRIES = _counter(
    "medsettle_retries_total",
    "Work that waited for Postgres or Kafka and was tried again, by what it was.",
    "Nothing is lost meanwhile; mend what is away. The log names it.",
    ["reason"],
)
for _reason in (
    "acknowledgments", "commit", "console", "database", "feed", "feed_watch", "files", "gauges", "hold_expiry",
    "http_database", "kafka", "process_board", "publication_marks", "rebalanced", "reconciliation", "sweeper",
):  # fmt: skip
    RETRIES.labels(_reason)
POOL = _gauge(
    "medsettle_pool_connections",
    "Postgres connections of this process, by pool and state: `open`, `idle` of these, and `max` that may be.",
    "All open and none idle for long: statements are slow, or MEDSETTLE_POOL_SIZE_MAX is small.",
    ["pool", "state"],
)

# What is told

UNPUBLISHED_AGE = _gauge(
    "medsettle_unpublished_oldest_seconds",
    "Age of the oldest batch whose outcomes are not acknowledged by Kafka; 0 if none.",
    "Outcomes are recorded and not told: look at Kafka; the sweeper catches up by itself.",
)
REPUBLISHED = _counter(
    "medsettle_outcomes_republished_total",
    "Outcomes published by the sweeper because a process died or Kafka was away.",
    "Rising without a crash: processes publish slower than five seconds; look at Kafka.",
)
FEED_AGE = _gauge(
    "medsettle_feed_oldest_seconds",
    "Age of the oldest batch that is not yet in institutions' feeds; 0 if none.",
    "The log says why (`feed_failed`); any process catches up by itself.",
)
FEED_READERS = _gauge(
    "medsettle_feed_readers",
    "Requests that wait for or stream a feed in this process.",
    "Each holds a connection of a client; add API processes for thousands.",
)

# Truths about money, looked at by each scheduler

LEDGER_IMBALANCE = _gauge(
    "medsettle_ledger_imbalance_fen",
    "Fen by which balances differ from their newest movements, over the accounts found so; must be 0.",
    "Somebody or something changed rows of the ledger: stop sealing, run `medsettle verify`, which names them.",
)
LEDGER_CHECKED = _counter(
    "medsettle_ledger_accounts_checked_total",
    "Accounts whose balance was compared with their newest movements: those posted to, and all others in turn.",
    "Not rising: `medsettle_gauges_read_timestamp_seconds` tells since when.",
)
VERIFY_BROKEN = _gauge(
    "medsettle_verify_broken_rows",
    "Broken rows that the last `medsettle verify` named; must be 0.",
    "Run it again: it names them. Then restore or correct, by new movements only.",
)
VERIFY_AGE = _gauge(
    "medsettle_verify_age_seconds",
    "Time since the last `medsettle verify`, or since the ledger was made.",
    "Run it every night.",
)
HOLDS_EXPIRING = _gauge(
    "medsettle_holds_expiring",
    "Open holds that expire within the hour, up to 10,000.",
    "Many at once: an institution does not capture or void what it authorised.",
)
HOLDS_OVERDUE = _gauge(
    "medsettle_holds_overdue_seconds",
    "Age of the longest due hold that is not written down as released; it counts no more.",
    "The log says why (`hold_expiry_failed`); balances are right meanwhile.",
)

# Clearing, looked at by each scheduler

DAYS = _gauge(
    "medsettle_business_days",
    "Business days by state: `sealing`, `sealed`, `filed`, `acknowledged`.",
    "More than one `sealing`: see the log of the scheduler.",
    ["state"],
)
DAY_AGE = _gauge(
    "medsettle_business_day_oldest_seconds",
    "How long the oldest day of a state has been closed; 0 if none.",
    "`filed` for long: see `medsettle_file_unacknowledged_banking_days`.",
    ["state"],
)
DAY_UNSEALED = _gauge(
    "medsettle_day_unsealed_seconds",
    "How long the oldest unsealed day has been over; 0 while it is open.",
    "See the scheduler's log (`seal_failed`, `seal_waits`), then `medsettle seal`.",
)
SEAL_BROKEN = _gauge(
    "medsettle_seal_broken",
    "1 while the day that is due is not sealed because settlements and transfers of an institution differ.",
    "Run `medsettle verify`, which names the rows; see the runbook of `SealBroken`.",
)
FILES_UNWRITTEN = _gauge(
    "medsettle_settlement_files_unwritten",
    "Settlement files that are drawn and not written.",
    "See the scheduler's log (`file_failed`, `files_refused`, `files_wait`), then `medsettle files write`.",
)
BANKS_HELD = _gauge(
    "medsettle_banks_held_over",
    "Banks of sealed days that get no files: without terms, or with lines that their form cannot tell.",
    "`medsettle files list` names them; file their terms by `medsettle clearing bank`.",
)
FILE_UNACKNOWLEDGED = _gauge(
    "medsettle_file_unacknowledged_banking_days",
    "Banking days begun since the oldest payment file was written of whose lines some have no result; 0 if none.",
    "`medsettle acks ageing` names the bank; ask it, and see `medsettle acks list` for what was refused.",
)
LINES_UNACKNOWLEDGED = _gauge(
    "medsettle_lines_unacknowledged",
    "Lines of written payment files that have no result yet.",
    "A bank takes its time until the value date; then see the metric before.",
)
BREAKS = _gauge(
    "medsettle_reconciliation_breaks",
    "Breaks with institutions that are not levelled, by state: `new`, `checked`; up to 100,000.",
    "Work through them: `medsettle reconcile`.",
    ["state"],
)
BREAK_AGE = _gauge(
    "medsettle_reconciliation_break_oldest_seconds",
    "Age of the oldest break that is not levelled, by state; 0 if none.",
    "Work through them, oldest first.",
    ["state"],
)
RUN_AGE = _gauge(
    "medsettle_reconciliation_waiting_seconds",
    "Age of the oldest reconciliation that waits to be compared; 0 if none.",
    "The log of the API says why (`reconciliation_failed`).",
)
GAUGES_READ_AT = _gauge(
    "medsettle_gauges_read_timestamp_seconds",
    "When this scheduler last read the ledger and the clearing for these metrics; 0 in other processes.",
    "Old: Postgres is away, or no scheduler runs; what the other metrics say is as old.",
)

# HTTP

HTTP_SECONDS = _histogram(
    "medsettle_http_request_seconds",
    "Time of a request, by route template and status.",
    "401 and 403: callers without right; 5xx: the log by X-Request-Id.",
    ["route", "status"],
)
ACCESS_REFUSED = _counter(
    "medsettle_access_refused_total",
    "Requests whose caller was not known, or may not do that, by code.",
    "Many of one institution: its key has ended, or somebody tries; the audit log names the callers.",
    ["code"],
)
for _code in (Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_YOURS):
    ACCESS_REFUSED.labels(_code)
SFTP_LOGINS = _counter(
    "medsettle_sftp_logins_total",
    "Logins of banks over SFTP: good; refused, a key that is not good or not this bank's; limited, too many at once.",
    "Many refused: a bank's key has ended, or somebody tries. Limited: a client leaves its connections open.",
    ["result"],
)
for _result in ("good", "refused", "limited"):
    SFTP_LOGINS.labels(_result)
SFTP_CONNECTIONS = _gauge(
    "medsettle_sftp_connections",
    "Connections that the SFTP server has open.",
    "Near 200 in one process, where new ones are turned away: see which banks leave theirs open; run one process more.",
)

# Traces

SPANS = _counter(
    "medsettle_spans_total",
    "Spans that this process ended, and of these those that the collector has taken; 0 where none is named.",
    "Ended ones run ahead: the collector is away or slow, and what it does not take is dropped. Nothing else suffers.",
    ["result"],
)
SPANS_ENDED, SPANS_EXPORTED = SPANS.labels("ended"), SPANS.labels("exported")


class _Pool(Protocol):
    def get_size(self) -> int: ...
    def get_idle_size(self) -> int: ...
    def get_max_size(self) -> int: ...


def watch_pool(name: str, pool: "_Pool") -> None:
    """Tell of a pool whenever it is scraped; the newest of a name."""
    POOL.labels(name, "open").set_function(pool.get_size)
    POOL.labels(name, "idle").set_function(pool.get_idle_size)
    POOL.labels(name, "max").set_function(pool.get_max_size)


@cache
def http_seconds(route: str, status: int) -> Any:
    """The child of HTTP_SECONDS; routes and statuses are few."""
    return HTTP_SECONDS.labels(route, status)
