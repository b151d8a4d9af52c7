from typing import Literal

EntitlementAnswerService = Literal[
    "employment_training",
    "job_registration",
    "labour_ability_appraisal",
    "medical_treatment",
    "pension_affairs",
    "unemployment_benefit",
    "unemployment_registration",
    "work_injury_benefit",
]

ENTITLEMENT_ANSWER_SERVICE_VALUES: set[EntitlementAnswerService] = {
    "employment_training",
    "job_registration",
    "labour_ability_appraisal",
    "medical_treatment",
    "pension_affairs",
    "unemployment_benefit",
    "unemployment_registration",
    "work_injury_benefit",
}


def check_entitlement_answer_service(value: str) -> EntitlementAnswerService:
    if value in ENTITLEMENT_ANSWER_SERVICE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {ENTITLEMENT_ANSWER_SERVICE_VALUES!r}")
