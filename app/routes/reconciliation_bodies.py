"""What is sent and answered of reconciliations and their breaks. Amounts in fen."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.clearing.reconciliation import breaks, runs
from app.clearing.reconciliation.breaks import Break, OpenBreak
from app.clearing.reconciliation.result_file import memo
from app.clearing.reconciliation.runs import Run
from app.codes import Code
from app.routes.agency import Body
from app.routes.times import Day

_STATED_MAX = 10**18

InstitutionCode = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9]{12}$")]
Office = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9]{0,6}$")]
InsuranceType = Annotated[str, StringConstraints(pattern="^([0-9]{3,6})?$")]
ClearingType = Literal["", "11", "21", "41", "99"]
Amount = Annotated[int, Field(ge=-_STATED_MAX, le=_STATED_MAX, strict=True, description="fen")]
StatedQuery = Annotated[int | None, Query(ge=-_STATED_MAX, le=_STATED_MAX)]
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]
PageSize = Annotated[int, Query(ge=1, le=1_000)]


# Runs


class StatedSums(Body):
    """What the institution says, net; what is left out is not compared. Something is stated."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    medfee: Amount | None = None
    fund_pay: Amount | None = None
    account_pay: Amount | None = None
    cash: Amount | None = None
    settlements: Annotated[int, Field(ge=-_STATED_MAX, le=_STATED_MAX, strict=True)] | None = None

    @model_validator(mode="after")
    def _states_something(self) -> "StatedSums":
        if all(stated is None for stated in self.model_dump().values()):
            raise ValueError("states nothing to compare")
        return self


class TotalsRequest(Body):
    """Office, insurance type and clearing type are empty for every one. Days are business days, both included.

    account_includes_mutual_aid: whether family money is in account_pay, or told apart."""

    institution: InstitutionCode
    first_day: Day
    last_day: Day
    settlement_office: Office = ""
    insurance_type: InsuranceType = ""
    clearing_type: ClearingType = ""
    includes_refunds: bool = True
    account_includes_mutual_aid: bool = True
    stated: StatedSums


class LedgerSums(BaseModel):
    """Fen, net. medfee = fund_pay + account_pay + cash."""

    medfee: int
    fund_pay: int
    account_pay: int
    cash: int
    settlements: int


class DifferenceAnswer(BaseModel):
    """more_here: how much the ledger has more than the institution; below zero, less."""

    field: str
    stated: int
    ours: int
    more_here: int


class RowCounts(BaseModel):
    equal: int
    centre_more: int
    institution_more: int
    differs: int
    not_arrived: int


class RunAnswer(BaseModel):
    """waiting: to be compared. ok: was compared, `is_equal` says with what result. failed: could not be, `code` says
    why. void: a later run of the same scope took its place. What is not known yet is null; `rows` are of details."""

    run_id: int
    kind: runs.Kind
    state: runs.State
    institution: str
    first_day: date
    last_day: date
    settlement_office: str
    insurance_type: str
    clearing_type: str
    includes_refunds: bool
    account_includes_mutual_aid: bool
    is_equal: bool | None
    ledger: LedgerSums | None
    differences: list[DifferenceAnswer]
    rows: RowCounts | None
    description: str
    code: Code | None
    requested_by: str
    requested_at: datetime
    finished_at: datetime | None
    voided_by: int | None


class Runs(BaseModel):
    """Newest first. `next_before` asks for the next page; null on the last one."""

    runs: list[RunAnswer]
    next_before: int | None


def run_answer(run: Run) -> RunAnswer:
    return RunAnswer(
        **asdict(run.scope),
        run_id=run.run_id,
        kind=run.kind,
        state=run.state,
        is_equal=run.is_equal,
        ledger=None if run.sums is None else LedgerSums(**run.sums._asdict()),
        differences=[
            DifferenceAnswer(field=each.field, stated=each.stated, ours=each.ours, more_here=each.more_here)
            for each in run.differences
        ],
        rows=None if run.rows is None else RowCounts(**run.rows._asdict()),
        description=run.description,
        code=None if run.code is None else Code(run.code),
        requested_by=run.requested_by,
        requested_at=run.requested_at,
        finished_at=run.finished_at,
        voided_by=run.voided_by,
    )


# Breaks


class BreakAnswer(BaseModel):
    """Fen; null on the side that does not have the row. `fields`: which differ. `memo`: what it is, in words."""

    break_id: int
    run_id: int
    kind: breaks.Kind
    state: breaks.State
    line: int | None
    settlement_id: str | None
    message_id: str | None
    treatment_id: str | None
    person_no: str
    gives_back: bool
    medfee: int | None
    fund_pay: int | None
    account_pay: int | None
    their_medfee: int | None
    their_fund_pay: int | None
    their_account_pay: int | None
    fields: list[str]
    reason: str | None
    memo: str
    first_found_at: datetime
    changed_by: str | None
    changed_at: datetime | None
    note: str | None


class Breaks(BaseModel):
    """`next_after` asks for the next page; null on the last one."""

    breaks: list[BreakAnswer]
    next_after: int | None


class OpenBreakAnswer(BreakAnswer):
    """age_days: since a run found it first."""

    institution: str
    first_day: date
    last_day: date
    age_days: int


class OpenBreaks(BaseModel):
    """The oldest first. `next_after` asks for the next page; null on the last one."""

    breaks: list[OpenBreakAnswer]
    next_after: str | None


class Note(Body):
    """note: of the case, without names or citizen numbers."""

    note: Annotated[str, StringConstraints(max_length=breaks.NOTE_MAX, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""


def break_answer(found: Break) -> BreakAnswer:
    return BreakAnswer(**found._asdict(), memo=memo(found))


def open_break_answer(found: OpenBreak) -> OpenBreakAnswer:
    return OpenBreakAnswer(
        **found.found._asdict(),
        memo=memo(found.found),
        institution=found.institution,
        first_day=found.first_day,
        last_day=found.last_day,
        age_days=found.age_days,
    )
