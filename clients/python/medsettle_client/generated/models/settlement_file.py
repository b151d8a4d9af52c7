from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.settlement_file_kind import SettlementFileKind, check_settlement_file_kind

T = TypeVar("T", bound="SettlementFile")


@_attrs_define
class SettlementFile:
    """A file, which never changes. Counts and sums, in fen, are those of its lines; of details of the transactions.

    `signature`: base64 of 64 bytes, over the bytes of `…/digest`, by the key `key_id` of `GET /v1/keys`; null where the
    service had no signing key. `superseded_by`: the newest version, where this is older. `institution`: of details.

        Attributes:
            file_id (str):
            business_day (datetime.date):
            bank (str):
            kind (SettlementFileKind):
            institution (None | str):
            version (int):
            superseded_by (None | str):
            written_at (datetime.datetime):
            size (int):
            sha256 (str):
            signature (None | str):
            key_id (None | str):
            credit_count (int):
            credits_ (int):
            debit_count (int):
            debits (int):
    """

    file_id: str
    business_day: datetime.date
    bank: str
    kind: SettlementFileKind
    institution: None | str
    version: int
    superseded_by: None | str
    written_at: datetime.datetime
    size: int
    sha256: str
    signature: None | str
    key_id: None | str
    credit_count: int
    credits_: int
    debit_count: int
    debits: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        file_id = self.file_id

        business_day = self.business_day.isoformat()

        bank = self.bank

        kind: str = self.kind

        institution: None | str
        institution = self.institution

        version = self.version

        superseded_by: None | str
        superseded_by = self.superseded_by

        written_at = self.written_at.isoformat()

        size = self.size

        sha256 = self.sha256

        signature: None | str
        signature = self.signature

        key_id: None | str
        key_id = self.key_id

        credit_count = self.credit_count

        credits_ = self.credits_

        debit_count = self.debit_count

        debits = self.debits

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "file_id": file_id,
                "business_day": business_day,
                "bank": bank,
                "kind": kind,
                "institution": institution,
                "version": version,
                "superseded_by": superseded_by,
                "written_at": written_at,
                "size": size,
                "sha256": sha256,
                "signature": signature,
                "key_id": key_id,
                "credit_count": credit_count,
                "credits": credits_,
                "debit_count": debit_count,
                "debits": debits,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        file_id = d.pop("file_id")

        business_day = datetime.date.fromisoformat(d.pop("business_day"))

        bank = d.pop("bank")

        kind = check_settlement_file_kind(d.pop("kind"))

        def _parse_institution(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        institution = _parse_institution(d.pop("institution"))

        version = d.pop("version")

        def _parse_superseded_by(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        superseded_by = _parse_superseded_by(d.pop("superseded_by"))

        written_at = datetime.datetime.fromisoformat(d.pop("written_at"))

        size = d.pop("size")

        sha256 = d.pop("sha256")

        def _parse_signature(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        signature = _parse_signature(d.pop("signature"))

        def _parse_key_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        key_id = _parse_key_id(d.pop("key_id"))

        credit_count = d.pop("credit_count")

        credits_ = d.pop("credits")

        debit_count = d.pop("debit_count")

        debits = d.pop("debits")

        settlement_file = cls(
            file_id=file_id,
            business_day=business_day,
            bank=bank,
            kind=kind,
            institution=institution,
            version=version,
            superseded_by=superseded_by,
            written_at=written_at,
            size=size,
            sha256=sha256,
            signature=signature,
            key_id=key_id,
            credit_count=credit_count,
            credits_=credits_,
            debit_count=debit_count,
            debits=debits,
        )

        settlement_file.additional_properties = d
        return settlement_file

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
