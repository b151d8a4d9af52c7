from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.file_answer_state import FileAnswerState, check_file_answer_state
from ..types import UNSET, Unset

T = TypeVar("T", bound="FileAnswer")


@_attrs_define
class FileAnswer:
    """Fen. The totals sum the amounts of all lines, whichever way they go. `interrupted`: send the same file again.

    `lines_answered` is known while the file is settled by the process that answers. `settled_*` are null until then.

        Attributes:
            file_no (str):
            month (datetime.date):
            line_count (int):
            total (int):
            received_by (str):
            received_at (datetime.datetime):
            state (FileAnswerState):
            settled_at (datetime.datetime | None):
            settled_count (int | None):
            settled_total (int | None):
            refused_count (int):
            lines_answered (int | None | Unset):
    """

    file_no: str
    month: datetime.date
    line_count: int
    total: int
    received_by: str
    received_at: datetime.datetime
    state: FileAnswerState
    settled_at: datetime.datetime | None
    settled_count: int | None
    settled_total: int | None
    refused_count: int
    lines_answered: int | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        file_no = self.file_no

        month = self.month.isoformat()

        line_count = self.line_count

        total = self.total

        received_by = self.received_by

        received_at = self.received_at.isoformat()

        state: str = self.state

        settled_at: None | str
        if isinstance(self.settled_at, datetime.datetime):
            settled_at = self.settled_at.isoformat()
        else:
            settled_at = self.settled_at

        settled_count: int | None
        settled_count = self.settled_count

        settled_total: int | None
        settled_total = self.settled_total

        refused_count = self.refused_count

        lines_answered: int | None | Unset
        if isinstance(self.lines_answered, Unset):
            lines_answered = UNSET
        else:
            lines_answered = self.lines_answered

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "file_no": file_no,
                "month": month,
                "line_count": line_count,
                "total": total,
                "received_by": received_by,
                "received_at": received_at,
                "state": state,
                "settled_at": settled_at,
                "settled_count": settled_count,
                "settled_total": settled_total,
                "refused_count": refused_count,
            }
        )
        if lines_answered is not UNSET:
            field_dict["lines_answered"] = lines_answered

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        file_no = d.pop("file_no")

        month = datetime.date.fromisoformat(d.pop("month"))

        line_count = d.pop("line_count")

        total = d.pop("total")

        received_by = d.pop("received_by")

        received_at = datetime.datetime.fromisoformat(d.pop("received_at"))

        state = check_file_answer_state(d.pop("state"))

        def _parse_settled_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                settled_at_type_0 = datetime.datetime.fromisoformat(data)

                return settled_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        settled_at = _parse_settled_at(d.pop("settled_at"))

        def _parse_settled_count(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        settled_count = _parse_settled_count(d.pop("settled_count"))

        def _parse_settled_total(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        settled_total = _parse_settled_total(d.pop("settled_total"))

        refused_count = d.pop("refused_count")

        def _parse_lines_answered(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        lines_answered = _parse_lines_answered(d.pop("lines_answered", UNSET))

        file_answer = cls(
            file_no=file_no,
            month=month,
            line_count=line_count,
            total=total,
            received_by=received_by,
            received_at=received_at,
            state=state,
            settled_at=settled_at,
            settled_count=settled_count,
            settled_total=settled_total,
            refused_count=refused_count,
            lines_answered=lines_answered,
        )

        file_answer.additional_properties = d
        return file_answer

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
