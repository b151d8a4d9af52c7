from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Standing")


@_attrs_define
class Standing:
    """What came of a settlement or a hold later: how much went back, and what the hold still holds.

    Attributes:
        returned (int):
        is_reversed (bool):
        hold_state (None | str):
        held (int | None):
    """

    returned: int
    is_reversed: bool
    hold_state: None | str
    held: int | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        returned = self.returned

        is_reversed = self.is_reversed

        hold_state: None | str
        hold_state = self.hold_state

        held: int | None
        held = self.held

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "returned": returned,
                "is_reversed": is_reversed,
                "hold_state": hold_state,
                "held": held,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        returned = d.pop("returned")

        is_reversed = d.pop("is_reversed")

        def _parse_hold_state(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        hold_state = _parse_hold_state(d.pop("hold_state"))

        def _parse_held(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        held = _parse_held(d.pop("held"))

        standing = cls(
            returned=returned,
            is_reversed=is_reversed,
            hold_state=hold_state,
            held=held,
        )

        standing.additional_properties = d
        return standing

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
