from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.new_insurance_payment_insurance import (
    NewInsurancePaymentInsurance,
    check_new_insurance_payment_insurance,
)

T = TypeVar("T", bound="NewInsurancePayment")


@_attrs_define
class NewInsurancePayment:
    """
    Attributes:
        insurance (NewInsurancePaymentInsurance):
        month (datetime.date): Its first day
        wage_base (int):
        person_paid (int):
        employer_paid (int):
    """

    insurance: NewInsurancePaymentInsurance
    month: datetime.date
    wage_base: int
    person_paid: int
    employer_paid: int

    def to_dict(self) -> dict[str, Any]:
        insurance: str = self.insurance

        month = self.month.isoformat()

        wage_base = self.wage_base

        person_paid = self.person_paid

        employer_paid = self.employer_paid

        field_dict: dict[str, Any] = {}

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
        insurance = check_new_insurance_payment_insurance(d.pop("insurance"))

        month = datetime.date.fromisoformat(d.pop("month"))

        wage_base = d.pop("wage_base")

        person_paid = d.pop("person_paid")

        employer_paid = d.pop("employer_paid")

        new_insurance_payment = cls(
            insurance=insurance,
            month=month,
            wage_base=wage_base,
            person_paid=person_paid,
            employer_paid=employer_paid,
        )

        return new_insurance_payment
