from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.outcome import Outcome


T = TypeVar("T", bound="FeedEvent")


@_attrs_define
class FeedEvent:
    """
    Attributes:
        cursor (str):
        outcome (Outcome): What a message came to, as the topic, the HTTP reply and every query show it. Amounts in fen.

                amount: what the message asked for; where it left that open, what was moved or released. Example:
            {'settlement_id': '2026112200000000000010240003', 'institution': 'H00000000001', 'message_id':
            'H00000000001202611221030000001', 'kind': 'payment', 'person_no': '99000000000001', 'status': 'settled', 'code':
            'ok', 'amount': 10500, 'account_paid': 10000, 'mutual_aid_paid': 0, 'debit_paid': 0, 'cash_due': 500,
            'balance_after': 0, 'parts': [{'source': 'account', 'amount': 10000, 'part': 'current'}, {'source': 'cash',
            'amount': 500}], 'business_day': '2026-11-22', 'settled_at': '2026-11-22T02:30:00.123456Z',
            'original_message_id': None, 'expires_at': None, 'card_activated': False, 'replayed': False, 'differing_fields':
            [], 'detail': None, 'metadata': None}.
    """

    cursor: str
    outcome: Outcome
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        cursor = self.cursor

        outcome = self.outcome.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "cursor": cursor,
                "outcome": outcome,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.outcome import Outcome  # noqa: PLC0415

        d = dict(src_dict)
        cursor = d.pop("cursor")

        outcome = Outcome.from_dict(d.pop("outcome"))

        feed_event = cls(
            cursor=cursor,
            outcome=outcome,
        )

        feed_event.additional_properties = d
        return feed_event

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
