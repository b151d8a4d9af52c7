from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="Deed")


@_attrs_define
class Deed:
    """
    Attributes:
        place (str | Unset): Where it was done Default: ''.
        reference (str | Unset): Number of the document; no personal data Default: ''.
    """

    place: str | Unset = ""
    reference: str | Unset = ""

    def to_dict(self) -> dict[str, Any]:
        place = self.place

        reference = self.reference

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if place is not UNSET:
            field_dict["place"] = place
        if reference is not UNSET:
            field_dict["reference"] = reference

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        place = d.pop("place", UNSET)

        reference = d.pop("reference", UNSET)

        deed = cls(
            place=place,
            reference=reference,
        )

        return deed
