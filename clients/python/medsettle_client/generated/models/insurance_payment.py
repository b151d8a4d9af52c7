from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.insurance_payment_insurance import (
    InsurancePaymentInsurance,
    check_insurance_payment_insurance,
)

T = TypeVar("T", bound="InsurancePayment")


@_attrs_define
class InsurancePayment:
    """Amounts in fen.

    Attributes:
        insurance (InsurancePaymentInsurance):
        month (datetime.date): Its first day
        wage_base (int):
        person_paid (int):
        employer_paid (int):
    """

    insurance: InsurancePaymentInsurance
    month: datetime.date
    wage_base: int
    person_paid: int
    employer_paid: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        insurance: str = self.insurance

        month = self.month.isoformat()

        wage_base = self.wage_base

        person_paid = self.person_paid

        employer_paid = self.employer_paid

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "insurance": insurance,
                "month": month,
                "wage_base": wage_base,
                "person_paid": person_paid,
                "employer_paid": employer_paid,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        insurance = check_insurance_payment_insurance(d.pop("insurance"))

        month = datetime.date.fromisoformat(d.pop("month"))

        wage_base = d.pop("wage_base")

        person_paid = d.pop("person_paid")

        employer_paid = d.pop("employer_paid")

        insurance_payment = cls(
            insurance=insurance,
            month=month,
            wage_base=wage_base,
            person_paid=person_paid,
            employer_paid=employer_paid,
        )

        insurance_payment.additional_properties = d
        return insurance_payment

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
