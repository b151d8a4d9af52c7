from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="Evidence")


@_attrs_define
class Evidence:
    """The settlement's row; its place stands beside it. Amounts in fen.

    transfers: a hash with a secret salt, which stands for the movements and shows nothing of whose they are.

    Attributes:
        institution (str):
        message_id (str):
        kind (str):
        person_no (str):
        amount (int):
        cert_type (None | str):
        card_no (None | str):
        card_sn (None | str):
        med_type (None | str):
        decline_if_short (bool):
        use_mutual_aid (bool):
        use_debit (bool):
        occurred_at (datetime.datetime | None):
        status (str):
        code (str):
        account_paid (int):
        accumulated_paid (int):
        mutual_aid_paid (int):
        debit_paid (int):
        cash_due (int):
        balance_after (int | None):
        bucket (int):
        transfers (str):
        particulars (None | str):
        metadata (None | str):
    """

    institution: str
    message_id: str
    kind: str
    person_no: str
    amount: int
    cert_type: None | str
    card_no: None | str
    card_sn: None | str
    med_type: None | str
    decline_if_short: bool
    use_mutual_aid: bool
    use_debit: bool
    occurred_at: datetime.datetime | None
    status: str
    code: str
    account_paid: int
    accumulated_paid: int
    mutual_aid_paid: int
    debit_paid: int
    cash_due: int
    balance_after: int | None
    bucket: int
    transfers: str
    particulars: None | str
    metadata: None | str

    def to_dict(self) -> dict[str, Any]:
        institution = self.institution

        message_id = self.message_id

        kind = self.kind

        person_no = self.person_no

        amount = self.amount

        cert_type: None | str
        cert_type = self.cert_type

        card_no: None | str
        card_no = self.card_no

        card_sn: None | str
        card_sn = self.card_sn

        med_type: None | str
        med_type = self.med_type

        decline_if_short = self.decline_if_short

        use_mutual_aid = self.use_mutual_aid

        use_debit = self.use_debit

        occurred_at: None | str
        if isinstance(self.occurred_at, datetime.datetime):
            occurred_at = self.occurred_at.isoformat()
        else:
            occurred_at = self.occurred_at

        status = self.status

        code = self.code

        account_paid = self.account_paid

        accumulated_paid = self.accumulated_paid

        mutual_aid_paid = self.mutual_aid_paid

        debit_paid = self.debit_paid

        cash_due = self.cash_due

        balance_after: int | None
        balance_after = self.balance_after

        bucket = self.bucket

        transfers = self.transfers

        particulars: None | str
        particulars = self.particulars

        metadata: None | str
        metadata = self.metadata

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "institution": institution,
                "message_id": message_id,
                "kind": kind,
                "person_no": person_no,
                "amount": amount,
                "cert_type": cert_type,
                "card_no": card_no,
                "card_sn": card_sn,
                "med_type": med_type,
                "decline_if_short": decline_if_short,
                "use_mutual_aid": use_mutual_aid,
                "use_debit": use_debit,
                "occurred_at": occurred_at,
                "status": status,
                "code": code,
                "account_paid": account_paid,
                "accumulated_paid": accumulated_paid,
                "mutual_aid_paid": mutual_aid_paid,
                "debit_paid": debit_paid,
                "cash_due": cash_due,
                "balance_after": balance_after,
                "bucket": bucket,
                "transfers": transfers,
                "particulars": particulars,
                "metadata": metadata,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        institution = d.pop("institution")

        message_id = d.pop("message_id")

        kind = d.pop("kind")

        person_no = d.pop("person_no")

        amount = d.pop("amount")

        def _parse_cert_type(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        cert_type = _parse_cert_type(d.pop("cert_type"))

        def _parse_card_no(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        card_no = _parse_card_no(d.pop("card_no"))

        def _parse_card_sn(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        card_sn = _parse_card_sn(d.pop("card_sn"))

        def _parse_med_type(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        med_type = _parse_med_type(d.pop("med_type"))

        decline_if_short = d.pop("decline_if_short")

        use_mutual_aid = d.pop("use_mutual_aid")

        use_debit = d.pop("use_debit")

        def _parse_occurred_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                occurred_at_type_0 = datetime.datetime.fromisoformat(data)

                return occurred_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        occurred_at = _parse_occurred_at(d.pop("occurred_at"))

        status = d.pop("status")

        code = d.pop("code")

        account_paid = d.pop("account_paid")

        accumulated_paid = d.pop("accumulated_paid")

        mutual_aid_paid = d.pop("mutual_aid_paid")

        debit_paid = d.pop("debit_paid")

        cash_due = d.pop("cash_due")

        def _parse_balance_after(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        balance_after = _parse_balance_after(d.pop("balance_after"))

        bucket = d.pop("bucket")

        transfers = d.pop("transfers")

        def _parse_particulars(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        particulars = _parse_particulars(d.pop("particulars"))

        def _parse_metadata(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        metadata = _parse_metadata(d.pop("metadata"))

        evidence = cls(
            institution=institution,
            message_id=message_id,
            kind=kind,
            person_no=person_no,
            amount=amount,
            cert_type=cert_type,
            card_no=card_no,
            card_sn=card_sn,
            med_type=med_type,
            decline_if_short=decline_if_short,
            use_mutual_aid=use_mutual_aid,
            use_debit=use_debit,
            occurred_at=occurred_at,
            status=status,
            code=code,
            account_paid=account_paid,
            accumulated_paid=accumulated_paid,
            mutual_aid_paid=mutual_aid_paid,
            debit_paid=debit_paid,
            cash_due=cash_due,
            balance_after=balance_after,
            bucket=bucket,
            transfers=transfers,
            particulars=particulars,
            metadata=metadata,
        )

        return evidence
