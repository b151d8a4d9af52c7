from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.new_work_injury_kind import NewWorkInjuryKind, check_new_work_injury_kind
from ..types import UNSET, Unset

T = TypeVar("T", bound="NewWorkInjury")


@_attrs_define
class NewWorkInjury:
    """
    Attributes:
        record_no (str):
        kind (NewWorkInjuryKind):
        happened_on (datetime.date):
        note (str): Kept sealed
        grade (int | None | Unset):
    """

    record_no: str
    kind: NewWorkInjuryKind
    happened_on: datetime.date
    note: str
    grade: int | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        record_no = self.record_no

        kind: str = self.kind

        happened_on = self.happened_on.isoformat()

        note = self.note

        grade: int | None | Unset
        if isinstance(self.grade, Unset):
            grade = UNSET
        else:
            grade = self.grade

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "record_no": record_no,
                "kind": kind,
                "happened_on": happened_on,
                "note": note,
            }
        )
        if grade is not UNSET:
            field_dict["grade"] = grade

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        record_no = d.pop("record_no")

        kind = check_new_work_injury_kind(d.pop("kind"))

        happened_on = datetime.date.fromisoformat(d.pop("happened_on"))

        note = d.pop("note")

        def _parse_grade(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        grade = _parse_grade(d.pop("grade", UNSET))

        new_work_injury = cls(
            record_no=record_no,
            kind=kind,
            happened_on=happened_on,
            note=note,
            grade=grade,
        )

        return new_work_injury
