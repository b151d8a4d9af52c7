from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.adjustment_answer_direction import (
    AdjustmentAnswerDirection,
    check_adjustment_answer_direction,
)
from ..models.adjustment_answer_state import (
    AdjustmentAnswerState,
    check_adjustment_answer_state,
)
from ..models.code import Code, check_code

T = TypeVar("T", bound="AdjustmentAnswer")


@_attrs_define
class AdjustmentAnswer:
    """`outcome` is the code of the settlement, final. Approved and null: its settling was cut off; approve it again.

    Attributes:
        adjustment_id (int):
        person_no (str):
        direction (AdjustmentAnswerDirection):
        amount (int):
        reason (str):
        maker (str):
        made_at (datetime.datetime):
        state (AdjustmentAnswerState):
        checker (None | str):
        checked_at (datetime.datetime | None):
        outcome (Code | None):
    """

    adjustment_id: int
    person_no: str
    direction: AdjustmentAnswerDirection
    amount: int
    reason: str
    maker: str
    made_at: datetime.datetime
    state: AdjustmentAnswerState
    checker: None | str
    checked_at: datetime.datetime | None
    outcome: Code | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        adjustment_id = self.adjustment_id

        person_no = self.person_no

        direction: str = self.direction

        amount = self.amount

        reason = self.reason

        maker = self.maker

        made_at = self.made_at.isoformat()

        state: str = self.state

        checker: None | str
        checker = self.checker

        checked_at: None | str
        if isinstance(self.checked_at, datetime.datetime):
            checked_at = self.checked_at.isoformat()
        else:
            checked_at = self.checked_at

        outcome: None | str
        if isinstance(self.outcome, str):
            outcome = self.outcome
        else:
            outcome = self.outcome

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "adjustment_id": adjustment_id,
                "person_no": person_no,
                "direction": direction,
                "amount": amount,
                "reason": reason,
                "maker": maker,
                "made_at": made_at,
                "state": state,
                "checker": checker,
                "checked_at": checked_at,
                "outcome": outcome,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        adjustment_id = d.pop("adjustment_id")

        person_no = d.pop("person_no")

        direction = check_adjustment_answer_direction(d.pop("direction"))

        amount = d.pop("amount")

        reason = d.pop("reason")

        maker = d.pop("maker")

        made_at = datetime.datetime.fromisoformat(d.pop("made_at"))

        state = check_adjustment_answer_state(d.pop("state"))

        def _parse_checker(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        checker = _parse_checker(d.pop("checker"))

        def _parse_checked_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                checked_at_type_0 = datetime.datetime.fromisoformat(data)

                return checked_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        checked_at = _parse_checked_at(d.pop("checked_at"))

        def _parse_outcome(data: object) -> Code | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                outcome_type_0 = check_code(data)

                return outcome_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Code | None, data)

        outcome = _parse_outcome(d.pop("outcome"))

        adjustment_answer = cls(
            adjustment_id=adjustment_id,
            person_no=person_no,
            direction=direction,
            amount=amount,
            reason=reason,
            maker=maker,
            made_at=made_at,
            state=state,
            checker=checker,
            checked_at=checked_at,
            outcome=outcome,
        )

        adjustment_answer.additional_properties = d
        return adjustment_answer

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
