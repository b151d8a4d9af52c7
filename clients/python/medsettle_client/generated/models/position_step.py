from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.position_step_held_type_0 import (
    PositionStepHeldType0,
    check_position_step_held_type_0,
)

T = TypeVar("T", bound="PositionStep")


@_attrs_define
class PositionStep:
    """The institution's position of a day: debits - refunds + carried_in = paid + carried_out. held: why it waits.

    Attributes:
        business_day (datetime.date):
        bank (str):
        debits (int):
        refunds (int):
        carried_in (int):
        paid (int):
        carried_out (int):
        held (None | PositionStepHeldType0):
    """

    business_day: datetime.date
    bank: str
    debits: int
    refunds: int
    carried_in: int
    paid: int
    carried_out: int
    held: None | PositionStepHeldType0
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        business_day = self.business_day.isoformat()

        bank = self.bank

        debits = self.debits

        refunds = self.refunds

        carried_in = self.carried_in

        paid = self.paid

        carried_out = self.carried_out

        held: None | str
        if isinstance(self.held, str):
            held = self.held
        else:
            held = self.held

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "business_day": business_day,
                "bank": bank,
                "debits": debits,
                "refunds": refunds,
                "carried_in": carried_in,
                "paid": paid,
                "carried_out": carried_out,
                "held": held,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        business_day = datetime.date.fromisoformat(d.pop("business_day"))

        bank = d.pop("bank")

        debits = d.pop("debits")

        refunds = d.pop("refunds")

        carried_in = d.pop("carried_in")

        paid = d.pop("paid")

        carried_out = d.pop("carried_out")

        def _parse_held(data: object) -> None | PositionStepHeldType0:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                held_type_0 = check_position_step_held_type_0(data)

                return held_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | PositionStepHeldType0, data)

        held = _parse_held(d.pop("held"))

        position_step = cls(
            business_day=business_day,
            bank=bank,
            debits=debits,
            refunds=refunds,
            carried_in=carried_in,
            paid=paid,
            carried_out=carried_out,
            held=held,
        )

        position_step.additional_properties = d
        return position_step

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
