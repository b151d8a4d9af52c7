from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.open_break_answer_kind import (
    OpenBreakAnswerKind,
    check_open_break_answer_kind,
)
from ..models.open_break_answer_state import (
    OpenBreakAnswerState,
    check_open_break_answer_state,
)

T = TypeVar("T", bound="OpenBreakAnswer")


@_attrs_define
class OpenBreakAnswer:
    """age_days: since a run found it first.

    Attributes:
        break_id (int):
        run_id (int):
        kind (OpenBreakAnswerKind):
        state (OpenBreakAnswerState):
        line (int | None):
        settlement_id (None | str):
        message_id (None | str):
        treatment_id (None | str):
        person_no (str):
        gives_back (bool):
        medfee (int | None):
        fund_pay (int | None):
        account_pay (int | None):
        their_medfee (int | None):
        their_fund_pay (int | None):
        their_account_pay (int | None):
        fields (list[str]):
        reason (None | str):
        memo (str):
        first_found_at (datetime.datetime):
        changed_by (None | str):
        changed_at (datetime.datetime | None):
        note (None | str):
        institution (str):
        first_day (datetime.date):
        last_day (datetime.date):
        age_days (int):
    """

    break_id: int
    run_id: int
    kind: OpenBreakAnswerKind
    state: OpenBreakAnswerState
    line: int | None
    settlement_id: None | str
    message_id: None | str
    treatment_id: None | str
    person_no: str
    gives_back: bool
    medfee: int | None
    fund_pay: int | None
    account_pay: int | None
    their_medfee: int | None
    their_fund_pay: int | None
    their_account_pay: int | None
    fields: list[str]
    reason: None | str
    memo: str
    first_found_at: datetime.datetime
    changed_by: None | str
    changed_at: datetime.datetime | None
    note: None | str
    institution: str
    first_day: datetime.date
    last_day: datetime.date
    age_days: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        break_id = self.break_id

        run_id = self.run_id

        kind: str = self.kind

        state: str = self.state

        line: int | None
        line = self.line

        settlement_id: None | str
        settlement_id = self.settlement_id

        message_id: None | str
        message_id = self.message_id

        treatment_id: None | str
        treatment_id = self.treatment_id

        person_no = self.person_no

        gives_back = self.gives_back

        medfee: int | None
        medfee = self.medfee

        fund_pay: int | None
        fund_pay = self.fund_pay

        account_pay: int | None
        account_pay = self.account_pay

        their_medfee: int | None
        their_medfee = self.their_medfee

        their_fund_pay: int | None
        their_fund_pay = self.their_fund_pay

        their_account_pay: int | None
        their_account_pay = self.their_account_pay

        fields = self.fields

        reason: None | str
        reason = self.reason

        memo = self.memo

        first_found_at = self.first_found_at.isoformat()

        changed_by: None | str
        changed_by = self.changed_by

        changed_at: None | str
        if isinstance(self.changed_at, datetime.datetime):
            changed_at = self.changed_at.isoformat()
        else:
            changed_at = self.changed_at

        note: None | str
        note = self.note

        institution = self.institution

        first_day = self.first_day.isoformat()

        last_day = self.last_day.isoformat()

        age_days = self.age_days

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "break_id": break_id,
                "run_id": run_id,
                "kind": kind,
                "state": state,
                "line": line,
                "settlement_id": settlement_id,
                "message_id": message_id,
                "treatment_id": treatment_id,
                "person_no": person_no,
                "gives_back": gives_back,
                "medfee": medfee,
                "fund_pay": fund_pay,
                "account_pay": account_pay,
                "their_medfee": their_medfee,
                "their_fund_pay": their_fund_pay,
                "their_account_pay": their_account_pay,
                "fields": fields,
                "reason": reason,
                "memo": memo,
                "first_found_at": first_found_at,
                "changed_by": changed_by,
                "changed_at": changed_at,
                "note": note,
                "institution": institution,
                "first_day": first_day,
                "last_day": last_day,
                "age_days": age_days,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        break_id = d.pop("break_id")

        run_id = d.pop("run_id")

        kind = check_open_break_answer_kind(d.pop("kind"))

        state = check_open_break_answer_state(d.pop("state"))

        def _parse_line(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        line = _parse_line(d.pop("line"))

        def _parse_settlement_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        settlement_id = _parse_settlement_id(d.pop("settlement_id"))

        def _parse_message_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        message_id = _parse_message_id(d.pop("message_id"))

        def _parse_treatment_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        treatment_id = _parse_treatment_id(d.pop("treatment_id"))

        person_no = d.pop("person_no")

        gives_back = d.pop("gives_back")

        def _parse_medfee(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        medfee = _parse_medfee(d.pop("medfee"))

        def _parse_fund_pay(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        fund_pay = _parse_fund_pay(d.pop("fund_pay"))

        def _parse_account_pay(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        account_pay = _parse_account_pay(d.pop("account_pay"))

        def _parse_their_medfee(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        their_medfee = _parse_their_medfee(d.pop("their_medfee"))

        def _parse_their_fund_pay(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        their_fund_pay = _parse_their_fund_pay(d.pop("their_fund_pay"))

        def _parse_their_account_pay(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        their_account_pay = _parse_their_account_pay(d.pop("their_account_pay"))

        fields = cast(list[str], d.pop("fields"))

        def _parse_reason(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        reason = _parse_reason(d.pop("reason"))

        memo = d.pop("memo")

        first_found_at = datetime.datetime.fromisoformat(d.pop("first_found_at"))

        def _parse_changed_by(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        changed_by = _parse_changed_by(d.pop("changed_by"))

        def _parse_changed_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                changed_at_type_0 = datetime.datetime.fromisoformat(data)

                return changed_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        changed_at = _parse_changed_at(d.pop("changed_at"))

        def _parse_note(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        note = _parse_note(d.pop("note"))

        institution = d.pop("institution")

        first_day = datetime.date.fromisoformat(d.pop("first_day"))

        last_day = datetime.date.fromisoformat(d.pop("last_day"))

        age_days = d.pop("age_days")

        open_break_answer = cls(
            break_id=break_id,
            run_id=run_id,
            kind=kind,
            state=state,
            line=line,
            settlement_id=settlement_id,
            message_id=message_id,
            treatment_id=treatment_id,
            person_no=person_no,
            gives_back=gives_back,
            medfee=medfee,
            fund_pay=fund_pay,
            account_pay=account_pay,
            their_medfee=their_medfee,
            their_fund_pay=their_fund_pay,
            their_account_pay=their_account_pay,
            fields=fields,
            reason=reason,
            memo=memo,
            first_found_at=first_found_at,
            changed_by=changed_by,
            changed_at=changed_at,
            note=note,
            institution=institution,
            first_day=first_day,
            last_day=last_day,
            age_days=age_days,
        )

        open_break_answer.additional_properties = d
        return open_break_answer

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
