from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Applications")


@_attrs_define
class Applications:
    """usable: the card is active and within its validity; for debit the application is also on.

    Attributes:
        social_security_usable (bool):
        debit (str):
        debit_usable (bool):
    """

    social_security_usable: bool
    debit: str
    debit_usable: bool
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        social_security_usable = self.social_security_usable

        debit = self.debit

        debit_usable = self.debit_usable

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "social_security_usable": social_security_usable,
                "debit": debit,
                "debit_usable": debit_usable,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        social_security_usable = d.pop("social_security_usable")

        debit = d.pop("debit")

        debit_usable = d.pop("debit_usable")

        applications = cls(
            social_security_usable=social_security_usable,
            debit=debit,
            debit_usable=debit_usable,
        )

        applications.additional_properties = d
        return applications

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
