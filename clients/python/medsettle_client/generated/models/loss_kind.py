from typing import Literal

LossKind = Literal["formal", "temporary"]

LOSS_KIND_VALUES: set[LossKind] = {
    "formal",
    "temporary",
}


def check_loss_kind(value: str) -> LossKind:
    if value in LOSS_KIND_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LOSS_KIND_VALUES!r}")
