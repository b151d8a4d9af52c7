from typing import Literal

VerificationRequestService = Literal[
    "employment_training",
    "job_registration",
    "labour_ability_appraisal",
    "medical_treatment",
    "pension_affairs",
    "unemployment_benefit",
    "unemployment_registration",
    "work_injury_benefit",
]

VERIFICATION_REQUEST_SERVICE_VALUES: set[VerificationRequestService] = {
    "employment_training",
    "job_registration",
    "labour_ability_appraisal",
    "medical_treatment",
    "pension_affairs",
    "unemployment_benefit",
    "unemployment_registration",
    "work_injury_benefit",
}


def check_verification_request_service(value: str) -> VerificationRequestService:
    if value in VERIFICATION_REQUEST_SERVICE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {VERIFICATION_REQUEST_SERVICE_VALUES!r}")
