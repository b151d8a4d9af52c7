from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.insurance_payment import InsurancePayment
    from ..models.kept_insurance import KeptInsurance
    from ..models.kept_pension_account import KeptPensionAccount
    from ..models.qualification import Qualification
    from ..models.work_injury import WorkInjury


T = TypeVar("T", bound="Records")


@_attrs_define
class Records:
    """
    Attributes:
        insurances (list[KeptInsurance]):
        payments (list[InsurancePayment]):
        qualifications (list[Qualification]):
        work_injuries (list[WorkInjury]):
        pension_account (KeptPensionAccount | None):
    """

    insurances: list[KeptInsurance]
    payments: list[InsurancePayment]
    qualifications: list[Qualification]
    work_injuries: list[WorkInjury]
    pension_account: KeptPensionAccount | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.kept_pension_account import KeptPensionAccount  # noqa: PLC0415

        insurances = []
        for insurances_item_data in self.insurances:
            insurances_item = insurances_item_data.to_dict()
            insurances.append(insurances_item)

        payments = []
        for payments_item_data in self.payments:
            payments_item = payments_item_data.to_dict()
            payments.append(payments_item)

        qualifications = []
        for qualifications_item_data in self.qualifications:
            qualifications_item = qualifications_item_data.to_dict()
            qualifications.append(qualifications_item)

        work_injuries = []
        for work_injuries_item_data in self.work_injuries:
            work_injuries_item = work_injuries_item_data.to_dict()
            work_injuries.append(work_injuries_item)

        pension_account: dict[str, Any] | None
        if isinstance(self.pension_account, KeptPensionAccount):
            pension_account = self.pension_account.to_dict()
        else:
            pension_account = self.pension_account

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "insurances": insurances,
                "payments": payments,
                "qualifications": qualifications,
                "work_injuries": work_injuries,
                "pension_account": pension_account,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.insurance_payment import InsurancePayment  # noqa: PLC0415
        from ..models.kept_insurance import KeptInsurance  # noqa: PLC0415
        from ..models.kept_pension_account import KeptPensionAccount  # noqa: PLC0415
        from ..models.qualification import Qualification  # noqa: PLC0415
        from ..models.work_injury import WorkInjury  # noqa: PLC0415

        d = dict(src_dict)
        insurances = []
        _insurances = d.pop("insurances")
        for insurances_item_data in _insurances:
            insurances_item = KeptInsurance.from_dict(insurances_item_data)

            insurances.append(insurances_item)

        payments = []
        _payments = d.pop("payments")
        for payments_item_data in _payments:
            payments_item = InsurancePayment.from_dict(payments_item_data)

            payments.append(payments_item)

        qualifications = []
        _qualifications = d.pop("qualifications")
        for qualifications_item_data in _qualifications:
            qualifications_item = Qualification.from_dict(qualifications_item_data)

            qualifications.append(qualifications_item)

        work_injuries = []
        _work_injuries = d.pop("work_injuries")
        for work_injuries_item_data in _work_injuries:
            work_injuries_item = WorkInjury.from_dict(work_injuries_item_data)

            work_injuries.append(work_injuries_item)

        def _parse_pension_account(data: object) -> KeptPensionAccount | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                pension_account_type_0 = KeptPensionAccount.from_dict(data)

                return pension_account_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(KeptPensionAccount | None, data)

        pension_account = _parse_pension_account(d.pop("pension_account"))

        records = cls(
            insurances=insurances,
            payments=payments,
            qualifications=qualifications,
            work_injuries=work_injuries,
            pension_account=pension_account,
        )

        records.additional_properties = d
        return records

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
