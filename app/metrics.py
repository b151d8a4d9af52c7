"""Every metric of the service, with its meaning and what to do about it. No label is unbounded."""

from prometheus_client import Counter, Gauge, Histogram, Info

from app import __version__

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_COUNTS = (1, 3, 10, 30, 100, 300, 1_000, 3_000)

BUILD = Info("medsettle_build", "Release that runs here.")
BUILD.info({"version": __version__})

OUTCOMES = Counter(
    "medsettle_outcomes_total",
    "Answers given, by way in, status and code; replays count as status `replayed`.",
    ["origin", "status", "code"],
)
BATCH_SIZE = Histogram("medsettle_batch_messages", "Messages settled in one transaction.", ["origin"], buckets=_COUNTS)
STAGE = Histogram(
    "medsettle_stage_seconds",
    "Time of one batch in a stage: decode, settle, publish, commit. Settle growing alone points at Postgres.",
    ["stage"],
    buckets=_SECONDS,
)
END_TO_END = Histogram(
    "medsettle_end_to_end_seconds",
    "From the timestamp of the Kafka record to its acknowledged outcome; the batch's oldest record.",
    buckets=_SECONDS,
)
DEAD_LETTERS = Counter(
    "medsettle_dead_letters_total", "Messages put aside with their bytes; look at them with their code.", ["code"]
)
RETRIES = Counter(
    "medsettle_retries_total", "Batches that waited for Postgres or Kafka and were sent again.", ["reason"]
)
LAG = Gauge("medsettle_consumer_lag_messages", "Messages in the assigned partitions behind this worker.")
ASSIGNED = Gauge("medsettle_consumer_assigned_partitions", "Partitions that this worker owns.")
REPUBLISHED = Counter(
    "medsettle_outcomes_republished_total",
    "Outcomes published by the sweeper because a process died or Kafka was away.",
)
UNPUBLISHED_AGE = Gauge(
    "medsettle_unpublished_oldest_seconds", "Age of the oldest batch whose outcomes are not acknowledged; 0 if none."
)
FEED_AGE = Gauge(
    "medsettle_feed_oldest_seconds", "Age of the oldest batch that is not yet in institutions' feeds; 0 if none."
)
FEED_READERS = Gauge("medsettle_feed_readers", "Requests that wait for or stream a feed in this process.")
HTTP_WAITING = Gauge("medsettle_http_waiting_messages", "Transactions that wait for a group commit in this process.")
HTTP_OVERLOADED = Counter("medsettle_http_overloaded_total", "Requests refused with 503 because the queue was full.")
HTTP_SECONDS = Histogram(
    "medsettle_http_request_seconds", "Time of a request, by route and status.", ["route", "status"], buckets=_SECONDS
)
