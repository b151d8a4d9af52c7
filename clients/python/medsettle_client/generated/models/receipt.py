from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.receipt_format import ReceiptFormat, check_receipt_format
from ..models.receipt_version import ReceiptVersion, check_receipt_version

if TYPE_CHECKING:
    from ..models.batch_head import BatchHead
    from ..models.evidence import Evidence
    from ..models.outcome import Outcome
    from ..models.signature import Signature


T = TypeVar("T", bound="Receipt")


@_attrs_define
class Receipt:
    """path: the hashes beside the settlement's own at each level of the tree, the leaves' level first.

    Attributes:
        format_ (ReceiptFormat):
        version (ReceiptVersion):
        outcome (Outcome): What a message came to, as the topic, the HTTP reply and every query show it. Amounts in fen.

                amount: what the message asked for; where it left that open, what was moved or released. Example:
            {'settlement_id': '2026112200000000000010240003', 'institution': 'H00000000001', 'message_id':
            'H00000000001202611221030000001', 'kind': 'payment', 'person_no': '99000000000001', 'status': 'settled', 'code':
            'ok', 'amount': 10500, 'account_paid': 10000, 'mutual_aid_paid': 0, 'debit_paid': 0, 'cash_due': 500,
            'balance_after': 0, 'parts': [{'source': 'account', 'amount': 10000, 'part': 'current'}, {'source': 'cash',
            'amount': 500}], 'business_day': '2026-11-22', 'settled_at': '2026-11-22T02:30:00.123456Z',
            'original_message_id': None, 'expires_at': None, 'card_activated': False, 'replayed': False, 'differing_fields':
            [], 'detail': None, 'metadata': None}.
        evidence (Evidence): The settlement's row; its place stands beside it. Amounts in fen.

                transfers: a hash with a secret salt, which stands for the movements and shows nothing of whose they are.
        position (int):
        path (list[list[str]]):
        batch (BatchHead): A batch of the journal: what was settled in one transaction. previous_hash: the chain hash of
            the one before.
        signature (Signature): key_id: the first 16 hex digits of the SHA-256 of the public key's bytes.
    """

    format_: ReceiptFormat
    version: ReceiptVersion
    outcome: Outcome
    evidence: Evidence
    position: int
    path: list[list[str]]
    batch: BatchHead
    signature: Signature

    def to_dict(self) -> dict[str, Any]:
        format_: str = self.format_

        version: int = self.version

        outcome = self.outcome.to_dict()

        evidence = self.evidence.to_dict()

        position = self.position

        path = []
        for path_item_data in self.path:
            path_item: list[str]
            if isinstance(path_item_data, list):
                path_item = path_item_data

            path.append(path_item)

        batch = self.batch.to_dict()

        signature = self.signature.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "format": format_,
                "version": version,
                "outcome": outcome,
                "evidence": evidence,
                "position": position,
                "path": path,
                "batch": batch,
                "signature": signature,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.batch_head import BatchHead  # noqa: PLC0415
        from ..models.evidence import Evidence  # noqa: PLC0415
        from ..models.outcome import Outcome  # noqa: PLC0415
        from ..models.signature import Signature  # noqa: PLC0415

        d = dict(src_dict)
        format_ = check_receipt_format(d.pop("format"))

        version = check_receipt_version(d.pop("version"))

        outcome = Outcome.from_dict(d.pop("outcome"))

        evidence = Evidence.from_dict(d.pop("evidence"))

        position = d.pop("position")

        path = []
        _path = d.pop("path")
        for path_item_data in _path:

            def _parse_path_item(data: object) -> list[str]:
                if not isinstance(data, list):
                    raise TypeError()
                path_item_type_0 = cast(list[str], data)

                return path_item_type_0

            path_item = _parse_path_item(path_item_data)

            path.append(path_item)

        batch = BatchHead.from_dict(d.pop("batch"))

        signature = Signature.from_dict(d.pop("signature"))

        receipt = cls(
            format_=format_,
            version=version,
            outcome=outcome,
            evidence=evidence,
            position=position,
            path=path,
            batch=batch,
            signature=signature,
        )

        return receipt
