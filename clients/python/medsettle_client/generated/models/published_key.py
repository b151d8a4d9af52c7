from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.published_key_algorithm import (
    PublishedKeyAlgorithm,
    check_published_key_algorithm,
)

T = TypeVar("T", bound="PublishedKey")


@_attrs_define
class PublishedKey:
    """key_id: as receipts name it. signs: new receipts are signed with it. public_key: PEM.

    Attributes:
        key_id (str):
        algorithm (PublishedKeyAlgorithm):
        signs (bool):
        public_key (str):
    """

    key_id: str
    algorithm: PublishedKeyAlgorithm
    signs: bool
    public_key: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        key_id = self.key_id

        algorithm: str = self.algorithm

        signs = self.signs

        public_key = self.public_key

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "key_id": key_id,
                "algorithm": algorithm,
                "signs": signs,
                "public_key": public_key,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        key_id = d.pop("key_id")

        algorithm = check_published_key_algorithm(d.pop("algorithm"))

        signs = d.pop("signs")

        public_key = d.pop("public_key")

        published_key = cls(
            key_id=key_id,
            algorithm=algorithm,
            signs=signs,
            public_key=public_key,
        )

        published_key.additional_properties = d
        return published_key

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
