from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.card_body_medium import CardBodyMedium, check_card_body_medium

T = TypeVar("T", bound="CardBody")


@_attrs_define
class CardBody:
    """A card as it is made. kind medical: an old medical card, which has no applications.

    Attributes:
        card_no (str):
        card_sn (str):
        medium (CardBodyMedium):
        bank (str):
        issued_on (datetime.date):
        valid_to (datetime.date):
    """

    card_no: str
    card_sn: str
    medium: CardBodyMedium
    bank: str
    issued_on: datetime.date
    valid_to: datetime.date

    def to_dict(self) -> dict[str, Any]:
        card_no = self.card_no

        card_sn = self.card_sn

        medium: str = self.medium

        bank = self.bank

        issued_on = self.issued_on.isoformat()

        valid_to = self.valid_to.isoformat()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "card_no": card_no,
                "card_sn": card_sn,
                "medium": medium,
                "bank": bank,
                "issued_on": issued_on,
                "valid_to": valid_to,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        card_no = d.pop("card_no")

        card_sn = d.pop("card_sn")

        medium = check_card_body_medium(d.pop("medium"))

        bank = d.pop("bank")

        issued_on = datetime.date.fromisoformat(d.pop("issued_on"))

        valid_to = datetime.date.fromisoformat(d.pop("valid_to"))

        card_body = cls(
            card_no=card_no,
            card_sn=card_sn,
            medium=medium,
            bank=bank,
            issued_on=issued_on,
            valid_to=valid_to,
        )

        return card_body
