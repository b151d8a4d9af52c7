from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="MessageStep")


@_attrs_define
class MessageStep:
    """message_key: 16 bytes made of institution and message id. occurred_at: as the sender said; settled_at: here.

        fingerprint_matches: what is stored of the message is what was taken under its key; null where a reversal took
    the
        key before the message came.

        Attributes:
            kind (str):
            message_key (str):
            occurred_at (datetime.datetime | None):
            settled_at (datetime.datetime): RFC 3339
            fingerprint_matches (bool | None):
    """

    kind: str
    message_key: str
    occurred_at: datetime.datetime | None
    settled_at: datetime.datetime
    fingerprint_matches: bool | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        kind = self.kind

        message_key = self.message_key

        occurred_at: None | str
        if isinstance(self.occurred_at, datetime.datetime):
            occurred_at = self.occurred_at.isoformat()
        else:
            occurred_at = self.occurred_at

        settled_at = self.settled_at.isoformat()

        fingerprint_matches: bool | None
        fingerprint_matches = self.fingerprint_matches

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "kind": kind,
                "message_key": message_key,
                "occurred_at": occurred_at,
                "settled_at": settled_at,
                "fingerprint_matches": fingerprint_matches,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        kind = d.pop("kind")

        message_key = d.pop("message_key")

        def _parse_occurred_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                occurred_at_type_0 = datetime.datetime.fromisoformat(data)

                return occurred_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        occurred_at = _parse_occurred_at(d.pop("occurred_at"))

        settled_at = datetime.datetime.fromisoformat(d.pop("settled_at"))

        def _parse_fingerprint_matches(data: object) -> bool | None:
            if data is None:
                return data
            return cast(bool | None, data)

        fingerprint_matches = _parse_fingerprint_matches(d.pop("fingerprint_matches"))

        message_step = cls(
            kind=kind,
            message_key=message_key,
            occurred_at=occurred_at,
            settled_at=settled_at,
            fingerprint_matches=fingerprint_matches,
        )

        message_step.additional_properties = d
        return message_step

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
