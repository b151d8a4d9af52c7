from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="BatchHead")


@_attrs_define
class BatchHead:
    """A batch of the journal: what was settled in one transaction. previous_hash: the chain hash of the one before.

    Attributes:
        batch_id (int):
        business_day (datetime.date):
        size (int):
        settled_at (datetime.datetime):
        tree_root (str):
        previous_hash (str):
        chain_hash (str):
    """

    batch_id: int
    business_day: datetime.date
    size: int
    settled_at: datetime.datetime
    tree_root: str
    previous_hash: str
    chain_hash: str

    def to_dict(self) -> dict[str, Any]:
        batch_id = self.batch_id

        business_day = self.business_day.isoformat()

        size = self.size

        settled_at = self.settled_at.isoformat()

        tree_root = self.tree_root

        previous_hash = self.previous_hash

        chain_hash = self.chain_hash

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "batch_id": batch_id,
                "business_day": business_day,
                "size": size,
                "settled_at": settled_at,
                "tree_root": tree_root,
                "previous_hash": previous_hash,
                "chain_hash": chain_hash,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        batch_id = d.pop("batch_id")

        business_day = datetime.date.fromisoformat(d.pop("business_day"))

        size = d.pop("size")

        settled_at = datetime.datetime.fromisoformat(d.pop("settled_at"))

        tree_root = d.pop("tree_root")

        previous_hash = d.pop("previous_hash")

        chain_hash = d.pop("chain_hash")

        batch_head = cls(
            batch_id=batch_id,
            business_day=business_day,
            size=size,
            settled_at=settled_at,
            tree_root=tree_root,
            previous_hash=previous_hash,
            chain_hash=chain_hash,
        )

        return batch_head
