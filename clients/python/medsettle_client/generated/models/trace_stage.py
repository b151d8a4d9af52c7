from typing import Literal

TraceStage = Literal["booked", "drawn", "failed", "filed", "held_over", "netted", "not_cleared", "paid"]

TRACE_STAGE_VALUES: set[TraceStage] = {
    "booked",
    "drawn",
    "failed",
    "filed",
    "held_over",
    "netted",
    "not_cleared",
    "paid",
}


def check_trace_stage(value: str) -> TraceStage:
    if value in TRACE_STAGE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {TRACE_STAGE_VALUES!r}")
