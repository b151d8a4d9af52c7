from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.day_step_state import DayStepState, check_day_step_state

T = TypeVar("T", bound="DayStep")


@_attrs_define
class DayStep:
    """The business day; the rest once it is closed, and day_hash once its totals are taken.

    Attributes:
        business_day (datetime.date):
        state (DayStepState):
        value_date (datetime.date | None):
        sealed_at (datetime.datetime | None):
        day_hash (None | str):
    """

    business_day: datetime.date
    state: DayStepState
    value_date: datetime.date | None
    sealed_at: datetime.datetime | None
    day_hash: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        business_day = self.business_day.isoformat()

        state: str = self.state

        value_date: None | str
        if isinstance(self.value_date, datetime.date):
            value_date = self.value_date.isoformat()
        else:
            value_date = self.value_date

        sealed_at: None | str
        if isinstance(self.sealed_at, datetime.datetime):
            sealed_at = self.sealed_at.isoformat()
        else:
            sealed_at = self.sealed_at

        day_hash: None | str
        day_hash = self.day_hash

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "business_day": business_day,
                "state": state,
                "value_date": value_date,
                "sealed_at": sealed_at,
                "day_hash": day_hash,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        business_day = datetime.date.fromisoformat(d.pop("business_day"))

        state = check_day_step_state(d.pop("state"))

        def _parse_value_date(data: object) -> datetime.date | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                value_date_type_0 = datetime.date.fromisoformat(data)

                return value_date_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.date | None, data)

        value_date = _parse_value_date(d.pop("value_date"))

        def _parse_sealed_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                sealed_at_type_0 = datetime.datetime.fromisoformat(data)

                return sealed_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        sealed_at = _parse_sealed_at(d.pop("sealed_at"))

        def _parse_day_hash(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        day_hash = _parse_day_hash(d.pop("day_hash"))

        day_step = cls(
            business_day=business_day,
            state=state,
            value_date=value_date,
            sealed_at=sealed_at,
            day_hash=day_hash,
        )

        day_step.additional_properties = d
        return day_step

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
