from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.position_answer_held_type_0 import (
    PositionAnswerHeldType0,
    check_position_answer_held_type_0,
)

T = TypeVar("T", bound="PositionAnswer")


@_attrs_define
class PositionAnswer:
    """Fen: `debits - refunds + carried_in = paid + carried_out`. `paid` below 0 is collected from the institution.

    `held`: why nothing is paid; null where all is.

        Attributes:
            institution (str):
            bank (str):
            debits (int):
            refunds (int):
            carried_in (int):
            paid (int):
            carried_out (int):
            held (None | PositionAnswerHeldType0):
    """

    institution: str
    bank: str
    debits: int
    refunds: int
    carried_in: int
    paid: int
    carried_out: int
    held: None | PositionAnswerHeldType0
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        institution = self.institution

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
                "institution": institution,
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
        institution = d.pop("institution")

        bank = d.pop("bank")

        debits = d.pop("debits")

        refunds = d.pop("refunds")

        carried_in = d.pop("carried_in")

        paid = d.pop("paid")

        carried_out = d.pop("carried_out")

        def _parse_held(data: object) -> None | PositionAnswerHeldType0:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                held_type_0 = check_position_answer_held_type_0(data)

                return held_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | PositionAnswerHeldType0, data)

        held = _parse_held(d.pop("held"))

        position_answer = cls(
            institution=institution,
            bank=bank,
            debits=debits,
            refunds=refunds,
            carried_in=carried_in,
            paid=paid,
            carried_out=carried_out,
            held=held,
        )

        position_answer.additional_properties = d
        return position_answer

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
