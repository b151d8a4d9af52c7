from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="EventAnswer")


@_attrs_define
class EventAnswer:
    """
    Attributes:
        event (str):
        from_state (str):
        to_state (str):
        place (str):
        operator (str):
        reference (str):
        happened_at (datetime.datetime):
    """

    event: str
    from_state: str
    to_state: str
    place: str
    operator: str
    reference: str
    happened_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        event = self.event

        from_state = self.from_state

        to_state = self.to_state

        place = self.place

        operator = self.operator

        reference = self.reference

        happened_at = self.happened_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "event": event,
                "from_state": from_state,
                "to_state": to_state,
                "place": place,
                "operator": operator,
                "reference": reference,
                "happened_at": happened_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        event = d.pop("event")

        from_state = d.pop("from_state")

        to_state = d.pop("to_state")

        place = d.pop("place")

        operator = d.pop("operator")

        reference = d.pop("reference")

        happened_at = datetime.datetime.fromisoformat(d.pop("happened_at"))

        event_answer = cls(
            event=event,
            from_state=from_state,
            to_state=to_state,
            place=place,
            operator=operator,
            reference=reference,
            happened_at=happened_at,
        )

        event_answer.additional_properties = d
        return event_answer

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
