from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Qualification")


@_attrs_define
class Qualification:
    """
    Attributes:
        certificate_no (str):
        title (str):
        level (str):
        issued_on (datetime.date):
    """

    certificate_no: str
    title: str
    level: str
    issued_on: datetime.date
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        certificate_no = self.certificate_no

        title = self.title

        level = self.level

        issued_on = self.issued_on.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "certificate_no": certificate_no,
                "title": title,
                "level": level,
                "issued_on": issued_on,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        certificate_no = d.pop("certificate_no")

        title = d.pop("title")

        level = d.pop("level")

        issued_on = datetime.date.fromisoformat(d.pop("issued_on"))

        qualification = cls(
            certificate_no=certificate_no,
            title=title,
            level=level,
            issued_on=issued_on,
        )

        qualification.additional_properties = d
        return qualification

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
