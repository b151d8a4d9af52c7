"""Logs: JSON lines (or plain ones for a terminal), written by a thread so that logging never holds up the loop."""

import atexit
import logging
import queue
import sys
import traceback
from collections.abc import Mapping
from logging.handlers import QueueHandler, QueueListener
from pathlib import Path
from typing import Any

import structlog

from app.masking import masked

_listeners: list[QueueListener] = []


def set_up(level: str, *, json: bool) -> None:
    """Route structlog and the standard library's loggers into one stream on stderr. Call once a process."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer = structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=False)
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    lines: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    listener = QueueListener(lines, stream)
    listener.start()
    atexit.register(flush)  # what is logged last says why the process ends
    _listeners.append(listener)
    root = logging.getLogger()
    root.handlers = [_Unformatted(lines)]
    root.setLevel(level)
    # Their INFO repeats every rebalance step and request; what matters of it stands in our own lines.
    for name in ("aiokafka", "uvicorn.access", "uvicorn.error"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))


# Nobody should log these. Whoever does so by mistake, or a library that does, is masked.
_MASKED = "***"
_PERSONAL = frozenset({
    "account_no", "api_key", "authorization", "card_no", "card_sn", "certno", "citizen_no", "credential", "ecToken",
    "key", "mdtrt_cert_no", "name", "password", "payee_account", "payee_name", "phone", "pin", "psn_name", "token",
})  # fmt: skip


def mask(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Hide values under personal names, however deep, and whatever looks like a citizen number in any text."""
    return {name: _masked(value, name) for name, value in event.items()}


def _masked(value: Any, name: str) -> Any:
    if name in _PERSONAL:
        return _MASKED
    if isinstance(value, str):
        return masked(value, _MASKED)
    if isinstance(value, Mapping):
        return {each: _masked(inner, each) for each, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(each, "") for each in value]
    return value


def flush() -> None:
    """Write all that was logged; nothing is written after."""
    while _listeners:
        _listeners.pop().stop()


def failure(error: BaseException | None) -> dict[str, object]:
    """An unexpected error for a log line: its type and place, not its text, which may quote a row or a message."""
    frames = traceback.extract_tb(error.__traceback__) if error is not None else []
    return {
        "error": type(error).__name__,
        "frames": [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames],
    }


class _Unformatted(QueueHandler):
    """Hands records on as they are: the listener's formatter needs structlog's event, not its text."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        return record


def get(name: str) -> structlog.stdlib.BoundLogger:
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger
