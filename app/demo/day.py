"""A made day of card transactions, as Kafka would bring it: mostly good, some repeated, some wrong.

Beside payments come holds with their captures and voids, refunds, reversals and registrations; what names an earlier
message may find it declined, undone or not there yet. Visits stand in the nation's proportions, people and institutions
are busy unevenly, amounts are log-normal. The same arguments make the same bytes.
"""

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from random import Random
from typing import Literal, NamedTuple, TypeVar

import orjson

from app.demo.population import MadeInstitution, MadePerson, Population

Label = Literal[
    "payment", "authorization", "capture", "void", "refund", "reversal", "registration", "early_reversal",
    "late_payment", "repeat", "conflict", "wrong_card", "unknown_person", "unknown_institution", "malformed", "garbage",
]  # fmt: skip

#: Of all messages; what remains are ordinary payments. A late payment is one that was reversed before it came.
SHARES: dict[Label, float] = {
    "authorization": 0.03,
    "capture": 0.024,
    "void": 0.006,
    "refund": 0.02,
    "reversal": 0.01,
    "registration": 0.02,
    "early_reversal": 0.002,
    "late_payment": 0.002,
    "repeat": 0.03,
    "conflict": 0.005,
    "unknown_person": 0.003,
    "unknown_institution": 0.002,
    "malformed": 0.002,
    "wrong_card": 0.001,
    "garbage": 0.001,
}

#: What repeats and conflicts repeat.
REPEATABLE: frozenset[Label] = frozenset({
    "payment", "authorization", "capture", "void", "refund", "reversal", "registration", "early_reversal",
    "late_payment",
})  # fmt: skip

# Visits of the employee scheme in 2025, in billions.
_VISITS, _PHARMACY_VISITS, _INPATIENT_VISITS = 5.486, 2.251, 0.083
PHARMACY_SHARE = _PHARMACY_VISITS / _VISITS
INPATIENT_SHARE = _INPATIENT_VISITS / _VISITS

MEAN_FEN, INPATIENT_MEAN_FEN = 10_500, 320_000
HELD_MEAN_FEN = 50_000
_SIGMA = 1.0

#: Parts of a day's messages by the hour that they come in.
_HOURS = (2, 1, 1, 1, 1, 3, 12, 45, 105, 125, 115, 80, 45, 50, 80, 85, 75, 55, 45, 40, 35, 20, 10, 5)

# So many of each are remembered to be repeated, refunded or reversed; a new one replaces any of them.
_REMEMBERED = 8_192


class DayMessage(NamedTuple):
    """A Kafka record to send. The key is the person's number, also where the value is beyond reading."""

    key: bytes
    value: bytes
    label: Label


def make_day(
    population: Population, transactions: int, seed: int, *, day: date = date(2026, 3, 2)
) -> Iterator[DayMessage]:
    """Make exactly so many messages in the order of their times.

    Message ids hold the institution and the time, so another seed needs another day to make other ones.
    """
    return _Day(population, Random(seed), day).messages(transactions)


