from typing import Literal

EntryAnswerPart = Literal["accumulated", "current"]

ENTRY_ANSWER_PART_VALUES: set[EntryAnswerPart] = {
    "accumulated",
    "current",
}


def check_entry_answer_part(value: str) -> EntryAnswerPart:
    if value in ENTRY_ANSWER_PART_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {ENTRY_ANSWER_PART_VALUES!r}")
