"""Tasks that run beside a process's main work for as long as it lives."""

import asyncio
import os
from collections.abc import Coroutine

from app import logs

#: Exit code of a process in which such a task failed.
EXIT_FAILED = 71

_log = logs.get(__name__)


def start_beside(*work: Coroutine[object, object, None]) -> list[asyncio.Task[None]]:
    """Start each; one that fails ends the process at once, since the rest would go on without it unseen.

    What was in hand is repeated by the next process and found settled.
    """
    tasks = [asyncio.create_task(each, name=getattr(each, "__qualname__", None)) for each in work]
    for task in tasks:
        task.add_done_callback(_end_process_on_failure)
    return tasks


async def stop_beside(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _end_process_on_failure(task: asyncio.Task[None]) -> None:
    if task.cancelled() or task.exception() is None:
        return
    _log.critical("task_failed", task=task.get_name(), **logs.failure(task.exception()))
    logs.flush()
    os._exit(EXIT_FAILED)
