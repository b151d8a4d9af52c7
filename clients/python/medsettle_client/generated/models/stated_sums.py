from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="StatedSums")


@_attrs_define
class StatedSums:
    """What the institution says, net; what is left out is not compared. Something is stated.

    Attributes:
        medfee (int | None | Unset):
        fund_pay (int | None | Unset):
        account_pay (int | None | Unset):
        cash (int | None | Unset):
        settlements (int | None | Unset):
    """

    medfee: int | None | Unset = UNSET
    fund_pay: int | None | Unset = UNSET
    account_pay: int | None | Unset = UNSET
    cash: int | None | Unset = UNSET
    settlements: int | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        medfee: int | None | Unset
        if isinstance(self.medfee, Unset):
            medfee = UNSET
        else:
            medfee = self.medfee

        fund_pay: int | None | Unset
        if isinstance(self.fund_pay, Unset):
            fund_pay = UNSET
        else:
            fund_pay = self.fund_pay

        account_pay: int | None | Unset
        if isinstance(self.account_pay, Unset):
            account_pay = UNSET
        else:
            account_pay = self.account_pay

        cash: int | None | Unset
        if isinstance(self.cash, Unset):
            cash = UNSET
        else:
            cash = self.cash

        settlements: int | None | Unset
        if isinstance(self.settlements, Unset):
            settlements = UNSET
        else:
            settlements = self.settlements

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if medfee is not UNSET:
            field_dict["medfee"] = medfee
        if fund_pay is not UNSET:
            field_dict["fund_pay"] = fund_pay
        if account_pay is not UNSET:
            field_dict["account_pay"] = account_pay
        if cash is not UNSET:
            field_dict["cash"] = cash
        if settlements is not UNSET:
            field_dict["settlements"] = settlements

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_medfee(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        medfee = _parse_medfee(d.pop("medfee", UNSET))

        def _parse_fund_pay(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        fund_pay = _parse_fund_pay(d.pop("fund_pay", UNSET))

        def _parse_account_pay(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        account_pay = _parse_account_pay(d.pop("account_pay", UNSET))

        def _parse_cash(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        cash = _parse_cash(d.pop("cash", UNSET))

        def _parse_settlements(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        settlements = _parse_settlements(d.pop("settlements", UNSET))

        stated_sums = cls(
            medfee=medfee,
            fund_pay=fund_pay,
            account_pay=account_pay,
            cash=cash,
            settlements=settlements,
        )

        return stated_sums
