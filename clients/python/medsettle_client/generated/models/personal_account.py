from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="PersonalAccount")


@_attrs_define
class PersonalAccount:
    """The parts sum to the balance. state is that of now, and null where the question is of the past.

    held: by authorizations that stood at that time; what is left of the balance could be paid.

        Attributes:
            state (None | str):
            balance (int):
            current (int):
            accumulated (int):
            held (int):
    """

    state: None | str
    balance: int
    current: int
    accumulated: int
    held: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        state: None | str
        state = self.state

        balance = self.balance

        current = self.current

        accumulated = self.accumulated

        held = self.held

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "state": state,
                "balance": balance,
                "current": current,
                "accumulated": accumulated,
                "held": held,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_state(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        state = _parse_state(d.pop("state"))

        balance = d.pop("balance")

        current = d.pop("current")

        accumulated = d.pop("accumulated")

        held = d.pop("held")

        personal_account = cls(
            state=state,
            balance=balance,
            current=current,
            accumulated=accumulated,
            held=held,
        )

        personal_account.additional_properties = d
        return personal_account

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
