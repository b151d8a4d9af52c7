from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.work_injury_kind import WorkInjuryKind, check_work_injury_kind
from ..types import UNSET, Unset

T = TypeVar("T", bound="WorkInjury")


@_attrs_define
class WorkInjury:
    """grade: of the labour ability appraisal, 1 (worst) to 10; it may be sent later, with the same record.

    Attributes:
        record_no (str):
        kind (WorkInjuryKind):
        happened_on (datetime.date):
        note (str): Kept sealed
        grade (int | None | Unset):
    """

    record_no: str
    kind: WorkInjuryKind
    happened_on: datetime.date
    note: str
    grade: int | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

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
        field_dict.update(self.additional_properties)
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

        kind = check_work_injury_kind(d.pop("kind"))

        happened_on = datetime.date.fromisoformat(d.pop("happened_on"))

        note = d.pop("note")

        def _parse_grade(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        grade = _parse_grade(d.pop("grade", UNSET))

        work_injury = cls(
            record_no=record_no,
            kind=kind,
            happened_on=happened_on,
            note=note,
            grade=grade,
        )

        work_injury.additional_properties = d
        return work_injury

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
