from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="RowCounts")


@_attrs_define
class RowCounts:
    """
    Attributes:
        equal (int):
        centre_more (int):
        institution_more (int):
        differs (int):
        not_arrived (int):
    """

    equal: int
    centre_more: int
    institution_more: int
    differs: int
    not_arrived: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        equal = self.equal

        centre_more = self.centre_more

        institution_more = self.institution_more

        differs = self.differs

        not_arrived = self.not_arrived

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "equal": equal,
                "centre_more": centre_more,
                "institution_more": institution_more,
                "differs": differs,
                "not_arrived": not_arrived,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        equal = d.pop("equal")

        centre_more = d.pop("centre_more")

        institution_more = d.pop("institution_more")

        differs = d.pop("differs")

        not_arrived = d.pop("not_arrived")

        row_counts = cls(
            equal=equal,
            centre_more=centre_more,
            institution_more=institution_more,
            differs=differs,
            not_arrived=not_arrived,
        )

        row_counts.additional_properties = d
        return row_counts

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
