"""Settings of the interpreter for processes that settle."""

import gc


def tune_for_throughput() -> None:
    """Collect garbage seldom: a batch makes thousands of short-lived rows and no cycles among them.

    What start-up made stays for good and is taken out of the collector's view.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 50, 50)
