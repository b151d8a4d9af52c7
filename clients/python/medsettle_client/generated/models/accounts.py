from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.card_standing import CardStanding
    from ..models.debit_account import DebitAccount
    from ..models.pension_account import PensionAccount
    from ..models.personal_account import PersonalAccount


T = TypeVar("T", bound="Accounts")


@_attrs_define
class Accounts:
    """Balances as of a time; pension account and cards as of now.

    Attributes:
        person_no (str):
        as_of (datetime.datetime):
        personal (PersonalAccount): The parts sum to the balance. state is that of now, and null where the question is
            of the past.

            held: by authorizations that stood at that time; what is left of the balance could be paid.
        debit (list[DebitAccount]):
        pension (None | PensionAccount):
        cards (list[CardStanding]):
    """

    person_no: str
    as_of: datetime.datetime
    personal: PersonalAccount
    debit: list[DebitAccount]
    pension: None | PensionAccount
    cards: list[CardStanding]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.pension_account import PensionAccount  # noqa: PLC0415

        person_no = self.person_no

        as_of = self.as_of.isoformat()

        personal = self.personal.to_dict()

        debit = []
        for debit_item_data in self.debit:
            debit_item = debit_item_data.to_dict()
            debit.append(debit_item)

        pension: dict[str, Any] | None
        if isinstance(self.pension, PensionAccount):
            pension = self.pension.to_dict()
        else:
            pension = self.pension

        cards = []
        for cards_item_data in self.cards:
            cards_item = cards_item_data.to_dict()
            cards.append(cards_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "person_no": person_no,
                "as_of": as_of,
                "personal": personal,
                "debit": debit,
                "pension": pension,
                "cards": cards,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.card_standing import CardStanding  # noqa: PLC0415
        from ..models.debit_account import DebitAccount  # noqa: PLC0415
        from ..models.pension_account import PensionAccount  # noqa: PLC0415
        from ..models.personal_account import PersonalAccount  # noqa: PLC0415

        d = dict(src_dict)
        person_no = d.pop("person_no")

        as_of = datetime.datetime.fromisoformat(d.pop("as_of"))

        personal = PersonalAccount.from_dict(d.pop("personal"))

        debit = []
        _debit = d.pop("debit")
        for debit_item_data in _debit:
            debit_item = DebitAccount.from_dict(debit_item_data)

            debit.append(debit_item)

        def _parse_pension(data: object) -> None | PensionAccount:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                pension_type_0 = PensionAccount.from_dict(data)

                return pension_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | PensionAccount, data)

        pension = _parse_pension(d.pop("pension"))

        cards = []
        _cards = d.pop("cards")
        for cards_item_data in _cards:
            cards_item = CardStanding.from_dict(cards_item_data)

            cards.append(cards_item)

        accounts = cls(
            person_no=person_no,
            as_of=as_of,
            personal=personal,
            debit=debit,
            pension=pension,
            cards=cards,
        )

        accounts.additional_properties = d
        return accounts

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
