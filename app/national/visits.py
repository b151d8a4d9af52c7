"""2201 registration, 2202 its cancellation, 2401 admission. Visits are known by the mdtrt_id that they are given.

A registration is settled as a message like all others, since it may be the first use of a card (channel b); the visit
is written down behind it, and again by a repeat where a crash came between.
"""

from datetime import datetime
from typing import Any, NamedTuple

import asyncpg

from app.codes import Code
from app.database import Connection, Pool, transaction
from app.national import tables
from app.national.envelope import Request, Stamp
from app.national.failure import Failed
from app.national.fields import read, write
from app.national.platform import Call, Reply, card_of, message_of, settle, stamp_of
from app.settlement.messages import message_key
from app.settlement.register import find_settlement

_COLUMNS = "treatment_id, institution, person_no, visit_no, is_inpatient, opened_by, ended_by, ended_at"
_FIND = f"SELECT {_COLUMNS} FROM national.visits WHERE treatment_id = $1 AND institution = $2"  # noqa: S608
_FIND_OPEN = f"""
SELECT {_COLUMNS} FROM national.visits
WHERE institution = $1 AND visit_no = $2 AND is_inpatient = $3 AND ended_at IS NULL
"""  # noqa: S608
_OPEN = """
INSERT INTO national.visits (treatment_id, institution, person_no, visit_no, is_inpatient, opened_by)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (treatment_id) DO NOTHING
"""
_END = """
UPDATE national.visits SET ended_by = $3, ended_at = clock_timestamp()
WHERE treatment_id = $1 AND institution = $2 AND ended_at IS NULL
"""
# An admission may be settled and its visit not be written down yet: so that a repeat does not open it then.
_END_ADMISSION = """
INSERT INTO national.visits AS v (
    treatment_id, institution, person_no, visit_no, is_inpatient, opened_by, ended_by, ended_at
)
VALUES ($1, $2, $3, '', true, $4, $5, clock_timestamp())
ON CONFLICT (treatment_id) DO UPDATE SET ended_by = EXCLUDED.ended_by, ended_at = EXCLUDED.ended_at
WHERE v.ended_at IS NULL
"""


class Visit(NamedTuple):
    """opened_by, ended_by: message ids. visit_no: the institution's own (ipt_otp_no, ipt_no)."""

    treatment_id: str
    institution: str
    person_no: str
    visit_no: str
    is_inpatient: bool
    opened_by: str
    ended_by: str | None
    ended_at: datetime | None


def treatment_id_of(institution: str, message_id: str) -> str:
    """28 digits that follow from the message, so that a repeat gets the same."""
    return f"{int.from_bytes(message_key(institution, message_id)) % 10**28:028d}"


async def visit_of_payment(pool: Pool, request: Request, treatment_id: str, person_no: str) -> Visit:
    """Raises Failed: visit_unknown, which an institution is told of the visits of others too; visit_ended, but not for
    the repeat of what was settled before the visit ended."""
    async with transaction(pool) as connection:
        visit = await _find(connection, request.institution, treatment_id)
        if visit is None or visit.person_no != person_no:
            raise Failed(Code.VISIT_UNKNOWN)
        if visit.ended_at is not None:
            key = message_key(request.institution, request.msgid)
            if await find_settlement(connection, key) is None:
                raise Failed(Code.VISIT_ENDED)
    return visit


# 2201, 2401


async def register(call: Call) -> Reply:
    data = read(tables.REGISTRATION, call.node("data"), "data")
    stamp, treatment_id = await _open_visit(call, data, data["ipt_otp_no"], is_inpatient=False)
    told = {"mdtrt_id": treatment_id, "psn_no": data["psn_no"], "ipt_otp_no": data["ipt_otp_no"]}
    return Reply({"data": write(tables.REGISTERED, told)}, stamp)


async def admit(call: Call) -> Reply:
    data = read(tables.ADMISSION, call.node("mdtrtinfo", "data"), "mdtrtinfo")
    stamp, treatment_id = await _open_visit(call, data, data["ipt_no"], is_inpatient=True)
    return Reply({"result": write(tables.ADMITTED, {"mdtrt_id": treatment_id})}, stamp)


async def _open_visit(call: Call, data: dict[str, Any], visit_no: str, *, is_inpatient: bool) -> tuple[Stamp, str]:
    request, pool = call.request, call.platform.pool
    treatment_id = treatment_id_of(request.institution, request.msgid)
    async with transaction(pool) as connection:
        row = await connection.fetchrow(_FIND_OPEN, request.institution, visit_no, is_inpatient)
        is_taken = row is not None and row["treatment_id"] != treatment_id
        # A repeat is answered as it was, whatever visit was opened since.
        if is_taken and await find_settlement(connection, message_key(request.institution, request.msgid)) is None:
            raise Failed(Code.VISIT_EXISTS)
    message = message_of(
        request,
        kind="registration",
        person_no=data["psn_no"],
        card=card_of(data),
        visit="inpatient" if is_inpatient else "outpatient",
        insurance_type=data["insutype"],
        treatment_id=treatment_id,
    )
    answer = await settle(call.platform, message)
    try:
        async with transaction(pool) as connection:
            await connection.execute(
                _OPEN, treatment_id, request.institution, data["psn_no"], visit_no, is_inpatient, request.msgid
            )
    except asyncpg.UniqueViolationError:
        raise Failed(Code.VISIT_EXISTS) from None
    return stamp_of(answer), treatment_id


# 2202, and 2601 of a 2401


async def cancel_registration(call: Call) -> Reply:
    """Ended once, by whichever message came first; a repeat finds it ended by itself. Nothing was paid by a
    registration; what a visit settled stays settled, and a payment on its way when the visit ends came first."""
    data = read(tables.REGISTRATION_CANCELLED, call.node("data"), "data")
    request = call.request
    async with transaction(call.platform.pool) as connection:
        await connection.execute(_END, data["mdtrt_id"], request.institution, request.msgid)
        visit = await _find(connection, request.institution, data["mdtrt_id"])
        if visit is None or visit.person_no != data["psn_no"] or visit.visit_no != data["ipt_otp_no"]:
            raise Failed(Code.VISIT_UNKNOWN)
        if visit.ended_by != request.msgid:
            raise Failed(Code.VISIT_ENDED)
    return Reply({})


async def end_admission(connection: Connection, request: Request, admitted_by: str, person_no: str) -> None:
    """Ended once, by whichever message came first; also where its visit is not written down yet."""
    treatment_id = treatment_id_of(request.institution, admitted_by)
    await connection.execute(_END_ADMISSION, treatment_id, request.institution, person_no, admitted_by, request.msgid)


async def _find(connection: Connection, institution: str, treatment_id: str) -> Visit | None:
    row = await connection.fetchrow(_FIND, treatment_id, institution)
    return None if row is None else Visit(*row)
