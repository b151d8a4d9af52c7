"""Settings of the interpreter and of the kernel's scheduler for processes that settle."""

import gc
import os
from contextlib import suppress


def tune_for_throughput() -> None:
    """Collect garbage seldom, and let others finish.

    A batch makes thousands of short-lived rows and no cycles among them. What start-up made stays for good and is taken
    out of the collector's view.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 50, 50)
    _let_others_finish()


def _let_others_finish() -> None:
    """On waking, this thread and what it starts wait for who runs instead of interrupting it (ADR 37).

    A batch goes back and forth between processes that share few cores; interrupted by each other, they find their
    caches cold. Where the platform has no such policy or a sandbox refuses it, they go on as they are, and so they do
    where an operator has chosen otherwise.
    """
    with suppress(OSError, AttributeError):
        if os.sched_getscheduler(0) == os.SCHED_OTHER:
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
