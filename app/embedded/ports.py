"""Free ports on loopback, and what to do when one turns out to be taken."""

import random
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeVar

from app.errors import StackError

LOOPBACK: Final = "127.0.0.1"
FREE_PORT_TRIES: Final = 5
_NEVER_GIVEN: Final = (15_000, 32_768)

T = TypeVar("T")


class PortTakenError(StackError):
    def __init__(self, name: str, port: int) -> None:
        super().__init__(
            f"Port {port} on {LOOPBACK} is taken, {name} cannot listen there: "
            "stop the program that holds it, or choose another port (0 finds a free one)"
        )


async def start_on(port: int, start: Callable[[int], Awaitable[T]]) -> T:
    """Call `start` with the port, or for 0 with free ports until one is still free when it is used."""
    for _ in range(0 if port else FREE_PORT_TRIES - 1):
        try:
            return await start(free_port())
        except PortTakenError:
            continue
    return await start(port or free_port())


def free_port() -> int:
    """A port that nobody listens on and that the kernel gives to nobody by itself: those begin at 32768 on Linux.

    One that it does give could go to a program that asks for any port, before ours comes to use it.
    """
    while True:
        port = random.randrange(*_NEVER_GIVEN)
        with socket.socket() as probe, suppress(OSError):
            probe.bind((LOOPBACK, port))
            return port
