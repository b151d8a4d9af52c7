from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="Search")


@_attrs_define
class Search:
    """
    Attributes:
        citizen_no (str): GB 11643; kept sealed
    """

    citizen_no: str

    def to_dict(self) -> dict[str, Any]:
        citizen_no = self.citizen_no

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "citizen_no": citizen_no,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        citizen_no = d.pop("citizen_no")

        search = cls(
            citizen_no=citizen_no,
        )

        return search
