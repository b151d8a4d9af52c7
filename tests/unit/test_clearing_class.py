"""By what a settlement is cleared, from its med_type and what it says of its insurance or its original."""

import pytest
from app.settlement.clearing_class import ClearingClass, clearing_class, clearing_type
from tests.made_receipts import settlement


@pytest.mark.parametrize(
    ("med_type", "expected"),
    [
        *((med_type, "11") for med_type in ("11", "12", "13", "14", "19", "140104", "51")),
        *((med_type, "21") for med_type in ("21", "22", "24", "52")),
        ("41", "41"),
        *((med_type, "99") for med_type in (None, "", "42", "53", "9901", "31")),
    ],
)
def test_the_clearing_type_follows_from_the_med_type(med_type: str | None, expected: str) -> None:
    assert clearing_type(med_type) == expected


@pytest.mark.parametrize(
    ("med_type", "particulars", "expected"),
    [
        ("11", None, ("310", "11")),
        ("41", '{"insurance_type":"390"}', ("390", "41")),
        (None, '{"cleared_as":"390/21","original_message_id":"M1"}', ("390", "21")),
        ("11", '{"visit":"outpatient"}', ("310", "11")),
    ],
)
def test_the_class_of_a_settlement(med_type: str | None, particulars: str | None, expected: ClearingClass) -> None:
    assert clearing_class(settlement(0, med_type=med_type, particulars=particulars)) == expected
