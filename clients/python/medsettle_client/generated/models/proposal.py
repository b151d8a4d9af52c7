from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.proposal_direction import ProposalDirection, check_proposal_direction

T = TypeVar("T", bound="Proposal")


@_attrs_define
class Proposal:
    """reason: of the case, without names or citizen numbers.

    Attributes:
        person_no (str):
        direction (ProposalDirection):
        amount (int): fen
        reason (str):
    """

    person_no: str
    direction: ProposalDirection
    amount: int
    reason: str

    def to_dict(self) -> dict[str, Any]:
        person_no = self.person_no

        direction: str = self.direction

        amount = self.amount

        reason = self.reason

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "person_no": person_no,
                "direction": direction,
                "amount": amount,
                "reason": reason,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        person_no = d.pop("person_no")

        direction = check_proposal_direction(d.pop("direction"))

        amount = d.pop("amount")

        reason = d.pop("reason")

        proposal = cls(
            person_no=person_no,
            direction=direction,
            amount=amount,
            reason=reason,
        )

        return proposal
