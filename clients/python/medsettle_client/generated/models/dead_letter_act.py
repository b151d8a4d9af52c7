from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.dead_letter_act_act import DeadLetterActAct, check_dead_letter_act_act

T = TypeVar("T", bound="DeadLetterAct")


@_attrs_define
class DeadLetterAct:
    """place: partition/offset to which a replay was sent.

    Attributes:
        act (DeadLetterActAct):
        operator (str):
        reason (str):
        place (None | str):
        acted_at (datetime.datetime):
    """

    act: DeadLetterActAct
    operator: str
    reason: str
    place: None | str
    acted_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        act: str = self.act

        operator = self.operator

        reason = self.reason

        place: None | str
        place = self.place

        acted_at = self.acted_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "act": act,
                "operator": operator,
                "reason": reason,
                "place": place,
                "acted_at": acted_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        act = check_dead_letter_act_act(d.pop("act"))

        operator = d.pop("operator")

        reason = d.pop("reason")

        def _parse_place(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        place = _parse_place(d.pop("place"))

        acted_at = datetime.datetime.fromisoformat(d.pop("acted_at"))

        dead_letter_act = cls(
            act=act,
            operator=operator,
            reason=reason,
            place=place,
            acted_at=acted_at,
        )

        dead_letter_act.additional_properties = d
        return dead_letter_act

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
