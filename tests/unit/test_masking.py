"""What is taken for a citizen number, in logs, in the audit log and in request ids alike."""

import pytest
from app.masking import holds_citizen_no, masked


@pytest.mark.parametrize("number", ["11010519491231002X", "11010519491231002x", "110105491231002"])
@pytest.mark.parametrize("text", ["{}", "of {}!", "till.{}", "certno={}&x", "号{}号"])
def test_a_number_that_stands_by_itself_is_masked(number: str, text: str) -> None:
    assert masked(text.format(number)) == text.format("***")
    assert holds_citizen_no(text.format(number))


@pytest.mark.parametrize(
    "text",
    ["H00000000001202611221030000001", "2026112500000000000010240000", "P110105194912310021", "1101051949", ""],
)
def test_longer_numbers_and_parts_of_names_are_left(text: str) -> None:
    assert masked(text) == text
    assert not holds_citizen_no(text)
