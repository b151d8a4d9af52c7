from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="NamedCard")


@_attrs_define
class NamedCard:
    """A card beside the payer's own: the old medical card at a first use, the payee's card of a transfer.

    Attributes:
        card_no (str):
        card_sn (None | str | Unset):
    """

    card_no: str
    card_sn: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        card_no = self.card_no

        card_sn: None | str | Unset
        if isinstance(self.card_sn, Unset):
            card_sn = UNSET
        else:
            card_sn = self.card_sn

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "card_no": card_no,
            }
        )
        if card_sn is not UNSET:
            field_dict["card_sn"] = card_sn

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        card_no = d.pop("card_no")

        def _parse_card_sn(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        card_sn = _parse_card_sn(d.pop("card_sn", UNSET))

        named_card = cls(
            card_no=card_no,
            card_sn=card_sn,
        )

        named_card.additional_properties = d
        return named_card

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
