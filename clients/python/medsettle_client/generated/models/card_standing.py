from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="CardStanding")


@_attrs_define
class CardStanding:
    """usable: the card is active and within its validity; for debit the application is also on.

    Attributes:
        card_no (str):
        kind (str):
        bank (str):
        state (str):
        valid_to (datetime.date):
        social_security_usable (bool):
        debit (str):
        debit_usable (bool):
    """

    card_no: str
    kind: str
    bank: str
    state: str
    valid_to: datetime.date
    social_security_usable: bool
    debit: str
    debit_usable: bool
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        card_no = self.card_no

        kind = self.kind

        bank = self.bank

        state = self.state

        valid_to = self.valid_to.isoformat()

        social_security_usable = self.social_security_usable

        debit = self.debit

        debit_usable = self.debit_usable

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "card_no": card_no,
                "kind": kind,
                "bank": bank,
                "state": state,
                "valid_to": valid_to,
                "social_security_usable": social_security_usable,
                "debit": debit,
                "debit_usable": debit_usable,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        card_no = d.pop("card_no")

        kind = d.pop("kind")

        bank = d.pop("bank")

        state = d.pop("state")

        valid_to = datetime.date.fromisoformat(d.pop("valid_to"))

        social_security_usable = d.pop("social_security_usable")

        debit = d.pop("debit")

        debit_usable = d.pop("debit_usable")

        card_standing = cls(
            card_no=card_no,
            kind=kind,
            bank=bank,
            state=state,
            valid_to=valid_to,
            social_security_usable=social_security_usable,
            debit=debit,
            debit_usable=debit_usable,
        )

        card_standing.additional_properties = d
        return card_standing

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
