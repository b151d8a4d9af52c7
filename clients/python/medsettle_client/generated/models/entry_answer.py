from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.entry_answer_part import EntryAnswerPart, check_entry_answer_part

T = TypeVar("T", bound="EntryAnswer")


@_attrs_define
class EntryAnswer:
    """One movement: amount below 0 where money left. batch, position and day are the place of its settlement.

    What stands behind settlement_id is null where the settlement was archived with its day.

        Attributes:
            entry (int):
            settled_at (datetime.datetime):
            business_day (datetime.date):
            amount (int):
            balance_after (int):
            part (EntryAnswerPart):
            batch_id (int):
            position (int):
            settlement_id (None | str):
            institution (None | str):
            message_id (None | str):
            kind (None | str):
    """

    entry: int
    settled_at: datetime.datetime
    business_day: datetime.date
    amount: int
    balance_after: int
    part: EntryAnswerPart
    batch_id: int
    position: int
    settlement_id: None | str
    institution: None | str
    message_id: None | str
    kind: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        entry = self.entry

        settled_at = self.settled_at.isoformat()

        business_day = self.business_day.isoformat()

        amount = self.amount

        balance_after = self.balance_after

        part: str = self.part

        batch_id = self.batch_id

        position = self.position

        settlement_id: None | str
        settlement_id = self.settlement_id

        institution: None | str
        institution = self.institution

        message_id: None | str
        message_id = self.message_id

        kind: None | str
        kind = self.kind

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "entry": entry,
                "settled_at": settled_at,
                "business_day": business_day,
                "amount": amount,
                "balance_after": balance_after,
                "part": part,
                "batch_id": batch_id,
                "position": position,
                "settlement_id": settlement_id,
                "institution": institution,
                "message_id": message_id,
                "kind": kind,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        entry = d.pop("entry")

        settled_at = datetime.datetime.fromisoformat(d.pop("settled_at"))

        business_day = datetime.date.fromisoformat(d.pop("business_day"))

        amount = d.pop("amount")

        balance_after = d.pop("balance_after")

        part = check_entry_answer_part(d.pop("part"))

        batch_id = d.pop("batch_id")

        position = d.pop("position")

        def _parse_settlement_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        settlement_id = _parse_settlement_id(d.pop("settlement_id"))

        def _parse_institution(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        institution = _parse_institution(d.pop("institution"))

        def _parse_message_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        message_id = _parse_message_id(d.pop("message_id"))

        def _parse_kind(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        kind = _parse_kind(d.pop("kind"))

        entry_answer = cls(
            entry=entry,
            settled_at=settled_at,
            business_day=business_day,
            amount=amount,
            balance_after=balance_after,
            part=part,
            batch_id=batch_id,
            position=position,
            settlement_id=settlement_id,
            institution=institution,
            message_id=message_id,
            kind=kind,
        )

        entry_answer.additional_properties = d
        return entry_answer

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
