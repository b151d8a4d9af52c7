from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.code import Code, check_code
from ..models.run_answer_kind import RunAnswerKind, check_run_answer_kind
from ..models.run_answer_state import RunAnswerState, check_run_answer_state

if TYPE_CHECKING:
    from ..models.difference_answer import DifferenceAnswer
    from ..models.ledger_sums import LedgerSums
    from ..models.row_counts import RowCounts


T = TypeVar("T", bound="RunAnswer")


@_attrs_define
class RunAnswer:
    """waiting: to be compared. ok: was compared, `is_equal` says with what result. failed: could not be, `code` says
    why. void: a later run of the same scope took its place. What is not known yet is null; `rows` are of details.

        Attributes:
            run_id (int):
            kind (RunAnswerKind):
            state (RunAnswerState):
            institution (str):
            first_day (datetime.date):
            last_day (datetime.date):
            settlement_office (str):
            insurance_type (str):
            clearing_type (str):
            includes_refunds (bool):
            account_includes_mutual_aid (bool):
            is_equal (bool | None):
            ledger (LedgerSums | None):
            differences (list[DifferenceAnswer]):
            rows (None | RowCounts):
            description (str):
            code (Code | None):
            requested_by (str):
            requested_at (datetime.datetime):
            finished_at (datetime.datetime | None):
            voided_by (int | None):
    """

    run_id: int
    kind: RunAnswerKind
    state: RunAnswerState
    institution: str
    first_day: datetime.date
    last_day: datetime.date
    settlement_office: str
    insurance_type: str
    clearing_type: str
    includes_refunds: bool
    account_includes_mutual_aid: bool
    is_equal: bool | None
    ledger: LedgerSums | None
    differences: list[DifferenceAnswer]
    rows: None | RowCounts
    description: str
    code: Code | None
    requested_by: str
    requested_at: datetime.datetime
    finished_at: datetime.datetime | None
    voided_by: int | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.ledger_sums import LedgerSums  # noqa: PLC0415
        from ..models.row_counts import RowCounts  # noqa: PLC0415

        run_id = self.run_id

        kind: str = self.kind

        state: str = self.state

        institution = self.institution

        first_day = self.first_day.isoformat()

        last_day = self.last_day.isoformat()

        settlement_office = self.settlement_office

        insurance_type = self.insurance_type

        clearing_type = self.clearing_type

        includes_refunds = self.includes_refunds

        account_includes_mutual_aid = self.account_includes_mutual_aid

        is_equal: bool | None
        is_equal = self.is_equal

        ledger: dict[str, Any] | None
        if isinstance(self.ledger, LedgerSums):
            ledger = self.ledger.to_dict()
        else:
            ledger = self.ledger

        differences = []
        for differences_item_data in self.differences:
            differences_item = differences_item_data.to_dict()
            differences.append(differences_item)

        rows: dict[str, Any] | None
        if isinstance(self.rows, RowCounts):
            rows = self.rows.to_dict()
        else:
            rows = self.rows

        description = self.description

        code: None | str
        if isinstance(self.code, str):
            code = self.code
        else:
            code = self.code

        requested_by = self.requested_by

        requested_at = self.requested_at.isoformat()

        finished_at: None | str
        if isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        voided_by: int | None
        voided_by = self.voided_by

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "run_id": run_id,
                "kind": kind,
                "state": state,
                "institution": institution,
                "first_day": first_day,
                "last_day": last_day,
                "settlement_office": settlement_office,
                "insurance_type": insurance_type,
                "clearing_type": clearing_type,
                "includes_refunds": includes_refunds,
                "account_includes_mutual_aid": account_includes_mutual_aid,
                "is_equal": is_equal,
                "ledger": ledger,
                "differences": differences,
                "rows": rows,
                "description": description,
                "code": code,
                "requested_by": requested_by,
                "requested_at": requested_at,
                "finished_at": finished_at,
                "voided_by": voided_by,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.difference_answer import DifferenceAnswer  # noqa: PLC0415
        from ..models.ledger_sums import LedgerSums  # noqa: PLC0415
        from ..models.row_counts import RowCounts  # noqa: PLC0415

        d = dict(src_dict)
        run_id = d.pop("run_id")

        kind = check_run_answer_kind(d.pop("kind"))

        state = check_run_answer_state(d.pop("state"))

        institution = d.pop("institution")

        first_day = datetime.date.fromisoformat(d.pop("first_day"))

        last_day = datetime.date.fromisoformat(d.pop("last_day"))

        settlement_office = d.pop("settlement_office")

        insurance_type = d.pop("insurance_type")

        clearing_type = d.pop("clearing_type")

        includes_refunds = d.pop("includes_refunds")

        account_includes_mutual_aid = d.pop("account_includes_mutual_aid")

        def _parse_is_equal(data: object) -> bool | None:
            if data is None:
                return data
            return cast(bool | None, data)

        is_equal = _parse_is_equal(d.pop("is_equal"))

        def _parse_ledger(data: object) -> LedgerSums | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                ledger_type_0 = LedgerSums.from_dict(data)

                return ledger_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(LedgerSums | None, data)

        ledger = _parse_ledger(d.pop("ledger"))

        differences = []
        _differences = d.pop("differences")
        for differences_item_data in _differences:
            differences_item = DifferenceAnswer.from_dict(differences_item_data)

            differences.append(differences_item)

        def _parse_rows(data: object) -> None | RowCounts:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                rows_type_0 = RowCounts.from_dict(data)

                return rows_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | RowCounts, data)

        rows = _parse_rows(d.pop("rows"))

        description = d.pop("description")

        def _parse_code(data: object) -> Code | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                code_type_0 = check_code(data)

                return code_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Code | None, data)

        code = _parse_code(d.pop("code"))

        requested_by = d.pop("requested_by")

        requested_at = datetime.datetime.fromisoformat(d.pop("requested_at"))

        def _parse_finished_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finished_at_type_0 = datetime.datetime.fromisoformat(data)

                return finished_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        finished_at = _parse_finished_at(d.pop("finished_at"))

        def _parse_voided_by(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        voided_by = _parse_voided_by(d.pop("voided_by"))

        run_answer = cls(
            run_id=run_id,
            kind=kind,
            state=state,
            institution=institution,
            first_day=first_day,
            last_day=last_day,
            settlement_office=settlement_office,
            insurance_type=insurance_type,
            clearing_type=clearing_type,
            includes_refunds=includes_refunds,
            account_includes_mutual_aid=account_includes_mutual_aid,
            is_equal=is_equal,
            ledger=ledger,
            differences=differences,
            rows=rows,
            description=description,
            code=code,
            requested_by=requested_by,
            requested_at=requested_at,
            finished_at=finished_at,
            voided_by=voided_by,
        )

        run_answer.additional_properties = d
        return run_answer

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
