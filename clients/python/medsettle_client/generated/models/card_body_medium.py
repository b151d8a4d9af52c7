from typing import Literal

CardBodyMedium = Literal["chip_and_stripe", "contact", "dual_interface"]

CARD_BODY_MEDIUM_VALUES: set[CardBodyMedium] = {
    "chip_and_stripe",
    "contact",
    "dual_interface",
}


def check_card_body_medium(value: str) -> CardBodyMedium:
    if value in CARD_BODY_MEDIUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CARD_BODY_MEDIUM_VALUES!r}")
