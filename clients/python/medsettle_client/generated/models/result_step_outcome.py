from typing import Literal

ResultStepOutcome = Literal["failed", "paid"]

RESULT_STEP_OUTCOME_VALUES: set[ResultStepOutcome] = {
    "failed",
    "paid",
}


def check_result_step_outcome(value: str) -> ResultStepOutcome:
    if value in RESULT_STEP_OUTCOME_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {RESULT_STEP_OUTCOME_VALUES!r}")
