from typing import Literal

ListBreaksStateType0 = Literal["checked", "levelled", "new", "void"]

LIST_BREAKS_STATE_TYPE_0_VALUES: set[ListBreaksStateType0] = {
    "checked",
    "levelled",
    "new",
    "void",
}


def check_list_breaks_state_type_0(value: str) -> ListBreaksStateType0:
    if value in LIST_BREAKS_STATE_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_BREAKS_STATE_TYPE_0_VALUES!r}")
