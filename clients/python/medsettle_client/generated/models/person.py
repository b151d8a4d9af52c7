from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.person_gender_type_0 import PersonGenderType0, check_person_gender_type_0
from ..models.person_personal_status_type_0 import (
    PersonPersonalStatusType0,
    check_person_personal_status_type_0,
)

T = TypeVar("T", bound="Person")


@_attrs_define
class Person:
    """A person for display. The first four are null where only the number is known.

    Attributes:
        person_no (str):
        citizen_no_masked (None | str):
        name_masked (None | str):
        gender (None | PersonGenderType0):
        personal_status (None | PersonPersonalStatusType0):
        region (str):
        registered_at (datetime.datetime):
    """

    person_no: str
    citizen_no_masked: None | str
    name_masked: None | str
    gender: None | PersonGenderType0
    personal_status: None | PersonPersonalStatusType0
    region: str
    registered_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        person_no = self.person_no

        citizen_no_masked: None | str
        citizen_no_masked = self.citizen_no_masked

        name_masked: None | str
        name_masked = self.name_masked

        gender: None | str
        if isinstance(self.gender, str):
            gender = self.gender
        else:
            gender = self.gender

        personal_status: None | str
        if isinstance(self.personal_status, str):
            personal_status = self.personal_status
        else:
            personal_status = self.personal_status

        region = self.region

        registered_at = self.registered_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "person_no": person_no,
                "citizen_no_masked": citizen_no_masked,
                "name_masked": name_masked,
                "gender": gender,
                "personal_status": personal_status,
                "region": region,
                "registered_at": registered_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        person_no = d.pop("person_no")

        def _parse_citizen_no_masked(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        citizen_no_masked = _parse_citizen_no_masked(d.pop("citizen_no_masked"))

        def _parse_name_masked(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        name_masked = _parse_name_masked(d.pop("name_masked"))

        def _parse_gender(data: object) -> None | PersonGenderType0:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                gender_type_0 = check_person_gender_type_0(data)

                return gender_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | PersonGenderType0, data)

        gender = _parse_gender(d.pop("gender"))

        def _parse_personal_status(data: object) -> None | PersonPersonalStatusType0:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                personal_status_type_0 = check_person_personal_status_type_0(data)

                return personal_status_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | PersonPersonalStatusType0, data)

        personal_status = _parse_personal_status(d.pop("personal_status"))

        region = d.pop("region")

        registered_at = datetime.datetime.fromisoformat(d.pop("registered_at"))

        person = cls(
            person_no=person_no,
            citizen_no_masked=citizen_no_masked,
            name_masked=name_masked,
            gender=gender,
            personal_status=personal_status,
            region=region,
            registered_at=registered_at,
        )

        person.additional_properties = d
        return person

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
