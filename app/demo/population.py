"""A made population: institutions, persons with a card each, opening balances. No number of it is anyone's.

The same seed makes the same population. Person numbers begin with 99 and areas are 999999, which stand for no place;
names say 测试 (test).
"""

import csv
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

from app.clearing.files.terms import Encoding, Form, Terms

PERSONS_MAX = 10**8
INSTITUTIONS_MAX = 10**6

#: ICBC, ABC, BOC, CCB, PSBC: a name, and how each of them is told what to pay.
_BANKS: dict[str, tuple[str, Form, Encoding]] = {
    "102": ("测试工商银行", "text", "GBK"),
    "103": ("测试农业银行", "pain.001", "UTF-8"),
    "104": ("测试中国银行", "text", "UTF-8"),
    "105": ("测试建设银行", "pain.001", "UTF-8"),
    "403": ("测试邮储银行", "text", "GBK"),
}
_PHARMACIES_OF_TEN = (1, 3, 6, 8)

#: Cards that cannot pay, as shares of all; the others are active.
CARD_STATE_SHARES = {
    "issued": 0.015,
    "temp_lost": 0.006,
    "lost": 0.008,
    "pin_locked": 0.005,
    "replaced": 0.003,
    "cancelled": 0.004,
    "expired": 0.004,
}
#: Cards that say active although their validity has passed.
OVERDUE_SHARE = 0.003
EMPTY_SHARE, NEARLY_EMPTY_SHARE = 0.02, 0.08
BLOCKED_EVERY = 50

# Balances in fen: log-normal, half of them between 1,000 and 3,600 yuan.
_BALANCE_MEDIAN_FEN, _BALANCE_SIGMA = 190_000, 0.95
_NEARLY_EMPTY_FEN_MAX = 5_000

# Far from today on either side, so that a made population ages well.
_VALID_FROM, _PASSED_FROM, _DAYS = date(2035, 1, 1), date(2014, 1, 1), 3_650


class MadeInstitution(NamedTuple):
    institution: str
    kind: str
    bank: str
    name: str
    state: str
    payee_name: str = ""
    payee_account: str = ""


class MadePerson(NamedTuple):
    person_no: str
    balance: int  # fen
    card_no: str
    card_sn: str
    card_state: str
    valid_to: date


@dataclass(frozen=True, slots=True)
class Population:
    institutions: Sequence[MadeInstitution]
    persons: Sequence[MadePerson]


class PopulationFiles(NamedTuple):
    institutions: Path
    persons: Path
    cards: Path


def make_population(persons: int, institutions: int, seed: int) -> Population:
    """Make so many persons and institutions; four institutions of ten are pharmacies.

    The first of each are the busiest of a made day.
    """
    if not (1 <= persons <= PERSONS_MAX and 2 <= institutions <= INSTITUTIONS_MAX):
        raise ValueError(f"1 to {PERSONS_MAX:,} persons and 2 to {INSTITUTIONS_MAX:,} institutions can be made")
    random = Random(seed)
    return Population(_institutions(institutions, random), _persons(persons, random))


def write_csv(population: Population, folder: Path) -> PopulationFiles:
    """Write the three files that `medsettle load` reads."""
    files = PopulationFiles(folder / "institutions.csv", folder / "persons.csv", folder / "cards.csv")
    folder.mkdir(parents=True, exist_ok=True)
    _write(files.institutions, MadeInstitution._fields, population.institutions)
    _write(files.persons, ("person_no", "balance"), (person[:2] for person in population.persons))
    cards = ((p.card_no, p.person_no, p.card_sn, p.card_state, p.valid_to) for p in population.persons)
    _write(files.cards, ("card_no", "person_no", "card_sn", "state", "valid_to"), cards)
    return files


def make_bank_terms() -> list[Terms]:
    """Terms of every bank that a made institution may have. The payer's account is 62999 and the bank's code."""
    return [
        Terms(bank, form, encoding, name, f"{bank}999999999", "测试市医疗保障局", f"62999{bank}000000000")
        for bank, (name, form, encoding) in _BANKS.items()
    ]


def _write(file: Path, header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _institutions(count: int, random: Random) -> list[MadeInstitution]:
    scatter = _scatter(10**11, random)
    made, numbers = [], {"hospital": 0, "pharmacy": 0}
    for i in range(count):
        kind = "pharmacy" if i % 10 in _PHARMACIES_OF_TEN else "hospital"
        numbers[kind] += 1
        letter, noun = ("P", "药店") if kind == "pharmacy" else ("H", "医院")
        made.append(
            MadeInstitution(
                institution=f"{letter}{scatter(i):011d}",
                kind=kind,
                bank=random.choice(tuple(_BANKS)),
                name=f"测试第{chinese_number(numbers[kind])}{noun}",
                state="blocked" if i % BLOCKED_EVERY == BLOCKED_EVERY - 1 else "active",
                payee_name=f"测试第{chinese_number(numbers[kind])}{noun}",
                payee_account=f"62990{scatter(i):011d}",
            )
        )
    return made


def _persons(count: int, random: Random) -> list[MadePerson]:
    person_digits, card_digits = _scatter(10**12, random), _scatter(PERSONS_MAX, random)
    letter = random.choice("ABCDEFGHJKLMNPQRSTUVWXYZ")
    made = []
    for i in range(count):
        state, valid_to = _card_state(random)
        made.append(
            MadePerson(
                person_no=f"99{person_digits(i):012d}",
                balance=_balance(random),
                card_no=f"{letter}{card_digits(i):08d}",
                card_sn=f"999999D1560000050{random.getrandbits(60):015X}",
                card_state=state,
                valid_to=valid_to,
            )
        )
    return made


def _card_state(random: Random) -> tuple[str, date]:
    days = timedelta(days=int(random.random() * _DAYS))
    share = random.random()
    for state, width in CARD_STATE_SHARES.items():
        if share < width:
            return state, (_PASSED_FROM if state == "expired" else _VALID_FROM) + days
        share -= width
    return "active", (_PASSED_FROM if share < OVERDUE_SHARE else _VALID_FROM) + days


def _balance(random: Random) -> int:
    share = random.random()
    if share < EMPTY_SHARE:
        return 0
    if share < EMPTY_SHARE + NEARLY_EMPTY_SHARE:
        return random.randint(1, _NEARLY_EMPTY_FEN_MAX)
    return int(_BALANCE_MEDIAN_FEN * math.exp(random.gauss(0, _BALANCE_SIGMA)))


def _scatter(size: int, random: Random) -> Callable[[int], int]:
    """Spread 0, 1, 2 … over `size` numbers, a power of ten, without meeting one twice."""
    step = random.randrange(size // 30, size // 20) * 10 + random.choice((1, 3, 7, 9))
    start = random.randrange(size)
    return lambda i: (start + i * step) % size


_DIGITS = "零一二三四五六七八九"
_UNITS = ("", "十", "百", "千")


def chinese_number(number: int) -> str:
    """A number from 1 to 9,999 in words, and the digits of a larger one."""
    if not 1 <= number <= 9_999:
        return str(number)
    words = ""
    for place, digit in enumerate(reversed(str(number))):
        if digit != "0":
            words = _DIGITS[int(digit)] + _UNITS[place] + words
        elif words and not words.startswith("零"):
            words = "零" + words
    return words.removeprefix("一") if words.startswith("一十") else words
