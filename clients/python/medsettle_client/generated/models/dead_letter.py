from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.code import Code, check_code
from ..models.dead_letter_state import DeadLetterState, check_dead_letter_state

T = TypeVar("T", bound="DeadLetter")


@_attrs_define
class DeadLetter:
    """institution, message_id: as the message names itself, null where that cannot be read.

    is_kept: its bytes are here, whole, and can be replayed. replay_of: the letter that was replayed and came back as
    this one.

        Attributes:
            letter_no (int):
            state (DeadLetterState):
            code (Code):
            detail (str):
            topic (str):
            partition (int):
            offset (int):
            sent_at (datetime.datetime | None):
            failed_at (datetime.datetime):
            institution (None | str):
            message_id (None | str):
            value_bytes (int):
            is_kept (bool):
            replay_of (int | None):
    """

    letter_no: int
    state: DeadLetterState
    code: Code
    detail: str
    topic: str
    partition: int
    offset: int
    sent_at: datetime.datetime | None
    failed_at: datetime.datetime
    institution: None | str
    message_id: None | str
    value_bytes: int
    is_kept: bool
    replay_of: int | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        letter_no = self.letter_no

        state: str = self.state

        code: str = self.code

        detail = self.detail

        topic = self.topic

        partition = self.partition

        offset = self.offset

        sent_at: None | str
        if isinstance(self.sent_at, datetime.datetime):
            sent_at = self.sent_at.isoformat()
        else:
            sent_at = self.sent_at

        failed_at = self.failed_at.isoformat()

        institution: None | str
        institution = self.institution

        message_id: None | str
        message_id = self.message_id

        value_bytes = self.value_bytes

        is_kept = self.is_kept

        replay_of: int | None
        replay_of = self.replay_of

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "letter_no": letter_no,
                "state": state,
                "code": code,
                "detail": detail,
                "topic": topic,
                "partition": partition,
                "offset": offset,
                "sent_at": sent_at,
                "failed_at": failed_at,
                "institution": institution,
                "message_id": message_id,
                "value_bytes": value_bytes,
                "is_kept": is_kept,
                "replay_of": replay_of,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        letter_no = d.pop("letter_no")

        state = check_dead_letter_state(d.pop("state"))

        code = check_code(d.pop("code"))

        detail = d.pop("detail")

        topic = d.pop("topic")

        partition = d.pop("partition")

        offset = d.pop("offset")

        def _parse_sent_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                sent_at_type_0 = datetime.datetime.fromisoformat(data)

                return sent_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        sent_at = _parse_sent_at(d.pop("sent_at"))

        failed_at = datetime.datetime.fromisoformat(d.pop("failed_at"))

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

        value_bytes = d.pop("value_bytes")

        is_kept = d.pop("is_kept")

        def _parse_replay_of(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        replay_of = _parse_replay_of(d.pop("replay_of"))

        dead_letter = cls(
            letter_no=letter_no,
            state=state,
            code=code,
            detail=detail,
            topic=topic,
            partition=partition,
            offset=offset,
            sent_at=sent_at,
            failed_at=failed_at,
            institution=institution,
            message_id=message_id,
            value_bytes=value_bytes,
            is_kept=is_kept,
            replay_of=replay_of,
        )

        dead_letter.additional_properties = d
        return dead_letter

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
