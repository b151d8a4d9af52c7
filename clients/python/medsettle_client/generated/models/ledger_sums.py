from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="LedgerSums")


@_attrs_define
class LedgerSums:
    """Fen, net. medfee = fund_pay + account_pay + cash.

    Attributes:
        medfee (int):
        fund_pay (int):
        account_pay (int):
        cash (int):
        settlements (int):
    """

    medfee: int
    fund_pay: int
    account_pay: int
    cash: int
    settlements: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        medfee = self.medfee

        fund_pay = self.fund_pay

        account_pay = self.account_pay

        cash = self.cash

        settlements = self.settlements

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "medfee": medfee,
                "fund_pay": fund_pay,
                "account_pay": account_pay,
                "cash": cash,
                "settlements": settlements,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        medfee = d.pop("medfee")

        fund_pay = d.pop("fund_pay")

        account_pay = d.pop("account_pay")

        cash = d.pop("cash")

        settlements = d.pop("settlements")

        ledger_sums = cls(
            medfee=medfee,
            fund_pay=fund_pay,
            account_pay=account_pay,
            cash=cash,
            settlements=settlements,
        )

        ledger_sums.additional_properties = d
        return ledger_sums

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
