from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="Unlocking")


@_attrs_define
class Unlocking:
    """The PIN itself is never sent. verified_by: who or what made sure of it, such as a terminal.

    Attributes:
        reference (str): Number of the document; no personal data
        verified_by (str):
        place (str | Unset): Where it was done Default: ''.
    """

    reference: str
    verified_by: str
    place: str | Unset = ""

    def to_dict(self) -> dict[str, Any]:
        reference = self.reference

        verified_by = self.verified_by

        place = self.place

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "reference": reference,
                "verified_by": verified_by,
            }
        )
        if place is not UNSET:
            field_dict["place"] = place

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        reference = d.pop("reference")

        verified_by = d.pop("verified_by")

        place = d.pop("place", UNSET)

        unlocking = cls(
            reference=reference,
            verified_by=verified_by,
            place=place,
        )

        return unlocking
