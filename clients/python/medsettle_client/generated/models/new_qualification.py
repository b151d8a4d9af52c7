from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="NewQualification")


@_attrs_define
class NewQualification:
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

    def to_dict(self) -> dict[str, Any]:
        certificate_no = self.certificate_no

        title = self.title

        level = self.level

        issued_on = self.issued_on.isoformat()

        field_dict: dict[str, Any] = {}

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

        new_qualification = cls(
            certificate_no=certificate_no,
            title=title,
            level=level,
            issued_on=issued_on,
        )

        return new_qualification
