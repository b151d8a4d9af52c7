from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.day_answer_state import DayAnswerState, check_day_answer_state

if TYPE_CHECKING:
    from ..models.held_answer import HeldAnswer
    from ..models.totals_answer import TotalsAnswer


T = TypeVar("T", bound="DayAnswer")


@_attrs_define
class DayAnswer:
    """`value_date`: the banking day on which its money moves. `totals`, `held` and the hashes once the day is sealed.

    `day_hash` is over the sums, the hashes of all batches of the day, and the day before.

        Attributes:
            business_day (datetime.date):
            state (DayAnswerState):
            begins_at (datetime.datetime):
            ends_at (datetime.datetime):
            value_date (datetime.date):
            closed_at (datetime.datetime | None):
            sealed_at (datetime.datetime | None):
            totals (None | TotalsAnswer):
            held (list[HeldAnswer]):
            batches_root (None | str):
            day_hash (None | str):
    """

    business_day: datetime.date
    state: DayAnswerState
    begins_at: datetime.datetime
    ends_at: datetime.datetime
    value_date: datetime.date
    closed_at: datetime.datetime | None
    sealed_at: datetime.datetime | None
    totals: None | TotalsAnswer
    held: list[HeldAnswer]
    batches_root: None | str
    day_hash: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.totals_answer import TotalsAnswer  # noqa: PLC0415

        business_day = self.business_day.isoformat()

        state: str = self.state

        begins_at = self.begins_at.isoformat()

        ends_at = self.ends_at.isoformat()

        value_date = self.value_date.isoformat()

        closed_at: None | str
        if isinstance(self.closed_at, datetime.datetime):
            closed_at = self.closed_at.isoformat()
        else:
            closed_at = self.closed_at

        sealed_at: None | str
        if isinstance(self.sealed_at, datetime.datetime):
            sealed_at = self.sealed_at.isoformat()
        else:
            sealed_at = self.sealed_at

        totals: dict[str, Any] | None
        if isinstance(self.totals, TotalsAnswer):
            totals = self.totals.to_dict()
        else:
            totals = self.totals

        held = []
        for held_item_data in self.held:
            held_item = held_item_data.to_dict()
            held.append(held_item)

        batches_root: None | str
        batches_root = self.batches_root

        day_hash: None | str
        day_hash = self.day_hash

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "business_day": business_day,
                "state": state,
                "begins_at": begins_at,
                "ends_at": ends_at,
                "value_date": value_date,
                "closed_at": closed_at,
                "sealed_at": sealed_at,
                "totals": totals,
                "held": held,
                "batches_root": batches_root,
                "day_hash": day_hash,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.held_answer import HeldAnswer  # noqa: PLC0415
        from ..models.totals_answer import TotalsAnswer  # noqa: PLC0415

        d = dict(src_dict)
        business_day = datetime.date.fromisoformat(d.pop("business_day"))

        state = check_day_answer_state(d.pop("state"))

        begins_at = datetime.datetime.fromisoformat(d.pop("begins_at"))

        ends_at = datetime.datetime.fromisoformat(d.pop("ends_at"))

        value_date = datetime.date.fromisoformat(d.pop("value_date"))

        def _parse_closed_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                closed_at_type_0 = datetime.datetime.fromisoformat(data)

                return closed_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        closed_at = _parse_closed_at(d.pop("closed_at"))

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

        def _parse_totals(data: object) -> None | TotalsAnswer:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                totals_type_0 = TotalsAnswer.from_dict(data)

                return totals_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | TotalsAnswer, data)

        totals = _parse_totals(d.pop("totals"))

        held = []
        _held = d.pop("held")
        for held_item_data in _held:
            held_item = HeldAnswer.from_dict(held_item_data)

            held.append(held_item)

        def _parse_batches_root(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        batches_root = _parse_batches_root(d.pop("batches_root"))

        def _parse_day_hash(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        day_hash = _parse_day_hash(d.pop("day_hash"))

        day_answer = cls(
            business_day=business_day,
            state=state,
            begins_at=begins_at,
            ends_at=ends_at,
            value_date=value_date,
            closed_at=closed_at,
            sealed_at=sealed_at,
            totals=totals,
            held=held,
            batches_root=batches_root,
            day_hash=day_hash,
        )

        day_answer.additional_properties = d
        return day_answer

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
