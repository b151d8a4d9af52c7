"""How a command runs: the settings of servers that are there already, and the event loop."""

from collections.abc import Coroutine
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


def run(work: Coroutine[Any, Any, None], *, logs: bool = False) -> None:
    import uvloop

    from app.config import settings

    if logs:
        from app import logs as logging

        logging.set_up(settings().log_level, json=settings().log_json)
    uvloop.run(work)
