"""2103, 2208, 2305: a settlement whose outcome is known goes back whole, under a setl_id of its own and below zero.
2601: whatever a message of unknown outcome did is undone; it did nothing, and never will, where it is not there yet.
5203: what was settled.
"""

import re
from datetime import date
from typing import Any

from app.codes import Code
from app.config import ZONE
from app.database import Connection, transaction
from app.national import tables
from app.national.failure import Failed
from app.national.fields import read, write
from app.national.people import person_fields
from app.national.platform import Call, DeclinedAnswer, Reply, answered, message_of, settle, stamp_of
from app.national.setlinfo import TOLD_KINDS, Told, amounts, metadata_of, particulars_of, setldetail, setlinfo
from app.national.visits import end_admission
from app.settlement.messages import message_key
from app.settlement.records import Recorded
from app.settlement.register import Place, find_settlement, read_settlements

#: What 2601 undoes.
REVERSIBLE = frozenset({"2102", "2103", "2207", "2208", "2304", "2305", "2401"})

# Cancelled: by what. Paid: what this infno cancels.
_CANCELS = {"2103": "2102", "2208": "2207", "2305": "2304"}
_DONE_BEFORE = (Code.ALREADY_REVERSED,)

# Also of what was reversed before it came.
_IS_KNOWN = "SELECT EXISTS (SELECT FROM settlement.message_keys WHERE message_key = $1)"
_RETURNED = "SELECT returned, is_reversed FROM settlement.returns WHERE message_key = $1"


async def cancel(call: Call) -> Reply:
    request = call.request
    data = read(tables.CANCELLATION, call.node("data", "dscginfo"), "data")
    async with transaction(call.platform.pool) as connection:
        original = await _find_settlement(connection, call, data["setl_id"])
    is_its_own = (
        original is not None
        and original.row.person_no == data["psn_no"]
        and particulars_of(original.row).get("treatment_id") == data["mdtrt_id"]
        and metadata_of(original.row).get("infno") in (_CANCELS[request.infno], request.infno)
    )
    if original is None or not is_its_own:
        raise Failed(Code.ORIGINAL_NOT_FOUND, "No settlement has this setl_id, mdtrt_id and psn_no.")
    message = message_of(
        request,
        kind="refund",
        person_no=data["psn_no"],
        original_message_id=original.row.message_id,
        treatment_id=data["mdtrt_id"],
    )
    answer = await settle(call.platform, message)
    told = Told(answer.row, answer.settled_at, original.row)
    async with transaction(call.platform.pool) as connection:
        info = await _setlinfo(connection, call, told)
    return Reply(
        {
            "setlinfo": call.region.written_names(request.infno, info),
            "setldetail": setldetail(amounts(call, told)),
        },
        stamp_of(answer),
    )


async def reverse(call: Call) -> Reply:
    """Accepted; asked again it is accepted again."""
    request = call.request
    data = read(tables.REVERSAL, call.node("data"), "data")
    infno = data["oinfno"].removesuffix("A") if call.region.a_forms else data["oinfno"]
    if infno not in REVERSIBLE:
        raise Failed(Code.NOT_REVERSIBLE, f"oinfno is not one of {', '.join(sorted(REVERSIBLE))}.")
    async with transaction(call.platform.pool) as connection:
        original = await find_settlement(connection, message_key(request.institution, data["omsgid"]))
    if original is not None and metadata_of(original.row).get("infno", infno) != infno:
        raise Failed(Code.NOT_REVERSIBLE, "oinfno is not that of the message under omsgid.")
    message = message_of(request, kind="reversal", person_no=data["psn_no"], original_message_id=data["omsgid"])
    answer = await answered(call.platform, message)
    if answer.code == Code.NOT_REVERSIBLE and infno == "2401":
        # An admission moved no money: there is a visit to end.
        async with transaction(call.platform.pool) as connection:
            await end_admission(connection, request, data["omsgid"], data["psn_no"])
    elif answer.status != "reversed" and answer.code not in _DONE_BEFORE:
        raise DeclinedAnswer(answer)
    return Reply({}, stamp_of(answer))


async def find(call: Call) -> Reply:
    """By setl_id, or by the message whose reply was lost (medins_setl_id)."""
    data = read(tables.SETTLEMENT_ASKED, call.node("data"), "data")
    async with transaction(call.platform.pool) as connection:
        found = await _asked_for(connection, call, data)
        if found is None or found.row.person_no != data["psn_no"] or found.row.kind not in TOLD_KINDS:
            raise Failed(Code.TRANSACTION_NOT_FOUND, "No settlement has this number and psn_no.")
        row = found.row
        if row.status != "settled":
            raise Failed(Code(row.code))
        key = message_key(row.institution, row.message_id)
        returned = await connection.fetchrow(_RETURNED, key)
        if returned is not None and returned["is_reversed"]:
            raise Failed(Code.ALREADY_REVERSED, "The settlement was undone by a reversal.")
        original_id = particulars_of(row).get("original_message_id")
        original = None
        if row.kind == "refund" and original_id is not None:
            original = await find_settlement(connection, message_key(row.institution, original_id))
        told = Told(row, found.settled_at, None if original is None else original.row)
        info = await _setlinfo(connection, call, told)
    info |= write(
        _BEHIND,
        {
            "refd_setl_flag": "1" if told.gives_back else "0",
            "year": str(told.settled_at.astimezone(ZONE).year),
            "pay_loc": "2",
            "opt_time": told.settled_at,
        },
    )
    is_returned = returned is not None and returned["returned"] > 0
    output = {"setlinfo": info, "setldetail": setldetail(amounts(call, told))}
    return Reply(output, None, f"[{Code.ALREADY_REFUNDED}]" if is_returned else "")


_BEHIND = {name: field for name, field in tables.SETTLEMENT_FOUND.items() if name not in tables.SETLINFO}


async def _setlinfo(connection: Connection, call: Call, told: Told) -> dict[str, Any]:
    person = await person_fields(connection, call.platform.vault, told.row.person_no)
    office = await connection.fetchval(
        "SELECT settlement_office FROM parties.institutions WHERE institution = $1", told.row.institution
    )
    return setlinfo(call, told, {**person, "clr_optins": office})


async def _asked_for(connection: Connection, call: Call, data: dict[str, Any]) -> Recorded | None:
    if data["setl_id"]:
        return await _find_settlement(connection, call, data["setl_id"])
    if data["medins_setl_id"]:
        key = message_key(call.request.institution, data["medins_setl_id"])
        if not await connection.fetchval(_IS_KNOWN, key):
            raise Failed(Code.TRANSACTION_NOT_FOUND, remedy="It never arrived: send it again under the same msgid.")
        return await find_settlement(connection, key)
    raise Failed(
        Code.INVALID_FIELD, "Name the settlement by setl_id, or by medins_setl_id, the msgid that asked for it."
    )


_is_settlement_id = re.compile("[0-9]{28}", re.ASCII).fullmatch


async def _find_settlement(connection: Connection, call: Call, setl_id: str) -> Recorded | None:
    """One of this institution; that another one has it is not told."""
    if _is_settlement_id(setl_id) is None:
        return None
    try:
        day = date.fromisoformat(setl_id[:8])
    except ValueError:
        return None
    place = Place(int(setl_id[8:24]), day, int(setl_id[24:]))
    found = (await read_settlements(connection, [place])).get(place)
    return found if found is not None and found.row.institution == call.request.institution else None
