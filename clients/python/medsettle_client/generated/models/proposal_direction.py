from typing import Literal

ProposalDirection = Literal["credit", "debit"]

PROPOSAL_DIRECTION_VALUES: set[ProposalDirection] = {
    "credit",
    "debit",
}


def check_proposal_direction(value: str) -> ProposalDirection:
    if value in PROPOSAL_DIRECTION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {PROPOSAL_DIRECTION_VALUES!r}")
