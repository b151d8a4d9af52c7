from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.loss_kind import LossKind, check_loss_kind
from ..types import UNSET, Unset

T = TypeVar("T", bound="Loss")


@_attrs_define
class Loss:
    """formal: reported in writing; `reference` is the number of the report.

    Attributes:
        kind (LossKind):
        place (str | Unset): Where it was done Default: ''.
        reference (str | Unset): Number of the document; no personal data Default: ''.
    """

    kind: LossKind
    place: str | Unset = ""
    reference: str | Unset = ""

    def to_dict(self) -> dict[str, Any]:
        kind: str = self.kind

        place = self.place

        reference = self.reference

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "kind": kind,
            }
        )
        if place is not UNSET:
            field_dict["place"] = place
        if reference is not UNSET:
            field_dict["reference"] = reference

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        kind = check_loss_kind(d.pop("kind"))

        place = d.pop("place", UNSET)

        reference = d.pop("reference", UNSET)

        loss = cls(
            kind=kind,
            place=place,
            reference=reference,
        )

        return loss
