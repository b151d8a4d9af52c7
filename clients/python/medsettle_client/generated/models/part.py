from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.part_part_type_0 import PartPartType0, check_part_part_type_0
from ..models.part_source import PartSource, check_part_source
from ..types import UNSET, Unset

T = TypeVar("T", bound="Part")


@_attrs_define
class Part:
    """One source of a settled amount, in fen; after a refund or reversal where it went back to, in the same order.

    part: of the own account, which of its parts. reason: the rule for which the rest is due in cash; absent, the
    balances were too small.

    Attributes:
        source (PartSource):
        amount (int):
        part (None | PartPartType0 | Unset):
        reason (None | str | Unset):
    """

    source: PartSource
    amount: int
    part: None | PartPartType0 | Unset = UNSET
    reason: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        source: str = self.source

        amount = self.amount

        part: None | str | Unset
        if isinstance(self.part, Unset):
            part = UNSET
        elif isinstance(self.part, str):
            part = self.part
        else:
            part = self.part

        reason: None | str | Unset
        if isinstance(self.reason, Unset):
            reason = UNSET
        else:
            reason = self.reason

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "source": source,
                "amount": amount,
            }
        )
        if part is not UNSET:
            field_dict["part"] = part
        if reason is not UNSET:
            field_dict["reason"] = reason

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        source = check_part_source(d.pop("source"))

        amount = d.pop("amount")

        def _parse_part(data: object) -> None | PartPartType0 | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                part_type_0 = check_part_part_type_0(data)

                return part_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | PartPartType0 | Unset, data)

        part = _parse_part(d.pop("part", UNSET))

        def _parse_reason(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        reason = _parse_reason(d.pop("reason", UNSET))

        part = cls(
            source=source,
            amount=amount,
            part=part,
            reason=reason,
        )

        part.additional_properties = d
        return part

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
