from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="ActivationAtOutlet")


@_attrs_define
class ActivationAtOutlet:
    """citizen_no: as the original identity document says.

    Attributes:
        bank (str):
        citizen_no (str): Compared, never kept
        reference (str | Unset): Number of the document; no personal data Default: ''.
    """

    bank: str
    citizen_no: str
    reference: str | Unset = ""

    def to_dict(self) -> dict[str, Any]:
        bank = self.bank

        citizen_no = self.citizen_no

        reference = self.reference

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "bank": bank,
                "citizen_no": citizen_no,
            }
        )
        if reference is not UNSET:
            field_dict["reference"] = reference

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        bank = d.pop("bank")

        citizen_no = d.pop("citizen_no")

        reference = d.pop("reference", UNSET)

        activation_at_outlet = cls(
            bank=bank,
            citizen_no=citizen_no,
            reference=reference,
        )

        return activation_at_outlet
