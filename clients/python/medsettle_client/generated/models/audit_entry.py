from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="AuditEntry")


@_attrs_define
class AuditEntry:
    """credential: the key or token, without its secret. route: method and path. target: what the address named.

    Attributes:
        entry_id (int):
        happened_at (datetime.datetime):
        role (str):
        name (str):
        credential (str):
        route (str):
        target (str):
        reason (str):
        request_id (str):
        status (int | None): Of the answer; null where an act did not come to its end
        person_no (None | str):
    """

    entry_id: int
    happened_at: datetime.datetime
    role: str
    name: str
    credential: str
    route: str
    target: str
    reason: str
    request_id: str
    status: int | None
    person_no: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        entry_id = self.entry_id

        happened_at = self.happened_at.isoformat()

        role = self.role

        name = self.name

        credential = self.credential

        route = self.route

        target = self.target

        reason = self.reason

        request_id = self.request_id

        status: int | None
        status = self.status

        person_no: None | str
        person_no = self.person_no

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "entry_id": entry_id,
                "happened_at": happened_at,
                "role": role,
                "name": name,
                "credential": credential,
                "route": route,
                "target": target,
                "reason": reason,
                "request_id": request_id,
                "status": status,
                "person_no": person_no,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        entry_id = d.pop("entry_id")

        happened_at = datetime.datetime.fromisoformat(d.pop("happened_at"))

        role = d.pop("role")

        name = d.pop("name")

        credential = d.pop("credential")

        route = d.pop("route")

        target = d.pop("target")

        reason = d.pop("reason")

        request_id = d.pop("request_id")

        def _parse_status(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        status = _parse_status(d.pop("status"))

        def _parse_person_no(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        person_no = _parse_person_no(d.pop("person_no"))

        audit_entry = cls(
            entry_id=entry_id,
            happened_at=happened_at,
            role=role,
            name=name,
            credential=credential,
            route=route,
            target=target,
            reason=reason,
            request_id=request_id,
            status=status,
            person_no=person_no,
        )

        audit_entry.additional_properties = d
        return audit_entry

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
