import re
from collections import Counter
from pathlib import Path

import pytest
from app.demo.population import (
    BLOCKED_EVERY,
    CARD_STATE_SHARES,
    EMPTY_SHARE,
    OVERDUE_SHARE,
    Population,
    chinese_number,
    make_population,
    write_csv,
)
from app.parties.csv_files import CARDS, INSTITUTIONS, PATTERNS, PERSONS, Problems, read_table

PERSONS_MADE, INSTITUTIONS_MADE = 20_000, 500


@pytest.fixture(scope="module")
def population() -> Population:
    return make_population(PERSONS_MADE, INSTITUTIONS_MADE, seed=7)


def test_the_same_seed_makes_the_same_population(population: Population) -> None:
    assert make_population(PERSONS_MADE, INSTITUTIONS_MADE, seed=7) == population
    assert make_population(PERSONS_MADE, INSTITUTIONS_MADE, seed=8) != population


def test_every_number_is_unique_and_of_its_shape(population: Population) -> None:
    persons, institutions = population.persons, population.institutions
    for numbers, pattern in [
        ([person.person_no for person in persons], r"99\d{12}"),
        ([person.card_no for person in persons], r"[A-Z]\d{8}"),
        ([person.card_sn for person in persons], r"999999[0-9A-F]{26}"),
        ([place.institution for place in institutions], r"[HP]\d{11}"),
    ]:
        assert len(set(numbers)) == len(numbers)
        assert all(re.fullmatch(pattern, number) for number in numbers)
    assert all(re.fullmatch(PATTERNS["card_sn"], person.card_sn) for person in persons)


def test_institutions_are_spread(population: Population) -> None:
    kinds = Counter(place.kind for place in population.institutions)
    assert kinds == {"pharmacy": 200, "hospital": 300}
    assert all(place.institution[0] == place.kind[0].upper() for place in population.institutions)
    assert set(Counter(place.bank for place in population.institutions)) == {"102", "103", "104", "105", "403"}
    assert len({place.name for place in population.institutions}) == INSTITUTIONS_MADE
    assert sum(place.state == "blocked" for place in population.institutions) == INSTITUTIONS_MADE // BLOCKED_EVERY


def test_two_institutions_are_one_of_each_kind() -> None:
    assert [place.kind for place in make_population(1, 2, seed=1).institutions] == ["hospital", "pharmacy"]


def test_balances_are_skewed_and_some_are_near_zero(population: Population) -> None:
    yuan = sorted(person.balance / 100 for person in population.persons)
    assert all(type(person.balance) is int and person.balance >= 0 for person in population.persons)
    assert sum(balance == 0 for balance in yuan) / len(yuan) == pytest.approx(EMPTY_SHARE, abs=0.005)
    assert 0.08 < sum(balance < 50 for balance in yuan) / len(yuan) < 0.13
    assert 0.7 < sum(500 <= balance <= 6_000 for balance in yuan) / len(yuan) < 0.85
    assert sum(yuan) / len(yuan) > 1.4 * yuan[len(yuan) // 2]


def test_most_cards_are_active_and_the_others_in_every_state(population: Population) -> None:
    states = Counter(person.card_state for person in population.persons)
    for state, share in CARD_STATE_SHARES.items():
        assert states[state] / PERSONS_MADE == pytest.approx(share, abs=0.003)
    assert states["active"] / PERSONS_MADE == pytest.approx(1 - sum(CARD_STATE_SHARES.values()), abs=0.01)
    # No validity ends between these years, so that a made day comes to the same whenever it is settled.
    years = {person.valid_to.year for person in population.persons}
    assert not years & set(range(2025, 2035))
    assert all(person.valid_to.year < 2025 for person in population.persons if person.card_state == "expired")
    overdue = sum(person.card_state == "active" and person.valid_to.year < 2025 for person in population.persons)
    assert overdue / PERSONS_MADE == pytest.approx(OVERDUE_SHARE, abs=0.002)


def test_its_files_are_what_the_load_reads(tmp_path: Path) -> None:
    population = make_population(300, 40, seed=3)
    files = write_csv(population, tmp_path / "made")
    problems = Problems()
    institutions = read_table(files.institutions, INSTITUTIONS, problems)
    persons = read_table(files.persons, PERSONS, problems)
    cards = read_table(files.cards, CARDS, problems)
    assert problems.first == []
    assert [(*row[1:6], *row[7:]) for row in institutions.rows] == [tuple(each) for each in population.institutions]
    assert [(row.person_no, row.balance) for row in persons.rows] == [person[:2] for person in population.persons]
    assert [(row.card_no, row.person_no, row.card_sn, row.state, row.valid_to) for row in cards.rows] == [
        (p.card_no, p.person_no, p.card_sn, p.card_state, p.valid_to) for p in population.persons
    ]


@pytest.mark.parametrize(("persons", "institutions"), [(0, 2), (1, 1), (10**8 + 1, 2), (1, 10**6 + 1), (-1, -1)])
def test_impossible_sizes_are_refused(persons: int, institutions: int) -> None:
    with pytest.raises(ValueError, match="can be made"):
        make_population(persons, institutions, seed=1)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (99, "九十九"), (100, "一百"), (105, "一百零五"),
        (110, "一百一十"), (1_001, "一千零一"), (1_010, "一千零一十"), (9_999, "九千九百九十九"), (10_000, "10000"),
    ],
)  # fmt: skip
def test_numbers_in_words(number: int, words: str) -> None:
    assert chinese_number(number) == words
