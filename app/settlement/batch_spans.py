"""What a trace tells of a batch: where it came from, how many of what it held, and what it came to."""

from collections import Counter
from collections.abc import Iterable, Sequence

from app import tracing
from app.ledger.journal import LANES
from app.settlement.intake import Polled
from app.settlement.publisher import Dispatch
from app.tracing import Span

# A batch may hold messages of thousands of producers, and a group as many requests.
_PRODUCERS_MAX = 32
_REQUESTS_MAX = 128

_STATUSES = ("settled", "declined", "rejected", "conflict", "replayed")
_HEADER = "traceparent"


def batch_from_kafka(polled: Polled, topic: str) -> Span:
    """Linked to what its producers were doing, as far as their records' headers say."""
    if not tracing.is_on():
        return tracing.span("settle batch")
    counts = {partition.partition: len(records) for partition, records in polled.items()}
    attributes: tracing.Attributes = {
        "medsettle.origin": "kafka",
        "messaging.system": "kafka",
        "messaging.destination.name": topic,
        "messaging.batch.message_count": sum(counts.values()),
        "medsettle.partitions": [f"{partition}:{count}" for partition, count in counts.items()],
    }
    return tracing.span("settle batch", attributes, kind="consumer", links=_producers(polled))


def batch_from_http(messages: int, requests: Iterable[str]) -> Span:
    """Linked to the requests that it answers."""
    if not tracing.is_on():
        return tracing.span("settle batch")
    links = [request for request in requests if request]
    attributes: tracing.Attributes = {
        "medsettle.origin": "http",
        "messaging.batch.message_count": messages,
        "medsettle.requests": len(links),
    }
    return tracing.span("settle batch", attributes, links=links[:_REQUESTS_MAX])


def tell_outcomes(span: Span, batch_ids: Sequence[int], dispatches: Sequence[Dispatch], *, dead_letters: int) -> None:
    if not span.is_told:
        return
    counts = Counter([each.counted[1] for each in dispatches])
    span.tell(
        {
            "medsettle.batch_ids": batch_ids,
            "medsettle.lanes": [batch_id % LANES for batch_id in batch_ids],
            **{f"medsettle.{status}": counts[status] for status in _STATUSES},
            "medsettle.dead_letters": dead_letters,
        }
    )


def publication(outcomes: int, batch: str = "") -> Span:
    """batch: whose outcomes they are, where that is not the batch we are in."""
    return tracing.span("publish outcomes", {"medsettle.outcomes": outcomes}, kind="producer", caller=batch)


def _producers(polled: Polled) -> list[str]:
    """The first few, each once."""
    found: dict[bytes, None] = {}
    for records in polled.values():
        for record in records:
            for name, value in record.headers:
                if name == _HEADER and value:
                    found[value] = None
            if len(found) >= _PRODUCERS_MAX:
                return [each.decode("latin-1") for each in found][:_PRODUCERS_MAX]
    return [each.decode("latin-1") for each in found]
