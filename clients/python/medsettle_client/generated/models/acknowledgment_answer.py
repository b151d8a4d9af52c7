from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.code import Code, check_code

T = TypeVar("T", bound="AcknowledgmentAnswer")


@_attrs_define
class AcknowledgmentAnswer:
    """`code`: ok where it was taken, else why all of it was refused, which `reason` tells. Fen, signed as in the file.

    Counts and sums are of the results that it brought. `returned_at`: when the money of its failed lines was back.

        Attributes:
            ack_id (int):
            file_id (str):
            code (Code):
            reason (str):
            paid_count (int):
            paid (int):
            failed_count (int):
            failed (int):
            received_by (str):
            received_at (datetime.datetime):
            returned_at (datetime.datetime | None):
    """

    ack_id: int
    file_id: str
    code: Code
    reason: str
    paid_count: int
    paid: int
    failed_count: int
    failed: int
    received_by: str
    received_at: datetime.datetime
    returned_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        ack_id = self.ack_id

        file_id = self.file_id

        code: str = self.code

        reason = self.reason

        paid_count = self.paid_count

        paid = self.paid

        failed_count = self.failed_count

        failed = self.failed

        received_by = self.received_by

        received_at = self.received_at.isoformat()

        returned_at: None | str
        if isinstance(self.returned_at, datetime.datetime):
            returned_at = self.returned_at.isoformat()
        else:
            returned_at = self.returned_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "ack_id": ack_id,
                "file_id": file_id,
                "code": code,
                "reason": reason,
                "paid_count": paid_count,
                "paid": paid,
                "failed_count": failed_count,
                "failed": failed,
                "received_by": received_by,
                "received_at": received_at,
                "returned_at": returned_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        ack_id = d.pop("ack_id")

        file_id = d.pop("file_id")

        code = check_code(d.pop("code"))

        reason = d.pop("reason")

        paid_count = d.pop("paid_count")

        paid = d.pop("paid")

        failed_count = d.pop("failed_count")

        failed = d.pop("failed")

        received_by = d.pop("received_by")

        received_at = datetime.datetime.fromisoformat(d.pop("received_at"))

        def _parse_returned_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                returned_at_type_0 = datetime.datetime.fromisoformat(data)

                return returned_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        returned_at = _parse_returned_at(d.pop("returned_at"))

        acknowledgment_answer = cls(
            ack_id=ack_id,
            file_id=file_id,
            code=code,
            reason=reason,
            paid_count=paid_count,
            paid=paid,
            failed_count=failed_count,
            failed=failed,
            received_by=received_by,
            received_at=received_at,
            returned_at=returned_at,
        )

        acknowledgment_answer.additional_properties = d
        return acknowledgment_answer

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
