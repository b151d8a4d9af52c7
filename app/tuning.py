"""Settings of the interpreter for processes that settle."""

import gc
import os
from contextlib import suppress


def tune_for_throughput() -> None:
    """Collect garbage seldom: a batch makes thousands of short-lived rows and no cycles among them.

    What start-up made stays for good and is taken out of the collector's view.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 50, 50)
    let_others_finish()


def let_others_finish(pid: int = 0) -> None:
    """On waking, this process and its children to come wait for who runs instead of interrupting it.

    A batch goes back and forth between processes that share few cores; interrupted by each other, they find their
    caches cold. Where the platform has no such policy or a sandbox forbids it, they go on as they are.
    """
    with suppress(OSError, AttributeError):
        os.sched_setscheduler(pid, os.SCHED_BATCH, os.sched_param(0))
