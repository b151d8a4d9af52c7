from typing import Literal

MessageVisitType0 = Literal["inpatient", "outpatient"]

MESSAGE_VISIT_TYPE_0_VALUES: set[MessageVisitType0] = {
    "inpatient",
    "outpatient",
}


def check_message_visit_type_0(value: str) -> MessageVisitType0:
    if value in MESSAGE_VISIT_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {MESSAGE_VISIT_TYPE_0_VALUES!r}")
