"""Places of which a process has few: taken one by one, and given back whatever comes."""

import pytest
from app.errors import Overloaded
from app.routes.slots import Slots


def test_who_finds_all_taken_is_refused_and_the_next_is_let_in_when_one_is_given_back() -> None:
    slots = Slots(2, "exports")
    with slots.taken():
        with slots.taken(), pytest.raises(Overloaded, match="2 exports are in hand"), slots.taken():
            pass
        with slots.taken():
            pass


def test_a_failure_gives_its_place_back() -> None:
    slots = Slots(1, "exports")
    with pytest.raises(ZeroDivisionError), slots.taken():
        raise ZeroDivisionError
    with slots.taken():
        pass
