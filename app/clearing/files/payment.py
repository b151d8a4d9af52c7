"""What a payment file tells, whichever its form: a head and lines, as they were drawn."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple, Protocol

from app.clearing.files.terms import Terms


class PaymentLine(NamedTuple):
    """line_id: for ever that of one payment. amount: fen; below 0 the bank collects it. reissue_of: '' or a line id."""

    line_id: str
    amount: int
    payee_name: str
    payee_account: str
    institution: str
    reissue_of: str


class Sums(NamedTuple):
    """Counts, and fen, of the lines that a file pays (credits) and collects (debits)."""

    credit_count: int
    credits: int
    debit_count: int
    debits: int

    @property
    def net(self) -> int:
        return self.credits - self.debits

    @property
    def lines(self) -> int:
        return self.credit_count + self.debit_count


class PaymentHead(NamedTuple):
    file_id: str
    business_day: date
    value_date: date
    version: int
    drawn_at: datetime
    day_hash: bytes
    terms: Terms
    sums: Sums


class PaymentForm(Protocol):
    """Makes the bytes of one file: once `opening`, `lines` for all of its lines in turn, once `closing`."""

    def opening(self) -> bytes: ...

    def lines(self, lines: Iterable[PaymentLine]) -> bytes: ...

    def closing(self) -> bytes: ...
