from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.issue_kind import IssueKind, check_issue_kind
from ..models.issue_medium import IssueMedium, check_issue_medium
from ..types import UNSET, Unset

T = TypeVar("T", bound="Issue")


@_attrs_define
class Issue:
    """
    Attributes:
        card_no (str):
        card_sn (str):
        medium (IssueMedium):
        bank (str):
        issued_on (datetime.date):
        valid_to (datetime.date):
        person_no (str):
        kind (IssueKind | Unset):  Default: 'social_security'.
        place (str | Unset): Where it was done Default: ''.
        reference (str | Unset): Number of the document; no personal data Default: ''.
    """

    card_no: str
    card_sn: str
    medium: IssueMedium
    bank: str
    issued_on: datetime.date
    valid_to: datetime.date
    person_no: str
    kind: IssueKind | Unset = "social_security"
    place: str | Unset = ""
    reference: str | Unset = ""

    def to_dict(self) -> dict[str, Any]:
        card_no = self.card_no

        card_sn = self.card_sn

        medium: str = self.medium

        bank = self.bank

        issued_on = self.issued_on.isoformat()

        valid_to = self.valid_to.isoformat()

        person_no = self.person_no

        kind: str | Unset = UNSET
        if not isinstance(self.kind, Unset):
            kind = self.kind

        place = self.place

        reference = self.reference

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "card_no": card_no,
                "card_sn": card_sn,
                "medium": medium,
                "bank": bank,
                "issued_on": issued_on,
                "valid_to": valid_to,
                "person_no": person_no,
            }
        )
        if kind is not UNSET:
            field_dict["kind"] = kind
        if place is not UNSET:
            field_dict["place"] = place
        if reference is not UNSET:
            field_dict["reference"] = reference

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        card_no = d.pop("card_no")

        card_sn = d.pop("card_sn")

        medium = check_issue_medium(d.pop("medium"))

        bank = d.pop("bank")

        issued_on = datetime.date.fromisoformat(d.pop("issued_on"))

        valid_to = datetime.date.fromisoformat(d.pop("valid_to"))

        person_no = d.pop("person_no")

        _kind = d.pop("kind", UNSET)
        kind: IssueKind | Unset
        if isinstance(_kind, Unset):
            kind = UNSET
        else:
            kind = check_issue_kind(_kind)

        place = d.pop("place", UNSET)

        reference = d.pop("reference", UNSET)

        issue = cls(
            card_no=card_no,
            card_sn=card_sn,
            medium=medium,
            bank=bank,
            issued_on=issued_on,
            valid_to=valid_to,
            person_no=person_no,
            kind=kind,
            place=place,
            reference=reference,
        )

        return issue
