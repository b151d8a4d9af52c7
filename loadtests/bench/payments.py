"""Made persons and their payments, by arithmetic alone: ten million of them need no memory."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from random import Random
from typing import NamedTuple

from app.ledger.buckets import bucket_of

INSTITUTIONS = 400
#: More than anyone spends in a run: every payment is settled in full, so every one moves money.
OPENING_FEN = 100_000_000

AMOUNT_FEN_MEAN = 10_500
_CARDS_OF_TEN = 7  # the others show an e-voucher


class Transaction(NamedTuple):
    """One Kafka record or HTTP body, and the status it must get. Two of one number are the same message sent twice."""

    number: int
    bucket: int
    person_no: str
    value: bytes
    kind: str = "payment"
    status: str = "settled"
    amount: int = 0  # fen, of a payment
    institution: str = ""  # of a payment


def institution_code(number: int) -> str:
    return f"H{number:011d}"


def person_no(number: int) -> str:
    return f"99{number:012d}"


def card_no(number: int) -> str:
    return f"B{number:08d}"


def debit_card_no(number: int) -> str:
    """The card of a bank that some have beside the other one."""
    return f"D{number:08d}"


def card_sn(number: int) -> str:
    return f"999999D1560000050{number:015X}"


def message_id(institution: str, number: int) -> str:
    """The institution and 18 digits, as long as the national msgid."""
    return f"{institution}{number:018d}"


def number_of(message_id: str) -> int:
    return int(message_id[12:])


class PaymentMaker:
    """Makes payments with keys never used before, as one made by a hospital would look."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._next = 0
        self.occurred_at = datetime.now(UTC).isoformat(timespec="milliseconds")

    def payments(self, count: int, persons: Sequence[int], *, in_a_row: int = 1) -> Iterator[Transaction]:
        """So many payments, each of a person drawn evenly out of `persons`; so many in a row are at one institution."""
        draw = self._random.random
        for index in range(count):
            yield self.payment(persons[int(draw() * len(persons))], index // in_a_row if in_a_row > 1 else None)

    def skewed(self, count: int, persons: Sequence[int], hot_share: float) -> Iterator[Transaction]:
        """The same, but the first person pays this share of all."""
        draw = self._random.random
        for _ in range(count):
            hot = draw() < hot_share
            yield self.payment(persons[0] if hot else persons[int(draw() * len(persons))])

    def payment(self, person: int, at: int | None = None) -> Transaction:
        """at: the institution; else one after another."""
        number = self.new_number()
        paying = person_no(person)
        institution = institution_code((number if at is None else at) % INSTITUTIONS)
        amount = 1 + int(self._random.random() * 2 * AMOUNT_FEN_MEAN)
        card = '{"cert_type":"01"}'
        if number % 10 < _CARDS_OF_TEN:
            card = f'{{"cert_type":"03","card_no":"{card_no(person)}","card_sn":"{card_sn(person)}"}}'
        value = (
            f'{{"institution":"{institution}","message_id":"{institution}{number:018d}","kind":"payment",'
            f'"person_no":"{paying}","card":{card},"med_type":"11",'
            f'"amount":{amount},"occurred_at":"{self.occurred_at}"}}'
        )
        return Transaction(number, bucket_of(paying), paying, value.encode(), amount=amount, institution=institution)

    def new_number(self) -> int:
        """For a message of any kind; none comes twice."""
        number = self._next
        self._next += 1
        return number
