from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.totals_answer import TotalsAnswer


T = TypeVar("T", bound="PreviewAnswer")


@_attrs_define
class PreviewAnswer:
    """`is_over`: the day has ended, and a seal would take just this.

    Attributes:
        business_day (datetime.date):
        is_over (bool):
        totals (TotalsAnswer): Fen. debits: what came in to institutions; refunds: what went back. rows: also those that
            moved nothing.
    """

    business_day: datetime.date
    is_over: bool
    totals: TotalsAnswer
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        business_day = self.business_day.isoformat()

        is_over = self.is_over

        totals = self.totals.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "business_day": business_day,
                "is_over": is_over,
                "totals": totals,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.totals_answer import TotalsAnswer  # noqa: PLC0415

        d = dict(src_dict)
        business_day = datetime.date.fromisoformat(d.pop("business_day"))

        is_over = d.pop("is_over")

        totals = TotalsAnswer.from_dict(d.pop("totals"))

        preview_answer = cls(
            business_day=business_day,
            is_over=is_over,
            totals=totals,
        )

        preview_answer.additional_properties = d
        return preview_answer

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
