from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.card_cert_type_type_0 import (
    CardCertTypeType0,
    check_card_cert_type_type_0,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="Card")


@_attrs_define
class Card:
    """How the person was identified: 01 e-voucher, 02 identity card, 03 social security card.

    `card_no` and `card_sn` are read for 03 alone. Under 01 and 02 that place can hold a token or a citizen number,
    which must not be kept: it is dropped when the message is decoded.

    Attributes:
        cert_type (CardCertTypeType0 | None):
        card_no (None | str | Unset):
        card_sn (None | str | Unset):
    """

    cert_type: CardCertTypeType0 | None
    card_no: None | str | Unset = UNSET
    card_sn: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        cert_type: None | str
        if isinstance(self.cert_type, str):
            cert_type = self.cert_type
        else:
            cert_type = self.cert_type

        card_no: None | str | Unset
        if isinstance(self.card_no, Unset):
            card_no = UNSET
        else:
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
                "cert_type": cert_type,
            }
        )
        if card_no is not UNSET:
            field_dict["card_no"] = card_no
        if card_sn is not UNSET:
            field_dict["card_sn"] = card_sn

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_cert_type(data: object) -> CardCertTypeType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                cert_type_type_0 = check_card_cert_type_type_0(data)

                return cert_type_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(CardCertTypeType0 | None, data)

        cert_type = _parse_cert_type(d.pop("cert_type"))

        def _parse_card_no(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        card_no = _parse_card_no(d.pop("card_no", UNSET))

        def _parse_card_sn(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        card_sn = _parse_card_sn(d.pop("card_sn", UNSET))

        card = cls(
            cert_type=cert_type,
            card_no=card_no,
            card_sn=card_sn,
        )

        card.additional_properties = d
        return card

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
