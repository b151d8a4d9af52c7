"""Spans: what took how long, told to whoever collects them; app/otlp.py tells them, where a collector is named.

Elsewhere nothing of OpenTelemetry is imported, and every span is one and the same object that does nothing. There is a
span for a batch and for what is done for a whole batch, never for a message. A span holds counts, codes, times, and
the ids that stand in log lines too; no person, card, name or content.

Spans are referred to as W3C has it, by `traceparent`: between processes, and from one span to another in the same one.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal, Protocol, Self, TypeAlias

Value: TypeAlias = str | int | Sequence[str] | Sequence[int]
Attributes: TypeAlias = Mapping[str, Value]
Kind: TypeAlias = Literal["internal", "server", "consumer", "producer"]

_NOTHING: Attributes = {}


class Span:
    """A piece of work that is told once it ends; `with` it, what is begun inside is a part of it.

    This one is told to nobody.
    """

    is_told = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        pass

    def tell(self, attributes: Attributes) -> None:
        """Add to what is told of it."""

    def rename(self, name: str) -> None:
        """For work of which it shows later what it is."""

    def reached(self, step: str) -> None:
        """Tell when a step was done."""

    def failed(self, kind: str) -> None:
        """Tell that it did not end well. kind: a type or a code, never a text, which may quote a message."""


class Teller(Protocol):
    def begin(self, name: str, attributes: Attributes, kind: Kind, caller: str, links: Sequence[str]) -> Span: ...

    def here(self) -> str: ...


_UNTOLD = Span()
_tellers: list[Teller] = []


def is_on() -> bool:
    return bool(_tellers)


def span(
    name: str,
    attributes: Attributes = _NOTHING,
    *,
    kind: Kind = "internal",
    caller: str = "",
    links: Sequence[str] = (),
) -> Span:
    """Begin a span. caller: of which it is a part, if not of the one we are in. links: what else it has to do with."""
    return _tellers[-1].begin(name, attributes, kind, caller, links) if _tellers else _UNTOLD


def here() -> str:
    """The span that we are in; empty where there is none."""
    return _tellers[-1].here() if _tellers else ""


@contextmanager
def told_to(teller: Teller) -> Iterator[None]:
    """Spans that are begun in the block are told."""
    _tellers.append(teller)
    try:
        yield
    finally:
        _tellers.pop()
