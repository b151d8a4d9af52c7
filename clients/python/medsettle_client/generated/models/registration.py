from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.registration_gender_type_0 import (
    RegistrationGenderType0,
    check_registration_gender_type_0,
)
from ..models.registration_personal_status_type_0 import (
    RegistrationPersonalStatusType0,
    check_registration_personal_status_type_0,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="Registration")


@_attrs_define
class Registration:
    """gender is that of the citizen number.

    Attributes:
        person_no (str):
        citizen_no (str): GB 11643; kept sealed
        name (str): Kept sealed
        gender (None | RegistrationGenderType0 | Unset):
        personal_status (None | RegistrationPersonalStatusType0 | Unset):
        region (str | Unset):  Default: ''.
    """

    person_no: str
    citizen_no: str
    name: str
    gender: None | RegistrationGenderType0 | Unset = UNSET
    personal_status: None | RegistrationPersonalStatusType0 | Unset = UNSET
    region: str | Unset = ""

    def to_dict(self) -> dict[str, Any]:
        person_no = self.person_no

        citizen_no = self.citizen_no

        name = self.name

        gender: None | str | Unset
        if isinstance(self.gender, Unset):
            gender = UNSET
        elif isinstance(self.gender, str):
            gender = self.gender
        else:
            gender = self.gender

        personal_status: None | str | Unset
        if isinstance(self.personal_status, Unset):
            personal_status = UNSET
        elif isinstance(self.personal_status, str):
            personal_status = self.personal_status
        else:
            personal_status = self.personal_status

        region = self.region

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "person_no": person_no,
                "citizen_no": citizen_no,
                "name": name,
            }
        )
        if gender is not UNSET:
            field_dict["gender"] = gender
        if personal_status is not UNSET:
            field_dict["personal_status"] = personal_status
        if region is not UNSET:
            field_dict["region"] = region

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        person_no = d.pop("person_no")

        citizen_no = d.pop("citizen_no")

        name = d.pop("name")

        def _parse_gender(data: object) -> None | RegistrationGenderType0 | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                gender_type_0 = check_registration_gender_type_0(data)

                return gender_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | RegistrationGenderType0 | Unset, data)

        gender = _parse_gender(d.pop("gender", UNSET))

        def _parse_personal_status(data: object) -> None | RegistrationPersonalStatusType0 | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                personal_status_type_0 = check_registration_personal_status_type_0(data)

                return personal_status_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | RegistrationPersonalStatusType0 | Unset, data)

        personal_status = _parse_personal_status(d.pop("personal_status", UNSET))

        region = d.pop("region", UNSET)

        registration = cls(
            person_no=person_no,
            citizen_no=citizen_no,
            name=name,
            gender=gender,
            personal_status=personal_status,
            region=region,
        )

        return registration
