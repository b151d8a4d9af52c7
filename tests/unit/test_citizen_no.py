import pytest
from app.parties.citizen_no import gender_of, masked, normalised

# GB 11643 prints the first two as its examples; no person ever had the others, whose region is 999999.
GOOD = ["11010519491231002X", "440524188001010014", "999999199003071234", "999999200002290012"]


def checked(seventeen: str) -> str:
    """The number with the check character that ISO 7064 MOD 11-2 gives it: an independent way, by its recursion."""
    remainder = 0
    for digit in seventeen:
        remainder = (remainder + int(digit)) * 2 % 11
    check = (12 - remainder) % 11
    return seventeen + ("X" if check == 10 else str(check))


@pytest.mark.parametrize("number", [*GOOD[:2], *[checked(number[:17]) for number in GOOD]])
def test_good_numbers_stay_as_they_are(number: str) -> None:
    assert normalised(number) == number


def test_a_small_x_is_the_same_number() -> None:
    assert normalised("11010519491231002x") == "11010519491231002X"


@pytest.mark.parametrize("number", GOOD[:2])
def test_one_wrong_digit_and_two_swapped_are_always_noticed(number: str) -> None:
    mistyped = {number[:i] + digit + number[i + 1 :] for i in range(18) for digit in "0123456789X"} - {number}
    mistyped |= {number[:i] + number[i + 1] + number[i] + number[i + 2 :] for i in range(17)} - {number}
    assert len(mistyped) > 180
    for wrong in mistyped:
        with pytest.raises(ValueError, match=r"^(is not|holds no|has a wrong)") as refused:
            normalised(wrong)
        assert wrong not in str(refused.value)


@pytest.mark.parametrize("day", ["19900230", "19901301", "19900100", "19000229", "00000101"])
def test_the_date_of_birth_is_true(day: str) -> None:
    with pytest.raises(ValueError, match="no true date of birth"):
        normalised(checked(f"999999{day}123"))


@pytest.mark.parametrize(
    "text",
    [
        "", "1", "X" * 18, "110105491231002", "11010519491231002", "11010519491231002XX", " 11010519491231002X",
        "11010519491231002X\n", "1101051949123100X2", "１1010519491231002X", "01010519491231002X", "11010519491231002ⅹ",
    ],
)  # fmt: skip
def test_what_is_no_number_at_all(text: str) -> None:
    with pytest.raises(ValueError, match="is not 17 digits and a check character"):
        normalised(text)


def test_gender_is_in_the_seventeenth_digit() -> None:
    assert gender_of("440524188001010014") == "male"
    assert gender_of("11010519491231002X") == "female"


def test_a_masked_number_shows_neither_birth_nor_the_whole_region() -> None:
    assert masked("11010519491231002X") == "110***********002X"
