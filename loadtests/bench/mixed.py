"""The mixed profile: every kind of transaction that comes in numbers, by arithmetic as the payments alone.

Of 100 messages:

| 60 | payments; 0.5 of them had been reversed before they came |
| 10 | authorizations |
| 9 | captures: 3.5 of all that is held, 3.5 final ones of half, 1 of half and later 1 final one of the rest |
| 2 | voids |
| 6 | refunds of payments: 4 full, 2 of half |
| 4 | reversals: 3.5 of payments, 0.5 of payments that are still to come |
| 3 | registrations |
| 3 | purchases with the debit application |
| 3 | repeats of earlier messages of any kind |

What follows another message comes from its institution and for its person, at any distance: behind a hold 10,000
messages on average, behind a payment 30,000. A batch takes its messages out of few partitions, so some meet their
original in the same batch and more in an earlier one. Until there is enough to follow, payments stand in its place: so
in the first 10,000 messages, which no steady window counts.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Generic, NamedTuple, TypeVar

from app.ledger.buckets import bucket_of

from loadtests.bench.payments import (
    AMOUNT_FEN_MEAN,
    INSTITUTIONS,
    PaymentMaker,
    Transaction,
    debit_card_no,
    institution_code,
    message_id,
    person_no,
)

_VOUCHER = '{"cert_type":"01"}'

#: One person of so many has a debit application with money.
DEBIT_EVERY = 20

# Cards of one deck; each is dealt once, in an order of its own, before the next deck.
_DECK = {
    "payment": 120,
    "authorization": 20,
    "capture": 7,
    "capture_half": 7,
    "capture_first_half": 2,
    "capture_rest": 2,
    "void": 4,
    "refund": 8,
    "refund_half": 4,
    "reversal": 7,
    "early_reversal": 1,
    "registration": 6,
    "purchase": 6,
    "repeat": 6,
}
DECK_SIZE = sum(_DECK.values())

# So many are remembered, and so many must be there before one is followed: about 30,000 and 10,000 messages' worth.
_PAYMENTS, _HOLDS, _HALVES, _ANY = 18_000, 3_000, 300, 30_000
_READY = 1 / 3
_LATE_BEHIND = 100  # early reversals between one and its original

_Item = TypeVar("_Item")


class _Original(NamedTuple):
    number: int
    institution: str
    person: int
    amount: int


def _original(payment: Transaction, person: int) -> _Original:
    return _Original(payment.number, institution_code(payment.number % INSTITUTIONS), person, payment.amount)


class _Remembered(Generic[_Item]):
    """Some of the latest items in no order; a new one takes the place of any."""

    def __init__(self, size: int, random: Random) -> None:
        self._size = size
        self._random = random
        self._items: list[_Item] = []

    def add(self, item: _Item) -> None:
        if len(self._items) < self._size:
            self._items.append(item)
        else:
            self._items[int(self._random.random() * self._size)] = item

    def one(self) -> _Item | None:
        if len(self._items) < self._size * _READY:
            return None
        return self._items[int(self._random.random() * len(self._items))]

    def take(self) -> _Item | None:
        """One that does not come again."""
        if len(self._items) < self._size * _READY:
            return None
        place = int(self._random.random() * len(self._items))
        item, self._items[place] = self._items[place], self._items[-1]
        self._items.pop()
        return item


class MixedMaker:
    """Makes the mixed profile with numbers of a payment maker, and so with keys never used before.

    `status` of a transaction is certain: accounts hold more than is ever spent.
    """

    def __init__(self, maker: PaymentMaker, persons: Sequence[int], seed: int) -> None:
        self._maker = maker
        self._persons = persons
        self._random = Random(seed)
        self._payments = _Remembered[_Original](_PAYMENTS, self._random)
        self._holds = _Remembered[_Original](_HOLDS, self._random)
        self._halves = _Remembered[_Original](_HALVES, self._random)
        self._sent = _Remembered[Transaction](_ANY, self._random)
        self._late: deque[Transaction] = deque()
        self._makers: dict[str, Callable[[], Transaction | None]] = {
            "payment": self._payment,
            "authorization": self._authorization,
            "capture": self._capture,
            "capture_half": self._capture_half,
            "capture_first_half": self._capture_first_half,
            "capture_rest": self._capture_rest,
            "void": self._void,
            "refund": self._refund,
            "refund_half": self._refund_half,
            "reversal": self._reversal,
            "early_reversal": self._early_reversal,
            "registration": self._registration,
            "purchase": self._purchase,
            "repeat": self._sent.one,
        }

    def transactions(self, count: int) -> Iterator[Transaction]:
        deck = [self._makers[name] for name, cards in _DECK.items() for _ in range(cards)]
        for number in range(count):
            if number % DECK_SIZE == 0:
                self._random.shuffle(deck)
            made = deck[number % DECK_SIZE]() or self._payment()
            self._sent.add(made)
            yield made

    # Originals

    def _payment(self) -> Transaction:
        if len(self._late) > _LATE_BEHIND:
            return self._late.popleft()._replace(status="declined")
        person = self._any_person()
        made = self._maker.payment(person)
        self._payments.add(_original(made, person))
        return made

    def _authorization(self) -> Transaction:
        person, institution, amount = self._any_person(), self._any_institution(), self._any_amount()
        fields = f'"card":{_VOUCHER},"amount":{amount}'
        made = self._write("authorization", institution, person, fields, status="held")
        self._holds.add(_Original(made.number, institution, person, amount))
        return made

    def _registration(self) -> Transaction:
        fields = f'"card":{_VOUCHER},"visit":"outpatient"'
        return self._write("registration", self._any_institution(), self._any_person(), fields)

    def _purchase(self) -> Transaction:
        holders = (len(self._persons) + DEBIT_EVERY - 1) // DEBIT_EVERY
        person = self._persons[DEBIT_EVERY * int(self._random.random() * holders)]
        fields = f'"card":{{"cert_type":"03","card_no":"{debit_card_no(person)}"}},"amount":{self._any_amount()}'
        return self._write("purchase", self._any_institution(), person, fields)

    # What follows an original

    def _capture(self) -> Transaction | None:
        return self._follow("capture", self._holds.take())

    def _capture_half(self) -> Transaction | None:
        hold = self._holds.take()
        return hold and self._follow("capture", hold, f',"amount":{hold.amount // 2},"final":true')

    def _capture_first_half(self) -> Transaction | None:
        hold = self._holds.take()
        if hold is None:
            return None
        self._halves.add(hold)
        return self._follow("capture", hold, f',"amount":{hold.amount // 2}')

    def _capture_rest(self) -> Transaction | None:
        return self._follow("capture", self._halves.take(), ',"final":true')

    def _void(self) -> Transaction | None:
        return self._follow("void", self._holds.take())

    def _refund(self) -> Transaction | None:
        return self._follow("refund", self._payments.take())

    def _refund_half(self) -> Transaction | None:
        payment = self._payments.take()
        return payment and self._follow("refund", payment, f',"amount":{(payment.amount + 1) // 2}')

    def _reversal(self) -> Transaction | None:
        return self._follow("reversal", self._payments.take(), status="reversed")

    def _early_reversal(self) -> Transaction | None:
        person = self._any_person()
        late = self._maker.payment(person)
        self._late.append(late)
        return self._follow("reversal", _original(late, person), status="reversed")

    def _follow(
        self, kind: str, original: _Original | None, fields: str = "", status: str = "settled"
    ) -> Transaction | None:
        if original is None:
            return None
        fields = f'"original_message_id":"{message_id(original.institution, original.number)}"{fields}'
        return self._write(kind, original.institution, original.person, fields, status)

    # How they are written

    def _any_person(self) -> int:
        return self._persons[int(self._random.random() * len(self._persons))]

    def _any_amount(self) -> int:
        return 2 + int(self._random.random() * 2 * AMOUNT_FEN_MEAN)

    def _any_institution(self) -> str:
        return institution_code(int(self._random.random() * INSTITUTIONS))

    def _write(self, kind: str, institution: str, person: int, fields: str, status: str = "settled") -> Transaction:
        number, payer = self._maker.new_number(), person_no(person)
        value = (
            f'{{"institution":"{institution}","message_id":"{message_id(institution, number)}","kind":"{kind}",'
            f'"person_no":"{payer}",{fields},"occurred_at":"{self._maker.occurred_at}"}}'
        )
        return Transaction(number, bucket_of(payer), payer, value.encode(), kind, status)
