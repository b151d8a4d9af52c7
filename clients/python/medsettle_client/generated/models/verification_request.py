from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.verification_request_service import (
    VerificationRequestService,
    check_verification_request_service,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="VerificationRequest")


@_attrs_define
class VerificationRequest:
    """card_sn: as the reader gave it. reason: shown to the holder; no personal data.

    Attributes:
        person_no (str):
        card_no (str):
        service (VerificationRequestService):
        reason (str):
        card_sn (None | str | Unset):
    """

    person_no: str
    card_no: str
    service: VerificationRequestService
    reason: str
    card_sn: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        person_no = self.person_no

        card_no = self.card_no

        service: str = self.service

        reason = self.reason

        card_sn: None | str | Unset
        if isinstance(self.card_sn, Unset):
            card_sn = UNSET
        else:
            card_sn = self.card_sn

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "person_no": person_no,
                "card_no": card_no,
                "service": service,
                "reason": reason,
            }
        )
        if card_sn is not UNSET:
            field_dict["card_sn"] = card_sn

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        person_no = d.pop("person_no")

        card_no = d.pop("card_no")

        service = check_verification_request_service(d.pop("service"))

        reason = d.pop("reason")

        def _parse_card_sn(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        card_sn = _parse_card_sn(d.pop("card_sn", UNSET))

        verification_request = cls(
            person_no=person_no,
            card_no=card_no,
            service=service,
            reason=reason,
            card_sn=card_sn,
        )

        return verification_request
