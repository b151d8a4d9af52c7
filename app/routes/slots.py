"""Room for a few at a time in one process: of what takes much memory or disk while it is in hand."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.errors import Overloaded


class Slots:
    def __init__(self, count: int, of_what: str) -> None:
        self._free = self._count = count
        self._of_what = of_what

    @contextmanager
    def taken(self) -> Iterator[None]:
        """One of them as long as the block lasts. Raises Overloaded where none is free."""
        if not self._free:
            raise Overloaded(f"{self._count} {self._of_what} are in hand.")
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1