class _Day:
    def __init__(self, population: Population, random: Random, day: date) -> None:
        self._persons = population.persons
        self._hospitals = [place for place in population.institutions if place.kind == "hospital"]
        self._pharmacies = [place for place in population.institutions if place.kind == "pharmacy"]
        self._random = random
        self._day, self._day_digits = day.isoformat(), f"{day:%Y%m%d}"
        self._remembered: list[DayMessage] = []
        self._refundable: list[DayMessage] = []
        self._reversible: list[DayMessage] = []
        self._holds: list[DayMessage] = []
        self._late: deque[DayMessage] = deque()
        makers: dict[Label, Callable[[int, str], DayMessage]] = {
            "authorization": self._authorization,
            "capture": self._capture,
            "void": self._void,
            "refund": self._refund,
            "reversal": self._reversal,
            "registration": self._registration,
            "early_reversal": self._early_reversal,
            "late_payment": self._late_payment,
            "repeat": self._repeat,
            "conflict": self._conflict,
            "unknown_person": self._unknown_person,
            "unknown_institution": self._unknown_institution,
            "malformed": self._malformed,
            "wrong_card": self._wrong_card,
            "garbage": self._garbage,
        }
        self._makers = [(SHARES[label], maker) for label, maker in makers.items()]

    def messages(self, count: int) -> Iterator[DayMessage]:
        draw, special = self._random.random, sum(SHARES.values())
        for number, moment in enumerate(_moments(count, self._random)):
            share = draw()
            made = self._payment(number, moment) if share >= special else self._special(share, number, moment)
            self._remember(made)
            yield made

    def _special(self, share: float, number: int, moment: str) -> DayMessage:
        for width, maker in self._makers:
            if share < width:
                return maker(number, moment)
            share -= width
        return self._payment(number, moment)

    def _remember(self, message: DayMessage) -> None:
        label = message.label
        if label in REPEATABLE:
            self._keep(self._remembered, message)
        if label in ("payment", "capture"):
            self._keep(self._refundable, message)
        if label in ("payment", "capture", "refund", "authorization"):
            self._keep(self._reversible, message)
        if label == "authorization":
            self._keep(self._holds, message)

    def _keep(self, remembered: list[DayMessage], message: DayMessage) -> None:
        if len(remembered) < _REMEMBERED:
            remembered.append(message)
        else:
            remembered[int(self._random.random() * _REMEMBERED)] = message

    # Good ones

    def _payment(self, number: int, moment: str) -> DayMessage:
        draw = self._random.random
        place, med_type, mean = self._visit()
        person = _skewed(self._persons, draw(), 1.5)
        fields = f'"card":{self._card(person)},"med_type":"{med_type}","amount":{self._amount(mean)}'
        return self._message("payment", place.institution, person.person_no, number, moment, fields)

    def _authorization(self, number: int, moment: str) -> DayMessage:
        """For a stay at a hospital, which comes to whoever it comes to."""
        place, person = _skewed(self._hospitals, self._random.random(), 2.0), self._random.choice(self._persons)
        fields = f'"card":{self._card(person)},"med_type":"21","amount":{self._amount(HELD_MEAN_FEN)}'
        return self._message("authorization", place.institution, person.person_no, number, moment, fields)

    def _registration(self, number: int, moment: str) -> DayMessage:
        draw = self._random.random
        place, person = _skewed(self._hospitals, draw(), 2.0), _skewed(self._persons, draw(), 1.5)
        fields = f'"card":{self._card(person)},"visit":"outpatient"'
        return self._message("registration", place.institution, person.person_no, number, moment, fields)

    def _amount(self, mean: int) -> int:
        return max(1, int(mean * math.exp(self._random.gauss(-_SIGMA * _SIGMA / 2, _SIGMA))))

    def _visit(self) -> tuple[MadeInstitution, str, int]:
        draw = self._random.random
        share = draw()
        if share < PHARMACY_SHARE:
            return _skewed(self._pharmacies, draw(), 2.0), "41", MEAN_FEN
        hospital = _skewed(self._hospitals, draw(), 2.0)
        if share < PHARMACY_SHARE + INPATIENT_SHARE:
            return hospital, "21", INPATIENT_MEAN_FEN
        share = draw()
        return hospital, "11" if share < 0.9 else "14" if share < 0.96 else "13", MEAN_FEN

    def _card(self, person: MadePerson) -> str:
        share = self._random.random()
        if share < 0.7:
            return f'{{"cert_type":"03","card_no":"{person.card_no}","card_sn":"{person.card_sn}"}}'
        return '{"cert_type":"01"}' if share < 0.95 else '{"cert_type":"02"}'

    def _extras(self, label: Label, number: int) -> str:
        share = self._random.random()
        if share < 0.05 and label in ("payment", "authorization"):
            return ',"short_balance":"decline"'
        if 0.05 <= share < 0.10:
            return f',"metadata":{{"terminal":"T{number % 500:04d}","cashier":"测试{number % 40}"}}'
        return ""

    def _message(
        self, label: Label, institution: str, person_no: str, number: int, moment: str, fields: str
    ) -> DayMessage:
        """By an f-string: all values are of our own making and need no escape."""
        kind = "reversal" if label == "early_reversal" else label
        value = (
            f'{{"institution":"{institution}","message_id":"{self._message_id(institution, number, moment)}",'
            f'"kind":"{kind}","person_no":"{person_no}",{fields},'
            f'"occurred_at":"{self._day}T{moment}+08:00"{self._extras(label, number)}}}'
        )
        return DayMessage(person_no.encode(), value.encode(), label)

    def _message_id(self, institution: str, number: int, moment: str) -> str:
        """The national msgid: institution, time to the second, sequence."""
        return f"{institution}{self._day_digits}{moment[:2]}{moment[3:5]}{moment[6:8]}{number % 10_000:04d}"

    # What follows an earlier message, by its institution and for its person

    def _capture(self, number: int, moment: str) -> DayMessage:
        """Of all that is held, or of a part; some more than is held, and some of a hold that is no longer open."""
        if not self._holds:
            return self._payment(number, moment)
        share = self._random.random()
        hold = self._hold(stays=share < 0.3)
        part = max(1, int(orjson.loads(hold.value)["amount"] * self._random.random() * 0.7))
        if share < 0.25:
            return self._follow("capture", hold, number, moment, f',"amount":{part}')
        if share < 0.6:
            return self._follow("capture", hold, number, moment)
        if share < 0.97:
            return self._follow("capture", hold, number, moment, f',"amount":{part},"final":true')
        return self._follow("capture", hold, number, moment, f',"amount":{part + 10 * INPATIENT_MEAN_FEN}')

    def _void(self, number: int, moment: str) -> DayMessage:
        if not self._holds:
            return self._payment(number, moment)
        return self._follow("void", self._hold(stays=self._random.random() < 0.1), number, moment)

    def _hold(self, *, stays: bool) -> DayMessage:
        """Any that was not used for good; `stays`: something will follow it again, wanted or not."""
        place = int(self._random.random() * len(self._holds))
        if stays:
            return self._holds[place]
        self._holds[place], self._holds[-1] = self._holds[-1], self._holds[place]
        return self._holds.pop()

    def _refund(self, number: int, moment: str) -> DayMessage:
        """Of all that is left, or of a part."""
        if not self._refundable:
            return self._payment(number, moment)
        original = self._random.choice(self._refundable)
        paid, share = orjson.loads(original.value).get("amount", 0), self._random.random()
        if share < 0.6 or not paid:
            return self._follow("refund", original, number, moment)
        return self._follow("refund", original, number, moment, f',"amount":{max(1, int(paid * share))}')

    def _reversal(self, number: int, moment: str) -> DayMessage:
        if not self._reversible:
            return self._payment(number, moment)
        return self._follow("reversal", self._random.choice(self._reversible), number, moment)

    def _early_reversal(self, number: int, moment: str) -> DayMessage:
        """Its original comes later in the day, under a number that no message near this one in time bears."""
        late = self._payment(number + 5_000, moment)._replace(label="late_payment")
        self._late.append(late)
        return self._follow("early_reversal", late, number, moment)

    def _late_payment(self, number: int, moment: str) -> DayMessage:
        return self._late.popleft() if self._late else self._payment(number, moment)

    def _follow(self, label: Label, original: DayMessage, number: int, moment: str, more: str = "") -> DayMessage:
        named = orjson.loads(original.value)
        fields = f'"original_message_id":"{named["message_id"]}"{more}'
        return self._message(label, named["institution"], named["person_no"], number, moment, fields)

    # Odd ones

    def _repeat(self, number: int, moment: str) -> DayMessage:
        if not self._remembered:
            return self._payment(number, moment)
        return self._random.choice(self._remembered)._replace(label="repeat")

    def _conflict(self, number: int, moment: str) -> DayMessage:
        """An earlier key with other content, in the same partition even where it names another person."""
        if not self._remembered:
            return self._payment(number, moment)
        earlier = self._random.choice(self._remembered)
        fields = orjson.loads(earlier.value)
        share = self._random.random()
        if share < 0.7 and "amount" in fields:
            fields["amount"] += 1 + int(share * 1_000)
        elif share < 0.9:
            fields["med_type"] = "12"
        else:
            fields["person_no"] = f"98{number:012d}"
        return DayMessage(earlier.key, orjson.dumps(fields), "conflict")

    def _changed(self, number: int, moment: str, label: Label, **changes: object) -> DayMessage:
        """A payment of its own with some fields changed."""
        payment = self._payment(number, moment)
        fields = {**orjson.loads(payment.value), **changes}
        return DayMessage(str(fields["person_no"]).encode(), orjson.dumps(fields), label)

    def _unknown_person(self, number: int, moment: str) -> DayMessage:
        return self._changed(number, moment, "unknown_person", person_no=f"98{number:012d}")

    def _unknown_institution(self, number: int, moment: str) -> DayMessage:
        code = f"X{number:011d}"
        message_id = self._message_id(code, number, moment)
        return self._changed(number, moment, "unknown_institution", institution=code, message_id=message_id)

    def _wrong_card(self, number: int, moment: str) -> DayMessage:
        """Another person's card, a card that no one has, or an older card's identification code."""
        other = self._random.choice(self._persons)
        cards: list[dict[str, str]] = [
            {"card_no": other.card_no, "card_sn": other.card_sn},
            {"card_no": f"0{number:08d}"},
            {"card_no": other.card_no, "card_sn": f"999999{number:026d}"},
        ]
        chosen = self._random.choice(cards)
        changes: dict[str, object] = {"card": {"cert_type": "03", **chosen}}
        if chosen is cards[2]:
            changes["person_no"] = other.person_no
        return self._changed(number, moment, "wrong_card", **changes)

    def _malformed(self, number: int, moment: str) -> DayMessage:
        """Wrong content under a readable key, so that the sender can be told."""
        changes: list[dict[str, object]] = [
            {"amount": -500},
            {"amount": 0},
            {"amount": 12.5},
            {"amount": "1000"},
            {"kind": "loan"},
            {"card": None},
        ]
        return self._changed(number, moment, "malformed", **self._random.choice(changes))

    def _garbage(self, number: int, moment: str) -> DayMessage:
        """Bytes in which no sender can be found."""
        payment = self._payment(number, moment)
        values = [
            payment.value[: len(payment.value) // 2],
            payment.value[:40] + b"\xff\xfe" + payment.value[40:],
            b"",
            b'{"amount":1000}',
            b"[1,2,3]",
        ]
        return DayMessage(payment.key, self._random.choice(values), "garbage")


def _moments(count: int, random: Random) -> Iterator[str]:
    """Rising times of day, to the millisecond, as many in each hour as people come."""
    made, weight = 0, 0
    for hour, part in enumerate(_HOURS):
        weight += part
        due = count * weight // sum(_HOURS) - made
        made += due
        for i in range(due):
            ms = int((i + random.random()) / due * 3_600_000)
            yield f"{hour:02d}:{ms // 60_000:02d}:{ms // 1_000 % 60:02d}.{ms % 1_000:03d}"


_Item = TypeVar("_Item")


def _skewed(items: Sequence[_Item], drawn: float, skew: float) -> _Item:
    """One of the items, the first ones most often: the r-th with a weight of about r ** (1 / skew - 1)."""
    return items[int(len(items) * drawn**skew)]
