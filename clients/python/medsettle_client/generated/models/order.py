from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="Order")


@_attrs_define
class Order:
    """grant_ids: every open grant of the beneficiary once, the first to be used first.

    Attributes:
        beneficiary (str):
        grant_ids (list[int]):
    """

    beneficiary: str
    grant_ids: list[int]

    def to_dict(self) -> dict[str, Any]:
        beneficiary = self.beneficiary

        grant_ids = self.grant_ids

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "beneficiary": beneficiary,
                "grant_ids": grant_ids,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        beneficiary = d.pop("beneficiary")

        grant_ids = cast(list[int], d.pop("grant_ids"))

        order = cls(
            beneficiary=beneficiary,
            grant_ids=grant_ids,
        )

        return order
