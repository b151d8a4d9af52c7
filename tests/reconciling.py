"""Builders for reconciliation: archives as institutions upload them, made from what they were told."""

import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import IO

from app.clearing.reconciliation import desk
from app.clearing.reconciliation.breaks import Break, breaks_of
from app.clearing.reconciliation.runner import compare_waiting
from app.clearing.reconciliation.runs import Run, read_run
from app.clearing.reconciliation.scope import Scope, Stated, yuan
from app.clearing.reconciliation.uploads import take_in
from app.config import ZONE
from app.database import Pool
from app.settlement.messages import Message
from app.settlement.records import Outcome
from tests.builders import HOSPITAL
from tests.kinds import outcomes

MIDNIGHT = time(0, 0)


def today() -> date:
    return datetime.now(ZONE).date()


@dataclass(frozen=True, slots=True)
class UploadedRow:
    """A row as an institution has it; fen."""

    settlement_id: str | None
    person_no: str
    medfee: int
    account_pay: int
    fund_pay: int = 0
    treatment_id: str | None = None
    message_id: str | None = None
    flag: str = "0"

    def text(self, *, with_message_id: bool = False) -> str:
        cells: list[str | None] = [
            self.settlement_id,
            self.treatment_id,
            self.person_no,
            yuan(self.medfee),
            yuan(self.fund_pay),
            yuan(self.account_pay),
            self.flag,
        ]
        if with_message_id:
            cells.append(self.message_id)
        return "\t".join(["null" if cell is None else cell for cell in cells]) + "\n"

    def with_(self, **changes: object) -> "UploadedRow":
        return replace(self, **changes)  # type: ignore[arg-type]


def zipped(text: str | bytes, name: str = "upload.txt", compression: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as archive:
        archive.writestr(name, text)
    made.seek(0)
    return made


def archive_of(rows: Iterable[UploadedRow], *, with_message_ids: bool = False) -> IO[bytes]:
    return zipped("".join([row.text(with_message_id=with_message_ids) for row in rows]))


def scope_of(institution: str = HOSPITAL, **overrides: object) -> Scope:
    """All of an institution's settlements of today."""
    return replace(Scope(institution, today(), today()), **overrides)  # type: ignore[arg-type]


async def reconciled(
    pool: Pool,
    url: str,
    rows: Iterable[UploadedRow],
    scope: Scope | None = None,
    stated: Stated | None = None,
    *,
    with_message_ids: bool = False,
) -> Run:
    """Upload rows, compare them, and return the finished run."""
    scope = scope or scope_of()
    upload = await take_in(
        url,
        scope.institution,
        archive_of(rows, with_message_ids=with_message_ids),
        with_message_ids=with_message_ids,
        received_by="tests",
    )
    run = await desk.reconcile_details(pool, upload.upload_id, scope, stated or Stated(), requested_by="tests")
    await compare_waiting(pool, url, MIDNIGHT)
    return await read_run(pool, run.run_id)


async def found_in(pool: Pool, run: Run) -> Sequence[Break]:
    return await breaks_of(pool, run.run_id, limit=1_000)


def row_of(outcome: Outcome, message: Message, *, sign: int = 1) -> UploadedRow:
    """As the institution keeps what it was told."""
    assert outcome.settlement_id is not None
    account = outcome.account_paid + outcome.mutual_aid_paid
    share = account + outcome.debit_paid + outcome.cash_due
    fund = (message.total_fee or share) - share
    return UploadedRow(
        outcome.settlement_id,
        message.person_no,
        sign * (share + fund),
        sign * account,
        sign * fund,
        message.treatment_id,
        message.message_id,
        "0" if sign > 0 else "1",
    )


async def rows_of(pool: Pool, *messages: Message) -> list[UploadedRow]:
    told = await outcomes(pool, *messages)
    assert {each.status for each in told} <= {"settled", "reversed"}
    return [row_of(each, message) for each, message in zip(told, messages, strict=True)]
