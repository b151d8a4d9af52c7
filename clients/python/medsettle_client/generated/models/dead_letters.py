from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.dead_letter import DeadLetter
    from ..models.dead_letters_open_by_code import DeadLettersOpenByCode


T = TypeVar("T", bound="DeadLetters")


@_attrs_define
class DeadLetters:
    """next_before: null on the last page.

    Attributes:
        letters (list[DeadLetter]):
        open_by_code (DeadLettersOpenByCode): Of all open letters that the filter finds
        next_before (int | None):
    """

    letters: list[DeadLetter]
    open_by_code: DeadLettersOpenByCode
    next_before: int | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        letters = []
        for letters_item_data in self.letters:
            letters_item = letters_item_data.to_dict()
            letters.append(letters_item)

        open_by_code = self.open_by_code.to_dict()

        next_before: int | None
        next_before = self.next_before

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "letters": letters,
                "open_by_code": open_by_code,
                "next_before": next_before,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.dead_letter import DeadLetter  # noqa: PLC0415
        from ..models.dead_letters_open_by_code import DeadLettersOpenByCode  # noqa: PLC0415

        d = dict(src_dict)
        letters = []
        _letters = d.pop("letters")
        for letters_item_data in _letters:
            letters_item = DeadLetter.from_dict(letters_item_data)

            letters.append(letters_item)

        open_by_code = DeadLettersOpenByCode.from_dict(d.pop("open_by_code"))

        def _parse_next_before(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        next_before = _parse_next_before(d.pop("next_before"))

        dead_letters = cls(
            letters=letters,
            open_by_code=open_by_code,
            next_before=next_before,
        )

        dead_letters.additional_properties = d
        return dead_letters

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
