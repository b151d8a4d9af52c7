from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="TotalsAnswer")


@_attrs_define
class TotalsAnswer:
    """Fen. debits: what came in to institutions; refunds: what went back. rows: also those that moved nothing.

    Attributes:
        batch_count (int):
        row_count (int):
        debit_count (int):
        debits (int):
        refund_count (int):
        refunds (int):
        net (int):
    """

    batch_count: int
    row_count: int
    debit_count: int
    debits: int
    refund_count: int
    refunds: int
    net: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        batch_count = self.batch_count

        row_count = self.row_count

        debit_count = self.debit_count

        debits = self.debits

        refund_count = self.refund_count

        refunds = self.refunds

        net = self.net

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "batch_count": batch_count,
                "row_count": row_count,
                "debit_count": debit_count,
                "debits": debits,
                "refund_count": refund_count,
                "refunds": refunds,
                "net": net,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        batch_count = d.pop("batch_count")

        row_count = d.pop("row_count")

        debit_count = d.pop("debit_count")

        debits = d.pop("debits")

        refund_count = d.pop("refund_count")

        refunds = d.pop("refunds")

        net = d.pop("net")

        totals_answer = cls(
            batch_count=batch_count,
            row_count=row_count,
            debit_count=debit_count,
            debits=debits,
            refund_count=refund_count,
            refunds=refunds,
            net=net,
        )

        totals_answer.additional_properties = d
        return totals_answer

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
