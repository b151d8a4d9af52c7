"""2101/2102 at a pharmacy, 2206/2207 as an outpatient, 2303/2304 as an inpatient: what settling would come to, and
settling. A pre-settlement is a quote: nothing is locked and nothing recorded.
"""

from collections.abc import Mapping
from typing import Any

from app.codes import Code
from app.database import transaction
from app.national import tables
from app.national.failure import Failed
from app.national.fields import read, rows
from app.national.people import person_fields
from app.national.platform import Call, Reply, card_of, message_of, quoted, settle, stamp_of
from app.national.setlinfo import SCOPE, Told, amounts, setldetail, setlinfo
from app.national.visits import treatment_id_of, visit_of_payment
from app.settlement.messages import Message
from app.settlement.records import Answer


async def presettle_purchase(call: Call) -> Reply:
    return await _quote(call, _purchase(call))


async def settle_purchase(call: Call) -> Reply:
    return await _settle(call, _purchase(call))


async def presettle(call: Call) -> Reply:
    return await _quote(call, await _payment(call))


async def settle_payment(call: Call) -> Reply:
    return await _settle(call, await _payment(call))


# Messages


def _purchase(call: Call) -> Message:
    """A pharmacy registers no visit: its mdtrt_id is given by the settlement. What was bought is kept nowhere."""
    data = read(tables.PURCHASE, call.node("druginfo"), "druginfo")
    drugs = rows(tables.DRUG, call.node("drugdetail"), "drugdetail")
    if drugs and sum(drug["det_item_fee_sumamt"] for drug in drugs) != data["medfee_sumamt"]:
        raise Failed(Code.INVALID_AMOUNT, "medfee_sumamt is not the sum of det_item_fee_sumamt.")
    return _message(call, data, treatment_id_of(call.request.institution, call.request.msgid))


async def _payment(call: Call) -> Message:
    data = read(tables.SETTLEMENT, call.node("data"), "data")
    is_inpatient = call.request.infno in ("2303", "2304")
    visit = await visit_of_payment(call.platform.pool, call.request, data["mdtrt_id"], data["psn_no"])
    if visit.is_inpatient is not is_inpatient:
        raise Failed(Code.VISIT_UNKNOWN, "mdtrt_id is of the other kind of visit, with or without a bed.")
    return _message(call, data, data["mdtrt_id"])


def _message(call: Call, data: Mapping[str, Any], treatment_id: str) -> Message:
    scope = _scope(data)
    return message_of(
        call.request,
        kind="payment",
        person_no=data["psn_no"],
        card=card_of(data),
        med_type=data["med_type"],
        amount=data["medfee_sumamt"],
        total_fee=data["medfee_sumamt"],
        insurance_type=data["insutype"],
        treatment_id=treatment_id,
        use_account=data["acct_used_flag"] == "1",
        metadata={} if scope is None else {"scope": scope},
    )


def _scope(data: Mapping[str, Any]) -> list[int] | None:
    """The fee by what the insurance covers of it, None where the institution does not say."""
    said = [data.get(name) or 0 for name in SCOPE]
    if not any(said):
        return None
    if min(said) < 0 or sum(said) != data["medfee_sumamt"]:
        raise Failed(Code.INVALID_AMOUNT, f"{', '.join(SCOPE)} do not make medfee_sumamt.")
    return said


# Replies


async def _quote(call: Call, message: Message) -> Reply:
    answer = await quoted(call.platform, message)
    output = await _output(call, answer, is_recorded=not answer.is_new)
    return Reply(output, warning=_warning(answer), looks_at=answer.row.person_no)


async def _settle(call: Call, message: Message) -> Reply:
    answer = await settle(call.platform, message)
    return Reply(await _output(call, answer), stamp_of(answer), _warning(answer))


async def _output(call: Call, answer: Answer, *, is_recorded: bool = True) -> dict[str, Any]:
    async with transaction(call.platform.pool) as connection:
        person = await person_fields(connection, call.platform.vault, answer.row.person_no)
        office = await connection.fetchval(
            "SELECT settlement_office FROM parties.institutions WHERE institution = $1", answer.row.institution
        )
    told = Told(answer.row, answer.settled_at)
    info = setlinfo(call, told, {**person, "clr_optins": office}, is_recorded=is_recorded)
    output = {"setlinfo": call.region.written_names(call.request.infno, info),
              "setldetail": setldetail(amounts(call, told))}  # fmt: skip
    return output | ({"detlcutinfo": []} if call.request.infno in ("2101", "2102") else {})


def _warning(answer: Answer) -> str:
    """Why part of it is cash, where a rule of the region and not the balance is the cause."""
    reasons = [part.reason for part in answer.outcome.parts if part.reason]
    return f"[{reasons[0]}]" if reasons else ""
