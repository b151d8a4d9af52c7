from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.entitlement_answer_service import (
    EntitlementAnswerService,
    check_entitlement_answer_service,
)

T = TypeVar("T", bound="EntitlementAnswer")


@_attrs_define
class EntitlementAnswer:
    """
    Attributes:
        service (EntitlementAnswerService):
        holds (bool):
        basis (str):
    """

    service: EntitlementAnswerService
    holds: bool
    basis: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        service: str = self.service

        holds = self.holds

        basis = self.basis

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "service": service,
                "holds": holds,
                "basis": basis,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        service = check_entitlement_answer_service(d.pop("service"))

        holds = d.pop("holds")

        basis = d.pop("basis")

        entitlement_answer = cls(
            service=service,
            holds=holds,
            basis=basis,
        )

        entitlement_answer.additional_properties = d
        return entitlement_answer

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
