from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="GrantAnswer")


@_attrs_define
class GrantAnswer:
    """place: grants of a beneficiary are used by rising place. already: it was ended before this request.

    Attributes:
        grant_id (int):
        beneficiary (str):
        granter (str):
        relation (str):
        place (int):
        authorised_by (str):
        authorised_at (datetime.datetime):
        ended_by (None | str):
        ended_at (datetime.datetime | None):
        already (bool | Unset):  Default: False.
    """

    grant_id: int
    beneficiary: str
    granter: str
    relation: str
    place: int
    authorised_by: str
    authorised_at: datetime.datetime
    ended_by: None | str
    ended_at: datetime.datetime | None
    already: bool | Unset = False
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        grant_id = self.grant_id

        beneficiary = self.beneficiary

        granter = self.granter

        relation = self.relation

        place = self.place

        authorised_by = self.authorised_by

        authorised_at = self.authorised_at.isoformat()

        ended_by: None | str
        ended_by = self.ended_by

        ended_at: None | str
        if isinstance(self.ended_at, datetime.datetime):
            ended_at = self.ended_at.isoformat()
        else:
            ended_at = self.ended_at

        already = self.already

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "grant_id": grant_id,
                "beneficiary": beneficiary,
                "granter": granter,
                "relation": relation,
                "place": place,
                "authorised_by": authorised_by,
                "authorised_at": authorised_at,
                "ended_by": ended_by,
                "ended_at": ended_at,
            }
        )
        if already is not UNSET:
            field_dict["already"] = already

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        grant_id = d.pop("grant_id")

        beneficiary = d.pop("beneficiary")

        granter = d.pop("granter")

        relation = d.pop("relation")

        place = d.pop("place")

        authorised_by = d.pop("authorised_by")

        authorised_at = datetime.datetime.fromisoformat(d.pop("authorised_at"))

        def _parse_ended_by(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        ended_by = _parse_ended_by(d.pop("ended_by"))

        def _parse_ended_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                ended_at_type_0 = datetime.datetime.fromisoformat(data)

                return ended_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        ended_at = _parse_ended_at(d.pop("ended_at"))

        already = d.pop("already", UNSET)

        grant_answer = cls(
            grant_id=grant_id,
            beneficiary=beneficiary,
            granter=granter,
            relation=relation,
            place=place,
            authorised_by=authorised_by,
            authorised_at=authorised_at,
            ended_by=ended_by,
            ended_at=ended_at,
            already=already,
        )

        grant_answer.additional_properties = d
        return grant_answer

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
