from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.message_direction_type_0 import (
    MessageDirectionType0,
    check_message_direction_type_0,
)
from ..models.message_kind import MessageKind, check_message_kind
from ..models.message_short_balance import (
    MessageShortBalance,
    check_message_short_balance,
)
from ..models.message_visit_type_0 import MessageVisitType0, check_message_visit_type_0
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.card import Card
    from ..models.message_metadata_type_0 import MessageMetadataType0
    from ..models.named_card import NamedCard


T = TypeVar("T", bound="Message")


@_attrs_define
class Message:
    """One card transaction. Unknown fields are ignored. `amount` is needed where the kind moves money of its own.

        `visit` says that the person is registered for one, at a hospital; `old_card` that it came before the new card,
    at
        a pharmacy. Either makes this the first use of a card that is not yet active. `original_message_id` names an
        earlier message of the same institution. `final` marks the last capture of a hold. `direction` is the agency's.
        `total_fee` is what the care cost, of which `amount` is the person's share; absent, the same. `use_account:
    false`
        settles a payment without the personal account and the family's.

        Attributes:
            institution (str): fixmedins_code
            message_id (str): the sender's msgid
            kind (MessageKind):
            person_no (str): psn_no
            amount (int | Unset): fen Default: 0.
            card (Card | None | Unset):
            med_type (None | str | Unset):
            short_balance (MessageShortBalance | Unset):  Default: 'split'.
            use_mutual_aid (bool | Unset):  Default: True.
            use_debit (bool | Unset):  Default: False.
            occurred_at (datetime.datetime | None | Unset):
            metadata (MessageMetadataType0 | None | Unset):
            visit (MessageVisitType0 | None | Unset):
            old_card (NamedCard | None | Unset):
            original_message_id (None | str | Unset):
            expires_at (datetime.datetime | None | Unset):
            final (bool | Unset):  Default: False.
            payee_card (NamedCard | None | Unset):
            direction (MessageDirectionType0 | None | Unset):
            insurance_type (None | str | Unset):
            total_fee (int | None | Unset):
            treatment_id (None | str | Unset):
            use_account (bool | Unset):  Default: True.
    """

    institution: str
    message_id: str
    kind: MessageKind
    person_no: str
    amount: int | Unset = 0
    card: Card | None | Unset = UNSET
    med_type: None | str | Unset = UNSET
    short_balance: MessageShortBalance | Unset = "split"
    use_mutual_aid: bool | Unset = True
    use_debit: bool | Unset = False
    occurred_at: datetime.datetime | None | Unset = UNSET
    metadata: MessageMetadataType0 | None | Unset = UNSET
    visit: MessageVisitType0 | None | Unset = UNSET
    old_card: NamedCard | None | Unset = UNSET
    original_message_id: None | str | Unset = UNSET
    expires_at: datetime.datetime | None | Unset = UNSET
    final: bool | Unset = False
    payee_card: NamedCard | None | Unset = UNSET
    direction: MessageDirectionType0 | None | Unset = UNSET
    insurance_type: None | str | Unset = UNSET
    total_fee: int | None | Unset = UNSET
    treatment_id: None | str | Unset = UNSET
    use_account: bool | Unset = True
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.card import Card  # noqa: PLC0415
        from ..models.message_metadata_type_0 import MessageMetadataType0  # noqa: PLC0415
        from ..models.named_card import NamedCard  # noqa: PLC0415

        institution = self.institution

        message_id = self.message_id

        kind: str = self.kind

        person_no = self.person_no

        amount = self.amount

        card: dict[str, Any] | None | Unset
        if isinstance(self.card, Unset):
            card = UNSET
        elif isinstance(self.card, Card):
            card = self.card.to_dict()
        else:
            card = self.card

        med_type: None | str | Unset
        if isinstance(self.med_type, Unset):
            med_type = UNSET
        else:
            med_type = self.med_type

        short_balance: str | Unset = UNSET
        if not isinstance(self.short_balance, Unset):
            short_balance = self.short_balance

        use_mutual_aid = self.use_mutual_aid

        use_debit = self.use_debit

        occurred_at: None | str | Unset
        if isinstance(self.occurred_at, Unset):
            occurred_at = UNSET
        elif isinstance(self.occurred_at, datetime.datetime):
            occurred_at = self.occurred_at.isoformat()
        else:
            occurred_at = self.occurred_at

        metadata: dict[str, Any] | None | Unset
        if isinstance(self.metadata, Unset):
            metadata = UNSET
        elif isinstance(self.metadata, MessageMetadataType0):
            metadata = self.metadata.to_dict()
        else:
            metadata = self.metadata

        visit: None | str | Unset
        if isinstance(self.visit, Unset):
            visit = UNSET
        elif isinstance(self.visit, str):
            visit = self.visit
        else:
            visit = self.visit

        old_card: dict[str, Any] | None | Unset
        if isinstance(self.old_card, Unset):
            old_card = UNSET
        elif isinstance(self.old_card, NamedCard):
            old_card = self.old_card.to_dict()
        else:
            old_card = self.old_card

        original_message_id: None | str | Unset
        if isinstance(self.original_message_id, Unset):
            original_message_id = UNSET
        else:
            original_message_id = self.original_message_id

        expires_at: None | str | Unset
        if isinstance(self.expires_at, Unset):
            expires_at = UNSET
        elif isinstance(self.expires_at, datetime.datetime):
            expires_at = self.expires_at.isoformat()
        else:
            expires_at = self.expires_at

        final = self.final

        payee_card: dict[str, Any] | None | Unset
        if isinstance(self.payee_card, Unset):
            payee_card = UNSET
        elif isinstance(self.payee_card, NamedCard):
            payee_card = self.payee_card.to_dict()
        else:
            payee_card = self.payee_card

        direction: None | str | Unset
        if isinstance(self.direction, Unset):
            direction = UNSET
        elif isinstance(self.direction, str):
            direction = self.direction
        else:
            direction = self.direction

        insurance_type: None | str | Unset
        if isinstance(self.insurance_type, Unset):
            insurance_type = UNSET
        else:
            insurance_type = self.insurance_type

        total_fee: int | None | Unset
        if isinstance(self.total_fee, Unset):
            total_fee = UNSET
        else:
            total_fee = self.total_fee

        treatment_id: None | str | Unset
        if isinstance(self.treatment_id, Unset):
            treatment_id = UNSET
        else:
            treatment_id = self.treatment_id

        use_account = self.use_account

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "institution": institution,
                "message_id": message_id,
                "kind": kind,
                "person_no": person_no,
            }
        )
        if amount is not UNSET:
            field_dict["amount"] = amount
        if card is not UNSET:
            field_dict["card"] = card
        if med_type is not UNSET:
            field_dict["med_type"] = med_type
        if short_balance is not UNSET:
            field_dict["short_balance"] = short_balance
        if use_mutual_aid is not UNSET:
            field_dict["use_mutual_aid"] = use_mutual_aid
        if use_debit is not UNSET:
            field_dict["use_debit"] = use_debit
        if occurred_at is not UNSET:
            field_dict["occurred_at"] = occurred_at
        if metadata is not UNSET:
            field_dict["metadata"] = metadata
        if visit is not UNSET:
            field_dict["visit"] = visit
        if old_card is not UNSET:
            field_dict["old_card"] = old_card
        if original_message_id is not UNSET:
            field_dict["original_message_id"] = original_message_id
        if expires_at is not UNSET:
            field_dict["expires_at"] = expires_at
        if final is not UNSET:
            field_dict["final"] = final
        if payee_card is not UNSET:
            field_dict["payee_card"] = payee_card
        if direction is not UNSET:
            field_dict["direction"] = direction
        if insurance_type is not UNSET:
            field_dict["insurance_type"] = insurance_type
        if total_fee is not UNSET:
            field_dict["total_fee"] = total_fee
        if treatment_id is not UNSET:
            field_dict["treatment_id"] = treatment_id
        if use_account is not UNSET:
            field_dict["use_account"] = use_account

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.card import Card  # noqa: PLC0415
        from ..models.message_metadata_type_0 import MessageMetadataType0  # noqa: PLC0415
        from ..models.named_card import NamedCard  # noqa: PLC0415

        d = dict(src_dict)
        institution = d.pop("institution")

        message_id = d.pop("message_id")

        kind = check_message_kind(d.pop("kind"))

        person_no = d.pop("person_no")

        amount = d.pop("amount", UNSET)

        def _parse_card(data: object) -> Card | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                card_type_0 = Card.from_dict(data)

                return card_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Card | None | Unset, data)

        card = _parse_card(d.pop("card", UNSET))

        def _parse_med_type(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        med_type = _parse_med_type(d.pop("med_type", UNSET))

        _short_balance = d.pop("short_balance", UNSET)
        short_balance: MessageShortBalance | Unset
        if isinstance(_short_balance, Unset):
            short_balance = UNSET
        else:
            short_balance = check_message_short_balance(_short_balance)

        use_mutual_aid = d.pop("use_mutual_aid", UNSET)

        use_debit = d.pop("use_debit", UNSET)

        def _parse_occurred_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                occurred_at_type_0 = datetime.datetime.fromisoformat(data)

                return occurred_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        occurred_at = _parse_occurred_at(d.pop("occurred_at", UNSET))

        def _parse_metadata(data: object) -> MessageMetadataType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                metadata_type_0 = MessageMetadataType0.from_dict(data)

                return metadata_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(MessageMetadataType0 | None | Unset, data)

        metadata = _parse_metadata(d.pop("metadata", UNSET))

        def _parse_visit(data: object) -> MessageVisitType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                visit_type_0 = check_message_visit_type_0(data)

                return visit_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(MessageVisitType0 | None | Unset, data)

        visit = _parse_visit(d.pop("visit", UNSET))

        def _parse_old_card(data: object) -> NamedCard | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                old_card_type_0 = NamedCard.from_dict(data)

                return old_card_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(NamedCard | None | Unset, data)

        old_card = _parse_old_card(d.pop("old_card", UNSET))

        def _parse_original_message_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        original_message_id = _parse_original_message_id(d.pop("original_message_id", UNSET))

        def _parse_expires_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                expires_at_type_0 = datetime.datetime.fromisoformat(data)

                return expires_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        expires_at = _parse_expires_at(d.pop("expires_at", UNSET))

        final = d.pop("final", UNSET)

        def _parse_payee_card(data: object) -> NamedCard | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                payee_card_type_0 = NamedCard.from_dict(data)

                return payee_card_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(NamedCard | None | Unset, data)

        payee_card = _parse_payee_card(d.pop("payee_card", UNSET))

        def _parse_direction(data: object) -> MessageDirectionType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                direction_type_0 = check_message_direction_type_0(data)

                return direction_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(MessageDirectionType0 | None | Unset, data)

        direction = _parse_direction(d.pop("direction", UNSET))

        def _parse_insurance_type(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        insurance_type = _parse_insurance_type(d.pop("insurance_type", UNSET))

        def _parse_total_fee(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        total_fee = _parse_total_fee(d.pop("total_fee", UNSET))

        def _parse_treatment_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        treatment_id = _parse_treatment_id(d.pop("treatment_id", UNSET))

        use_account = d.pop("use_account", UNSET)

        message = cls(
            institution=institution,
            message_id=message_id,
            kind=kind,
            person_no=person_no,
            amount=amount,
            card=card,
            med_type=med_type,
            short_balance=short_balance,
            use_mutual_aid=use_mutual_aid,
            use_debit=use_debit,
            occurred_at=occurred_at,
            metadata=metadata,
            visit=visit,
            old_card=old_card,
            original_message_id=original_message_id,
            expires_at=expires_at,
            final=final,
            payee_card=payee_card,
            direction=direction,
            insurance_type=insurance_type,
            total_fee=total_fee,
            treatment_id=treatment_id,
            use_account=use_account,
        )

        message.additional_properties = d
        return message

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
