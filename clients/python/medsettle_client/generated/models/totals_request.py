from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..models.totals_request_clearing_type import (
    TotalsRequestClearingType,
    check_totals_request_clearing_type,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.stated_sums import StatedSums


T = TypeVar("T", bound="TotalsRequest")


@_attrs_define
class TotalsRequest:
    """Office, insurance type and clearing type are empty for every one. Days are business days, both included.

    account_includes_mutual_aid: whether family money is in account_pay, or told apart.

        Attributes:
            institution (str):
            first_day (datetime.date):
            last_day (datetime.date):
            stated (StatedSums): What the institution says, net; what is left out is not compared. Something is stated.
            settlement_office (str | Unset):  Default: ''.
            insurance_type (str | Unset):  Default: ''.
            clearing_type (TotalsRequestClearingType | Unset):  Default: ''.
            includes_refunds (bool | Unset):  Default: True.
            account_includes_mutual_aid (bool | Unset):  Default: True.
    """

    institution: str
    first_day: datetime.date
    last_day: datetime.date
    stated: StatedSums
    settlement_office: str | Unset = ""
    insurance_type: str | Unset = ""
    clearing_type: TotalsRequestClearingType | Unset = ""
    includes_refunds: bool | Unset = True
    account_includes_mutual_aid: bool | Unset = True

    def to_dict(self) -> dict[str, Any]:
        institution = self.institution

        first_day = self.first_day.isoformat()

        last_day = self.last_day.isoformat()

        stated = self.stated.to_dict()

        settlement_office = self.settlement_office

        insurance_type = self.insurance_type

        clearing_type: str | Unset = UNSET
        if not isinstance(self.clearing_type, Unset):
            clearing_type = self.clearing_type

        includes_refunds = self.includes_refunds

        account_includes_mutual_aid = self.account_includes_mutual_aid

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "institution": institution,
                "first_day": first_day,
                "last_day": last_day,
                "stated": stated,
            }
        )
        if settlement_office is not UNSET:
            field_dict["settlement_office"] = settlement_office
        if insurance_type is not UNSET:
            field_dict["insurance_type"] = insurance_type
        if clearing_type is not UNSET:
            field_dict["clearing_type"] = clearing_type
        if includes_refunds is not UNSET:
            field_dict["includes_refunds"] = includes_refunds
        if account_includes_mutual_aid is not UNSET:
            field_dict["account_includes_mutual_aid"] = account_includes_mutual_aid

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.stated_sums import StatedSums  # noqa: PLC0415

        d = dict(src_dict)
        institution = d.pop("institution")

        first_day = datetime.date.fromisoformat(d.pop("first_day"))

        last_day = datetime.date.fromisoformat(d.pop("last_day"))

        stated = StatedSums.from_dict(d.pop("stated"))

        settlement_office = d.pop("settlement_office", UNSET)

        insurance_type = d.pop("insurance_type", UNSET)

        _clearing_type = d.pop("clearing_type", UNSET)
        clearing_type: TotalsRequestClearingType | Unset
        if isinstance(_clearing_type, Unset):
            clearing_type = UNSET
        else:
            clearing_type = check_totals_request_clearing_type(_clearing_type)

        includes_refunds = d.pop("includes_refunds", UNSET)

        account_includes_mutual_aid = d.pop("account_includes_mutual_aid", UNSET)

        totals_request = cls(
            institution=institution,
            first_day=first_day,
            last_day=last_day,
            stated=stated,
            settlement_office=settlement_office,
            insurance_type=insurance_type,
            clearing_type=clearing_type,
            includes_refunds=includes_refunds,
            account_includes_mutual_aid=account_includes_mutual_aid,
        )

        return totals_request
