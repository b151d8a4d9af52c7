from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..models.replacement_reason import ReplacementReason, check_replacement_reason
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.card_body import CardBody


T = TypeVar("T", bound="Replacement")


@_attrs_define
class Replacement:
    """loss: of a card that is formally lost; the other reasons: of one that is not.

    Attributes:
        reason (ReplacementReason):
        new_card (CardBody): A card as it is made. kind medical: an old medical card, which has no applications.
        place (str | Unset): Where it was done Default: ''.
        reference (str | Unset): Number of the document; no personal data Default: ''.
    """

    reason: ReplacementReason
    new_card: CardBody
    place: str | Unset = ""
    reference: str | Unset = ""

    def to_dict(self) -> dict[str, Any]:
        reason: str = self.reason

        new_card = self.new_card.to_dict()

        place = self.place

        reference = self.reference

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "reason": reason,
                "new_card": new_card,
            }
        )
        if place is not UNSET:
            field_dict["place"] = place
        if reference is not UNSET:
            field_dict["reference"] = reference

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.card_body import CardBody  # noqa: PLC0415

        d = dict(src_dict)
        reason = check_replacement_reason(d.pop("reason"))

        new_card = CardBody.from_dict(d.pop("new_card"))

        place = d.pop("place", UNSET)

        reference = d.pop("reference", UNSET)

        replacement = cls(
            reason=reason,
            new_card=new_card,
            place=place,
            reference=reference,
        )

        return replacement
