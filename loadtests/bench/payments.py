"""Made persons and their payments, by arithmetic alone: ten million of them need no memory."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from random import Random
from typing import NamedTuple

from app.ledger.buckets import bucket_of

INSTITUTIONS = 400
#: More than anyone spends in a run: every payment is settled in full, so every one moves money.
OPENING_FEN = 100_000_000

_AMOUNT_FEN_MEAN = 10_500
_CARDS_OF_TEN = 7  # the others show an e-voucher


class Payment(NamedTuple):
    """One Kafka record or HTTP body. `number` is unlike that of any other payment of the run."""

    number: int
    bucket: int
    person_no: str
    value: bytes


def institution_code(number: int) -> str:
    return f"H{number:011d}"


def person_no(number: int) -> str:
    return f"99{number:012d}"


def card_no(number: int) -> str:
    return f"B{number:08d}"


def card_sn(number: int) -> str:
    return f"999999D1560000050{number:015X}"


def number_of(message_id: str) -> int:
    """The payment's number: message ids are the institution and 18 digits, as long as the national msgid."""
    return int(message_id[12:])


class PaymentMaker:
    """Makes payments with keys never used before, as one made by a hospital would look."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._next = 0
        self._occurred_at = datetime.now(UTC).isoformat(timespec="milliseconds")

    def payments(self, count: int, persons: Sequence[int]) -> Iterator[Payment]:
        """So many payments, each of a person drawn evenly out of `persons`."""
        draw = self._random.random
        for _ in range(count):
            yield self._payment(persons[int(draw() * len(persons))])

    def skewed(self, count: int, persons: Sequence[int], hot_share: float) -> Iterator[Payment]:
        """The same, but the first person pays this share of all."""
        draw = self._random.random
        for _ in range(count):
            hot = draw() < hot_share
            yield self._payment(persons[0] if hot else persons[int(draw() * len(persons))])

    def _payment(self, person: int) -> Payment:
        number = self._next
        self._next += 1
        paying = person_no(person)
        institution = institution_code(number % INSTITUTIONS)
        card = '{"cert_type":"01"}'
        if number % 10 < _CARDS_OF_TEN:
            card = f'{{"cert_type":"03","card_no":"{card_no(person)}","card_sn":"{card_sn(person)}"}}'
        value = (
            f'{{"institution":"{institution}","message_id":"{institution}{number:018d}","kind":"payment",'
            f'"person_no":"{paying}","card":{card},"med_type":"11",'
            f'"amount":{1 + int(self._random.random() * 2 * _AMOUNT_FEN_MEAN)},"occurred_at":"{self._occurred_at}"}}'
        )
        return Payment(number, bucket_of(paying), paying, value.encode())
