from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="NewPensionAccount")


@_attrs_define
class NewPensionAccount:
    """
    Attributes:
        balance (int):
        as_of (datetime.date):
    """

    balance: int
    as_of: datetime.date

    def to_dict(self) -> dict[str, Any]:
        balance = self.balance

        as_of = self.as_of.isoformat()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "balance": balance,
                "as_of": as_of,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        balance = d.pop("balance")

        as_of = datetime.date.fromisoformat(d.pop("as_of"))

        new_pension_account = cls(
            balance=balance,
            as_of=as_of,
        )

        return new_pension_account
