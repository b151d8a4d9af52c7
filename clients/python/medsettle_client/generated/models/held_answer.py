from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.held_answer_reason import HeldAnswerReason, check_held_answer_reason

T = TypeVar("T", bound="HeldAnswer")


@_attrs_define
class HeldAnswer:
    """Institutions that are not paid with the day, for a reason; `fen` is carried into the next day.

    Attributes:
        reason (HeldAnswerReason):
        institutions (int):
        fen (int):
    """

    reason: HeldAnswerReason
    institutions: int
    fen: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        reason: str = self.reason

        institutions = self.institutions

        fen = self.fen

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "reason": reason,
                "institutions": institutions,
                "fen": fen,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        reason = check_held_answer_reason(d.pop("reason"))

        institutions = d.pop("institutions")

        fen = d.pop("fen")

        held_answer = cls(
            reason=reason,
            institutions=institutions,
            fen=fen,
        )

        held_answer.additional_properties = d
        return held_answer

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
