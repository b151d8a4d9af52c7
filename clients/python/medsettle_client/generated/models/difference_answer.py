from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="DifferenceAnswer")


@_attrs_define
class DifferenceAnswer:
    """more_here: how much the ledger has more than the institution; below zero, less.

    Attributes:
        field (str):
        stated (int):
        ours (int):
        more_here (int):
    """

    field: str
    stated: int
    ours: int
    more_here: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        field = self.field

        stated = self.stated

        ours = self.ours

        more_here = self.more_here

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "field": field,
                "stated": stated,
                "ours": ours,
                "more_here": more_here,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        field = d.pop("field")

        stated = d.pop("stated")

        ours = d.pop("ours")

        more_here = d.pop("more_here")

        difference_answer = cls(
            field=field,
            stated=stated,
            ours=ours,
            more_here=more_here,
        )

        difference_answer.additional_properties = d
        return difference_answer

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
