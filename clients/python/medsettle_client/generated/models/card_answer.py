from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.applications import Applications
    from ..models.event_answer import EventAnswer


T = TypeVar("T", bound="CardAnswer")


@_attrs_define
class CardAnswer:
    """already: it was so before this request, which changed nothing.

    Attributes:
        card_no (str):
        person_no (str):
        kind (str):
        medium (str):
        bank (str):
        issued_on (datetime.date | None):
        valid_to (datetime.date):
        state (str):
        activated_at (datetime.datetime | None):
        activation_channel (None | str):
        replaced_by (None | str):
        applications (Applications): usable: the card is active and within its validity; for debit the application is
            also on.
        events (list[EventAnswer]):
        already (bool | Unset):  Default: False.
    """

    card_no: str
    person_no: str
    kind: str
    medium: str
    bank: str
    issued_on: datetime.date | None
    valid_to: datetime.date
    state: str
    activated_at: datetime.datetime | None
    activation_channel: None | str
    replaced_by: None | str
    applications: Applications
    events: list[EventAnswer]
    already: bool | Unset = False
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        card_no = self.card_no

        person_no = self.person_no

        kind = self.kind

        medium = self.medium

        bank = self.bank

        issued_on: None | str
        if isinstance(self.issued_on, datetime.date):
            issued_on = self.issued_on.isoformat()
        else:
            issued_on = self.issued_on

        valid_to = self.valid_to.isoformat()

        state = self.state

        activated_at: None | str
        if isinstance(self.activated_at, datetime.datetime):
            activated_at = self.activated_at.isoformat()
        else:
            activated_at = self.activated_at

        activation_channel: None | str
        activation_channel = self.activation_channel

        replaced_by: None | str
        replaced_by = self.replaced_by

        applications = self.applications.to_dict()

        events = []
        for events_item_data in self.events:
            events_item = events_item_data.to_dict()
            events.append(events_item)

        already = self.already

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "card_no": card_no,
                "person_no": person_no,
                "kind": kind,
                "medium": medium,
                "bank": bank,
                "issued_on": issued_on,
                "valid_to": valid_to,
                "state": state,
                "activated_at": activated_at,
                "activation_channel": activation_channel,
                "replaced_by": replaced_by,
                "applications": applications,
                "events": events,
            }
        )
        if already is not UNSET:
            field_dict["already"] = already

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.applications import Applications  # noqa: PLC0415
        from ..models.event_answer import EventAnswer  # noqa: PLC0415

        d = dict(src_dict)
        card_no = d.pop("card_no")

        person_no = d.pop("person_no")

        kind = d.pop("kind")

        medium = d.pop("medium")

        bank = d.pop("bank")

        def _parse_issued_on(data: object) -> datetime.date | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                issued_on_type_0 = datetime.date.fromisoformat(data)

                return issued_on_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.date | None, data)

        issued_on = _parse_issued_on(d.pop("issued_on"))

        valid_to = datetime.date.fromisoformat(d.pop("valid_to"))

        state = d.pop("state")

        def _parse_activated_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                activated_at_type_0 = datetime.datetime.fromisoformat(data)

                return activated_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        activated_at = _parse_activated_at(d.pop("activated_at"))

        def _parse_activation_channel(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        activation_channel = _parse_activation_channel(d.pop("activation_channel"))

        def _parse_replaced_by(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        replaced_by = _parse_replaced_by(d.pop("replaced_by"))

        applications = Applications.from_dict(d.pop("applications"))

        events = []
        _events = d.pop("events")
        for events_item_data in _events:
            events_item = EventAnswer.from_dict(events_item_data)

            events.append(events_item)

        already = d.pop("already", UNSET)

        card_answer = cls(
            card_no=card_no,
            person_no=person_no,
            kind=kind,
            medium=medium,
            bank=bank,
            issued_on=issued_on,
            valid_to=valid_to,
            state=state,
            activated_at=activated_at,
            activation_channel=activation_channel,
            replaced_by=replaced_by,
            applications=applications,
            events=events,
            already=already,
        )

        card_answer.additional_properties = d
        return card_answer

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
