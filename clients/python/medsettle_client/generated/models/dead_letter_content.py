from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.code import Code, check_code

if TYPE_CHECKING:
    from ..models.dead_letter import DeadLetter
    from ..models.dead_letter_act import DeadLetterAct
    from ..models.dead_letter_header import DeadLetterHeader


T = TypeVar("T", bound="DeadLetterContent")


@_attrs_define
class DeadLetterContent:
    """What came, masked. reads_as: what this release makes of it: `ok` is a message, other codes come back.

    settlement_id: what stands under its institution and message_id, whichever way that came.

        Attributes:
            letter (DeadLetter): institution, message_id: as the message names itself, null where that cannot be read.

                is_kept: its bytes are here, whole, and can be replayed. replay_of: the letter that was replayed and came back
                as
                this one.
            key (None | str):
            value (None | str):
            headers (list[DeadLetterHeader]):
            reads_as (Code | None):
            reads_as_detail (str):
            settlement_id (None | str):
            acts (list[DeadLetterAct]):
            came_back_as (list[int]):
    """

    letter: DeadLetter
    key: None | str
    value: None | str
    headers: list[DeadLetterHeader]
    reads_as: Code | None
    reads_as_detail: str
    settlement_id: None | str
    acts: list[DeadLetterAct]
    came_back_as: list[int]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        letter = self.letter.to_dict()

        key: None | str
        key = self.key

        value: None | str
        value = self.value

        headers = []
        for headers_item_data in self.headers:
            headers_item = headers_item_data.to_dict()
            headers.append(headers_item)

        reads_as: None | str
        if isinstance(self.reads_as, str):
            reads_as = self.reads_as
        else:
            reads_as = self.reads_as

        reads_as_detail = self.reads_as_detail

        settlement_id: None | str
        settlement_id = self.settlement_id

        acts = []
        for acts_item_data in self.acts:
            acts_item = acts_item_data.to_dict()
            acts.append(acts_item)

        came_back_as = self.came_back_as

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "letter": letter,
                "key": key,
                "value": value,
                "headers": headers,
                "reads_as": reads_as,
                "reads_as_detail": reads_as_detail,
                "settlement_id": settlement_id,
                "acts": acts,
                "came_back_as": came_back_as,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.dead_letter import DeadLetter  # noqa: PLC0415
        from ..models.dead_letter_act import DeadLetterAct  # noqa: PLC0415
        from ..models.dead_letter_header import DeadLetterHeader  # noqa: PLC0415

        d = dict(src_dict)
        letter = DeadLetter.from_dict(d.pop("letter"))

        def _parse_key(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        key = _parse_key(d.pop("key"))

        def _parse_value(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        value = _parse_value(d.pop("value"))

        headers = []
        _headers = d.pop("headers")
        for headers_item_data in _headers:
            headers_item = DeadLetterHeader.from_dict(headers_item_data)

            headers.append(headers_item)

        def _parse_reads_as(data: object) -> Code | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                reads_as_type_0 = check_code(data)

                return reads_as_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Code | None, data)

        reads_as = _parse_reads_as(d.pop("reads_as"))

        reads_as_detail = d.pop("reads_as_detail")

        def _parse_settlement_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        settlement_id = _parse_settlement_id(d.pop("settlement_id"))

        acts = []
        _acts = d.pop("acts")
        for acts_item_data in _acts:
            acts_item = DeadLetterAct.from_dict(acts_item_data)

            acts.append(acts_item)

        came_back_as = cast(list[int], d.pop("came_back_as"))

        dead_letter_content = cls(
            letter=letter,
            key=key,
            value=value,
            headers=headers,
            reads_as=reads_as,
            reads_as_detail=reads_as_detail,
            settlement_id=settlement_id,
            acts=acts,
            came_back_as=came_back_as,
        )

        dead_letter_content.additional_properties = d
        return dead_letter_content

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
