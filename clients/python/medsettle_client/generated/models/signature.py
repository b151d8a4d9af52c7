from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.signature_algorithm import SignatureAlgorithm, check_signature_algorithm

T = TypeVar("T", bound="Signature")


@_attrs_define
class Signature:
    """key_id: the first 16 hex digits of the SHA-256 of the public key's bytes.

    Attributes:
        algorithm (SignatureAlgorithm):
        key_id (str):
        value (str):
    """

    algorithm: SignatureAlgorithm
    key_id: str
    value: str

    def to_dict(self) -> dict[str, Any]:
        algorithm: str = self.algorithm

        key_id = self.key_id

        value = self.value

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "algorithm": algorithm,
                "key_id": key_id,
                "value": value,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        algorithm = check_signature_algorithm(d.pop("algorithm"))

        key_id = d.pop("key_id")

        value = d.pop("value")

        signature = cls(
            algorithm=algorithm,
            key_id=key_id,
            value=value,
        )

        return signature
