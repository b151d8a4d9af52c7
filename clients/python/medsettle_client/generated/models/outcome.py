from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.outcome_status import OutcomeStatus, check_outcome_status

if TYPE_CHECKING:
    from ..models.outcome_metadata_type_0 import OutcomeMetadataType0
    from ..models.part import Part


T = TypeVar("T", bound="Outcome")


@_attrs_define
class Outcome:
    """What a message came to, as the topic, the HTTP reply and every query show it. Amounts in fen.

    amount: what the message asked for; where it left that open, what was moved or released.

    Example:
        {'settlement_id': '2026112200000000000010240003', 'institution': 'H00000000001', 'message_id':
            'H00000000001202611221030000001', 'kind': 'payment', 'person_no': '99000000000001', 'status': 'settled', 'code':
            'ok', 'amount': 10500, 'account_paid': 10000, 'mutual_aid_paid': 0, 'debit_paid': 0, 'cash_due': 500,
            'balance_after': 0, 'parts': [{'source': 'account', 'amount': 10000, 'part': 'current'}, {'source': 'cash',
            'amount': 500}], 'business_day': '2026-11-22', 'settled_at': '2026-11-22T02:30:00.123456Z',
            'original_message_id': None, 'expires_at': None, 'card_activated': False, 'replayed': False, 'differing_fields':
            [], 'detail': None, 'metadata': None}

    Attributes:
        settlement_id (None | str):
        institution (None | str):
        message_id (None | str):
        kind (None | str):
        person_no (None | str):
        status (OutcomeStatus):
        code (str):
        amount (int | None):
        account_paid (int):
        mutual_aid_paid (int):
        debit_paid (int):
        cash_due (int):
        balance_after (int | None):
        parts (list[Part]):
        business_day (datetime.date | None):
        settled_at (datetime.datetime | None):
        original_message_id (None | str):
        expires_at (datetime.datetime | None):
        card_activated (bool):
        replayed (bool):
        differing_fields (list[str]):
        detail (None | str):
        metadata (None | OutcomeMetadataType0):
    """

    settlement_id: None | str
    institution: None | str
    message_id: None | str
    kind: None | str
    person_no: None | str
    status: OutcomeStatus
    code: str
    amount: int | None
    account_paid: int
    mutual_aid_paid: int
    debit_paid: int
    cash_due: int
    balance_after: int | None
    parts: list[Part]
    business_day: datetime.date | None
    settled_at: datetime.datetime | None
    original_message_id: None | str
    expires_at: datetime.datetime | None
    card_activated: bool
    replayed: bool
    differing_fields: list[str]
    detail: None | str
    metadata: None | OutcomeMetadataType0
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.outcome_metadata_type_0 import OutcomeMetadataType0  # noqa: PLC0415

        settlement_id: None | str
        settlement_id = self.settlement_id

        institution: None | str
        institution = self.institution

        message_id: None | str
        message_id = self.message_id

        kind: None | str
        kind = self.kind

        person_no: None | str
        person_no = self.person_no

        status: str = self.status

        code = self.code

        amount: int | None
        amount = self.amount

        account_paid = self.account_paid

        mutual_aid_paid = self.mutual_aid_paid

        debit_paid = self.debit_paid

        cash_due = self.cash_due

        balance_after: int | None
        balance_after = self.balance_after

        parts = []
        for parts_item_data in self.parts:
            parts_item = parts_item_data.to_dict()
            parts.append(parts_item)

        business_day: None | str
        if isinstance(self.business_day, datetime.date):
            business_day = self.business_day.isoformat()
        else:
            business_day = self.business_day

        settled_at: None | str
        if isinstance(self.settled_at, datetime.datetime):
            settled_at = self.settled_at.isoformat()
        else:
            settled_at = self.settled_at

        original_message_id: None | str
        original_message_id = self.original_message_id

        expires_at: None | str
        if isinstance(self.expires_at, datetime.datetime):
            expires_at = self.expires_at.isoformat()
        else:
            expires_at = self.expires_at

        card_activated = self.card_activated

        replayed = self.replayed

        differing_fields = self.differing_fields

        detail: None | str
        detail = self.detail

        metadata: dict[str, Any] | None
        if isinstance(self.metadata, OutcomeMetadataType0):
            metadata = self.metadata.to_dict()
        else:
            metadata = self.metadata

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "settlement_id": settlement_id,
                "institution": institution,
                "message_id": message_id,
                "kind": kind,
                "person_no": person_no,
                "status": status,
                "code": code,
                "amount": amount,
                "account_paid": account_paid,
                "mutual_aid_paid": mutual_aid_paid,
                "debit_paid": debit_paid,
                "cash_due": cash_due,
                "balance_after": balance_after,
                "parts": parts,
                "business_day": business_day,
                "settled_at": settled_at,
                "original_message_id": original_message_id,
                "expires_at": expires_at,
                "card_activated": card_activated,
                "replayed": replayed,
                "differing_fields": differing_fields,
                "detail": detail,
                "metadata": metadata,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.outcome_metadata_type_0 import OutcomeMetadataType0  # noqa: PLC0415
        from ..models.part import Part  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_settlement_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        settlement_id = _parse_settlement_id(d.pop("settlement_id"))

        def _parse_institution(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        institution = _parse_institution(d.pop("institution"))

        def _parse_message_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        message_id = _parse_message_id(d.pop("message_id"))

        def _parse_kind(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        kind = _parse_kind(d.pop("kind"))

        def _parse_person_no(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        person_no = _parse_person_no(d.pop("person_no"))

        status = check_outcome_status(d.pop("status"))

        code = d.pop("code")

        def _parse_amount(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        amount = _parse_amount(d.pop("amount"))

        account_paid = d.pop("account_paid")

        mutual_aid_paid = d.pop("mutual_aid_paid")

        debit_paid = d.pop("debit_paid")

        cash_due = d.pop("cash_due")

        def _parse_balance_after(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        balance_after = _parse_balance_after(d.pop("balance_after"))

        parts = []
        _parts = d.pop("parts")
        for parts_item_data in _parts:
            parts_item = Part.from_dict(parts_item_data)

            parts.append(parts_item)

        def _parse_business_day(data: object) -> datetime.date | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                business_day_type_0 = datetime.date.fromisoformat(data)

                return business_day_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.date | None, data)

        business_day = _parse_business_day(d.pop("business_day"))

        def _parse_settled_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                settled_at_type_0 = datetime.datetime.fromisoformat(data)

                return settled_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        settled_at = _parse_settled_at(d.pop("settled_at"))

        def _parse_original_message_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        original_message_id = _parse_original_message_id(d.pop("original_message_id"))

        def _parse_expires_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                expires_at_type_0 = datetime.datetime.fromisoformat(data)

                return expires_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        expires_at = _parse_expires_at(d.pop("expires_at"))

        card_activated = d.pop("card_activated")

        replayed = d.pop("replayed")

        differing_fields = cast(list[str], d.pop("differing_fields"))

        def _parse_detail(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        detail = _parse_detail(d.pop("detail"))

        def _parse_metadata(data: object) -> None | OutcomeMetadataType0:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                metadata_type_0 = OutcomeMetadataType0.from_dict(data)

                return metadata_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | OutcomeMetadataType0, data)

        metadata = _parse_metadata(d.pop("metadata"))

        outcome = cls(
            settlement_id=settlement_id,
            institution=institution,
            message_id=message_id,
            kind=kind,
            person_no=person_no,
            status=status,
            code=code,
            amount=amount,
            account_paid=account_paid,
            mutual_aid_paid=mutual_aid_paid,
            debit_paid=debit_paid,
            cash_due=cash_due,
            balance_after=balance_after,
            parts=parts,
            business_day=business_day,
            settled_at=settled_at,
            original_message_id=original_message_id,
            expires_at=expires_at,
            card_activated=card_activated,
            replayed=replayed,
            differing_fields=differing_fields,
            detail=detail,
            metadata=metadata,
        )

        outcome.additional_properties = d
        return outcome

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
