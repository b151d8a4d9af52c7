from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.debit_application_action import (
    DebitApplicationAction,
    check_debit_application_action,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="DebitApplication")


@_attrs_define
class DebitApplication:
    """switch_on is done in person: it needs the original identity document.

    Attributes:
        action (DebitApplicationAction):
        bank (str):
        citizen_no (None | str | Unset):
        currency (str | Unset):  Default: 'CNY'.
        credit (bool | Unset):  Default: False.
        reference (str | Unset): Number of the document; no personal data Default: ''.
    """

    action: DebitApplicationAction
    bank: str
    citizen_no: None | str | Unset = UNSET
    currency: str | Unset = "CNY"
    credit: bool | Unset = False
    reference: str | Unset = ""

    def to_dict(self) -> dict[str, Any]:
        action: str = self.action

        bank = self.bank

        citizen_no: None | str | Unset
        if isinstance(self.citizen_no, Unset):
            citizen_no = UNSET
        else:
            citizen_no = self.citizen_no

        currency = self.currency

        credit = self.credit

        reference = self.reference

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "action": action,
                "bank": bank,
            }
        )
        if citizen_no is not UNSET:
            field_dict["citizen_no"] = citizen_no
        if currency is not UNSET:
            field_dict["currency"] = currency
        if credit is not UNSET:
            field_dict["credit"] = credit
        if reference is not UNSET:
            field_dict["reference"] = reference

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        action = check_debit_application_action(d.pop("action"))

        bank = d.pop("bank")

        def _parse_citizen_no(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        citizen_no = _parse_citizen_no(d.pop("citizen_no", UNSET))

        currency = d.pop("currency", UNSET)

        credit = d.pop("credit", UNSET)

        reference = d.pop("reference", UNSET)

        debit_application = cls(
            action=action,
            bank=bank,
            citizen_no=citizen_no,
            currency=currency,
            credit=credit,
            reference=reference,
        )

        return debit_application
