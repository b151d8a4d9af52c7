from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.result_step_outcome import ResultStepOutcome, check_result_step_outcome

T = TypeVar("T", bound="ResultStep")


@_attrs_define
class ResultStep:
    """What the bank said became of a line, and in which acknowledgment of which file.

    Attributes:
        outcome (ResultStepOutcome):
        code (str):
        reason (str):
        ack_id (int):
        file_id (str):
        form (str):
        received_at (datetime.datetime): RFC 3339
    """

    outcome: ResultStepOutcome
    code: str
    reason: str
    ack_id: int
    file_id: str
    form: str
    received_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        outcome: str = self.outcome

        code = self.code

        reason = self.reason

        ack_id = self.ack_id

        file_id = self.file_id

        form = self.form

        received_at = self.received_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "outcome": outcome,
                "code": code,
                "reason": reason,
                "ack_id": ack_id,
                "file_id": file_id,
                "form": form,
                "received_at": received_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        outcome = check_result_step_outcome(d.pop("outcome"))

        code = d.pop("code")

        reason = d.pop("reason")

        ack_id = d.pop("ack_id")

        file_id = d.pop("file_id")

        form = d.pop("form")

        received_at = datetime.datetime.fromisoformat(d.pop("received_at"))

        result_step = cls(
            outcome=outcome,
            code=code,
            reason=reason,
            ack_id=ack_id,
            file_id=file_id,
            form=form,
            received_at=received_at,
        )

        result_step.additional_properties = d
        return result_step

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
