from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Movement")


@_attrs_define
class Movement:
    """One transfer of the ledger. accumulated: of a personal account, out of or into its accumulated part.

    Attributes:
        leg (int):
        amount (int):
        debit_account (str):
        credit_account (str):
        accumulated (bool):
    """

    leg: int
    amount: int
    debit_account: str
    credit_account: str
    accumulated: bool
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        leg = self.leg

        amount = self.amount

        debit_account = self.debit_account

        credit_account = self.credit_account

        accumulated = self.accumulated

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "leg": leg,
                "amount": amount,
                "debit_account": debit_account,
                "credit_account": credit_account,
                "accumulated": accumulated,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        leg = d.pop("leg")

        amount = d.pop("amount")

        debit_account = d.pop("debit_account")

        credit_account = d.pop("credit_account")

        accumulated = d.pop("accumulated")

        movement = cls(
            leg=leg,
            amount=amount,
            debit_account=debit_account,
            credit_account=credit_account,
            accumulated=accumulated,
        )

        movement.additional_properties = d
        return movement

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
