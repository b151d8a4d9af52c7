from typing import Literal

NewInsuranceRelationState = Literal["ended", "normal", "suspended"]

NEW_INSURANCE_RELATION_STATE_VALUES: set[NewInsuranceRelationState] = {
    "ended",
    "normal",
    "suspended",
}


def check_new_insurance_relation_state(value: str) -> NewInsuranceRelationState:
    if value in NEW_INSURANCE_RELATION_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {NEW_INSURANCE_RELATION_STATE_VALUES!r}")
