from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="VerificationAnswer")


@_attrs_define
class VerificationAnswer:
    """code: ok, or why the card does not identify the person. entitled and basis: for an identified person alone.

    Attributes:
        verification_id (int):
        person_no (str):
        card_no (str):
        service (str):
        operator (str):
        reason (str):
        identified (bool):
        code (str):
        entitled (bool):
        asked_at (datetime.datetime):
        basis (None | str | Unset): Told in the answer to the question, not in the record
    """

    verification_id: int
    person_no: str
    card_no: str
    service: str
    operator: str
    reason: str
    identified: bool
    code: str
    entitled: bool
    asked_at: datetime.datetime
    basis: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        verification_id = self.verification_id

        person_no = self.person_no

        card_no = self.card_no

        service = self.service

        operator = self.operator

        reason = self.reason

        identified = self.identified

        code = self.code

        entitled = self.entitled

        asked_at = self.asked_at.isoformat()

        basis: None | str | Unset
        if isinstance(self.basis, Unset):
            basis = UNSET
        else:
            basis = self.basis

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "verification_id": verification_id,
                "person_no": person_no,
                "card_no": card_no,
                "service": service,
                "operator": operator,
                "reason": reason,
                "identified": identified,
                "code": code,
                "entitled": entitled,
                "asked_at": asked_at,
            }
        )
        if basis is not UNSET:
            field_dict["basis"] = basis

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        verification_id = d.pop("verification_id")

        person_no = d.pop("person_no")

        card_no = d.pop("card_no")

        service = d.pop("service")

        operator = d.pop("operator")

        reason = d.pop("reason")

        identified = d.pop("identified")

        code = d.pop("code")

        entitled = d.pop("entitled")

        asked_at = datetime.datetime.fromisoformat(d.pop("asked_at"))

        def _parse_basis(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        basis = _parse_basis(d.pop("basis", UNSET))

        verification_answer = cls(
            verification_id=verification_id,
            person_no=person_no,
            card_no=card_no,
            service=service,
            operator=operator,
            reason=reason,
            identified=identified,
            code=code,
            entitled=entitled,
            asked_at=asked_at,
            basis=basis,
        )

        verification_answer.additional_properties = d
        return verification_answer

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
