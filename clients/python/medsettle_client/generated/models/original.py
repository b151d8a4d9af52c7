from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.standing import Standing


T = TypeVar("T", bound="Original")


@_attrs_define
class Original:
    """The message that this one names, and what came of it.

    Attributes:
        message_id (str):
        kind (str):
        status (str):
        code (str):
        business_day (datetime.date):
        standing (None | Standing):
    """

    message_id: str
    kind: str
    status: str
    code: str
    business_day: datetime.date
    standing: None | Standing
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.standing import Standing  # noqa: PLC0415

        message_id = self.message_id

        kind = self.kind

        status = self.status

        code = self.code

        business_day = self.business_day.isoformat()

        standing: dict[str, Any] | None
        if isinstance(self.standing, Standing):
            standing = self.standing.to_dict()
        else:
            standing = self.standing

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "message_id": message_id,
                "kind": kind,
                "status": status,
                "code": code,
                "business_day": business_day,
                "standing": standing,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.standing import Standing  # noqa: PLC0415

        d = dict(src_dict)
        message_id = d.pop("message_id")

        kind = d.pop("kind")

        status = d.pop("status")

        code = d.pop("code")

        business_day = datetime.date.fromisoformat(d.pop("business_day"))

        def _parse_standing(data: object) -> None | Standing:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                standing_type_0 = Standing.from_dict(data)

                return standing_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Standing, data)

        standing = _parse_standing(d.pop("standing"))

        original = cls(
            message_id=message_id,
            kind=kind,
            status=status,
            code=code,
            business_day=business_day,
            standing=standing,
        )

        original.additional_properties = d
        return original

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
