"""How a command runs: the settings of servers that are there already, and the event loop."""

from collections.abc import Coroutine, Iterator
from contextlib import closing, contextmanager
from typing import Any


def outside_settings(*, kafka: bool) -> Any:
    """Settings of a command that works on servers which run already. Raises UsageError where they are not named."""
    from app.config import settings
    from app.errors import UsageError

    found = settings()
    missing = [
        name
        for name, value in (
            ("MEDSETTLE_DATABASE_URL", found.database_url.get_secret_value()),
            ("MEDSETTLE_KAFKA_BOOTSTRAP_SERVERS", found.kafka_bootstrap_servers if kafka else "-"),
        )
        if not value
    ]
    if missing:
        raise UsageError(f"Set {' and '.join(missing)}, or run `medsettle dev`, which brings servers of its own.")
    return found


def run(work: Coroutine[Any, Any, None], *, process: str = "") -> None:
    """process: the name of one that runs for long, which writes logs and, where a collector is named, tells spans."""
    import uvloop

    from app.config import settings

    if not process:
        uvloop.run(work)
        return
    from app import logs

    logs.set_up(settings().log_level, json=settings().log_json)
    with closing(work), _spans_told(settings().otlp_endpoint, process):
        uvloop.run(work)


@contextmanager
def _spans_told(endpoint: str, process: str) -> Iterator[None]:
    if not endpoint:
        yield
        return
    from app.errors import UsageError

    try:
        from app.otlp import exporting
    except ImportError:
        raise UsageError("Traces need packages of OpenTelemetry: pip install 'medsettle[otel]'.") from None
    with exporting(endpoint, process):
        yield
