"""Places at which a test kills this process, named by MEDSETTLE_FAILPOINT, as a power cut would."""

import os
import signal

_ARMED = os.environ.get("MEDSETTLE_FAILPOINT")


def reach(name: str) -> None:
    if name == _ARMED:
        os.kill(os.getpid(), signal.SIGKILL)
