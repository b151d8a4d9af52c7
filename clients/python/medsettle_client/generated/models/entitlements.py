from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.entitlement_answer import EntitlementAnswer
    from ..models.entitlements_insurances import EntitlementsInsurances


T = TypeVar("T", bound="Entitlements")


@_attrs_define
class Entitlements:
    """insurances: the state of each one that the person has.

    Attributes:
        person_no (str):
        personal_status (None | str):
        insurances (EntitlementsInsurances):
        services (list[EntitlementAnswer]):
    """

    person_no: str
    personal_status: None | str
    insurances: EntitlementsInsurances
    services: list[EntitlementAnswer]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        person_no = self.person_no

        personal_status: None | str
        personal_status = self.personal_status

        insurances = self.insurances.to_dict()

        services = []
        for services_item_data in self.services:
            services_item = services_item_data.to_dict()
            services.append(services_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "person_no": person_no,
                "personal_status": personal_status,
                "insurances": insurances,
                "services": services,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.entitlement_answer import EntitlementAnswer  # noqa: PLC0415
        from ..models.entitlements_insurances import EntitlementsInsurances  # noqa: PLC0415

        d = dict(src_dict)
        person_no = d.pop("person_no")

        def _parse_personal_status(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        personal_status = _parse_personal_status(d.pop("personal_status"))

        insurances = EntitlementsInsurances.from_dict(d.pop("insurances"))

        services = []
        _services = d.pop("services")
        for services_item_data in _services:
            services_item = EntitlementAnswer.from_dict(services_item_data)

            services.append(services_item)

        entitlements = cls(
            person_no=person_no,
            personal_status=personal_status,
            insurances=insurances,
            services=services,
        )

        entitlements.additional_properties = d
        return entitlements

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
