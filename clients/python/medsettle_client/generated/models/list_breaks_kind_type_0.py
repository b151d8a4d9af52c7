from typing import Literal

ListBreaksKindType0 = Literal["centre_more", "differs", "institution_more", "not_arrived"]

LIST_BREAKS_KIND_TYPE_0_VALUES: set[ListBreaksKindType0] = {
    "centre_more",
    "differs",
    "institution_more",
    "not_arrived",
}


def check_list_breaks_kind_type_0(value: str) -> ListBreaksKindType0:
    if value in LIST_BREAKS_KIND_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_BREAKS_KIND_TYPE_0_VALUES!r}")
