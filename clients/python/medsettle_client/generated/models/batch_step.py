from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="BatchStep")


@_attrs_define
class BatchStep:
    """Place in the journal. position: from 0, among `size` rows. published_at: when Kafka had the batch's outcomes.

    Attributes:
        batch_id (int):
        lane (int):
        position (int):
        size (int):
        chain_hash (str):
        published_at (datetime.datetime | None):
    """

    batch_id: int
    lane: int
    position: int
    size: int
    chain_hash: str
    published_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        batch_id = self.batch_id

        lane = self.lane

        position = self.position

        size = self.size

        chain_hash = self.chain_hash

        published_at: None | str
        if isinstance(self.published_at, datetime.datetime):
            published_at = self.published_at.isoformat()
        else:
            published_at = self.published_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "batch_id": batch_id,
                "lane": lane,
                "position": position,
                "size": size,
                "chain_hash": chain_hash,
                "published_at": published_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        batch_id = d.pop("batch_id")

        lane = d.pop("lane")

        position = d.pop("position")

        size = d.pop("size")

        chain_hash = d.pop("chain_hash")

        def _parse_published_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                published_at_type_0 = datetime.datetime.fromisoformat(data)

                return published_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        published_at = _parse_published_at(d.pop("published_at"))

        batch_step = cls(
            batch_id=batch_id,
            lane=lane,
            position=position,
            size=size,
            chain_hash=chain_hash,
            published_at=published_at,
        )

        batch_step.additional_properties = d
        return batch_step

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
