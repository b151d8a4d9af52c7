from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.change_personal_status_type_0 import (
    ChangePersonalStatusType0,
    check_change_personal_status_type_0,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="Change")


@_attrs_define
class Change:
    """What is not sent stays as it is.

    Attributes:
        name (None | str | Unset):
        personal_status (ChangePersonalStatusType0 | None | Unset):
        region (None | str | Unset):
    """

    name: None | str | Unset = UNSET
    personal_status: ChangePersonalStatusType0 | None | Unset = UNSET
    region: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name: None | str | Unset
        if isinstance(self.name, Unset):
            name = UNSET
        else:
            name = self.name

        personal_status: None | str | Unset
        if isinstance(self.personal_status, Unset):
            personal_status = UNSET
        elif isinstance(self.personal_status, str):
            personal_status = self.personal_status
        else:
            personal_status = self.personal_status

        region: None | str | Unset
        if isinstance(self.region, Unset):
            region = UNSET
        else:
            region = self.region

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if name is not UNSET:
            field_dict["name"] = name
        if personal_status is not UNSET:
            field_dict["personal_status"] = personal_status
        if region is not UNSET:
            field_dict["region"] = region

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_name(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        name = _parse_name(d.pop("name", UNSET))

        def _parse_personal_status(data: object) -> ChangePersonalStatusType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                personal_status_type_0 = check_change_personal_status_type_0(data)

                return personal_status_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ChangePersonalStatusType0 | None | Unset, data)

        personal_status = _parse_personal_status(d.pop("personal_status", UNSET))

        def _parse_region(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        region = _parse_region(d.pop("region", UNSET))

        change = cls(
            name=name,
            personal_status=personal_status,
            region=region,
        )

        return change
