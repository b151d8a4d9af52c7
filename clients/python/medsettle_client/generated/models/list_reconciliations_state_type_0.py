from typing import Literal

ListReconciliationsStateType0 = Literal["failed", "ok", "void", "waiting"]

LIST_RECONCILIATIONS_STATE_TYPE_0_VALUES: set[ListReconciliationsStateType0] = {
    "failed",
    "ok",
    "void",
    "waiting",
}


def check_list_reconciliations_state_type_0(value: str) -> ListReconciliationsStateType0:
    if value in LIST_RECONCILIATIONS_STATE_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_RECONCILIATIONS_STATE_TYPE_0_VALUES!r}")
