from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.kept_insurance_insurance import (
    KeptInsuranceInsurance,
    check_kept_insurance_insurance,
)
from ..models.kept_insurance_state import KeptInsuranceState, check_kept_insurance_state
from ..types import UNSET, Unset

T = TypeVar("T", bound="KeptInsurance")


@_attrs_define
class KeptInsurance:
    """
    Attributes:
        state (KeptInsuranceState):
        since (datetime.date):
        insurance (KeptInsuranceInsurance):
        until (datetime.date | None | Unset):
    """

    state: KeptInsuranceState
    since: datetime.date
    insurance: KeptInsuranceInsurance
    until: datetime.date | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        state: str = self.state

        since = self.since.isoformat()

        insurance: str = self.insurance

        until: None | str | Unset
        if isinstance(self.until, Unset):
            until = UNSET
        elif isinstance(self.until, datetime.date):
            until = self.until.isoformat()
        else:
            until = self.until

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "state": state,
                "since": since,
                "insurance": insurance,
            }
        )
        if until is not UNSET:
            field_dict["until"] = until

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        state = check_kept_insurance_state(d.pop("state"))

        since = datetime.date.fromisoformat(d.pop("since"))

        insurance = check_kept_insurance_insurance(d.pop("insurance"))

        def _parse_until(data: object) -> datetime.date | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                until_type_0 = datetime.date.fromisoformat(data)

                return until_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.date | None | Unset, data)

        until = _parse_until(d.pop("until", UNSET))

        kept_insurance = cls(
            state=state,
            since=since,
            insurance=insurance,
            until=until,
        )

        kept_insurance.additional_properties = d
        return kept_insurance

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
