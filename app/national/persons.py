"""1101: who presents a card or certificate, whether they are insured, and what their account holds."""

from collections.abc import Mapping
from typing import Any

from app.codes import Code
from app.database import Connection, transaction
from app.ledger.history import find_account
from app.national import tables
from app.national.failure import Failed
from app.national.fields import read, write
from app.national.people import person_fields, without
from app.national.platform import Call, Reply, card_no, require_active
from app.parties import citizen_no as numbers
from app.parties.card_check import card_refusal
from app.parties.cards import read_card
from app.parties.persons import find_by_citizen_no, identity_matches
from app.settlement.clearing_class import EMPLOYEES

_INSURANCES = """
SELECT i.insurance, i.state, i.since, i.until, p.region
FROM parties.insurances AS i
JOIN parties.persons AS p ON p.person_no = i.person_no
WHERE i.person_no = $1 AND i.insurance IN ('medical', 'maternity')
ORDER BY i.insurance DESC
"""
_REGION = "SELECT region FROM parties.persons WHERE person_no = $1"

_MATERNITY = "510"
_STATES = {"normal": "1", "suspended": "2", "ended": "4"}
_IDENTITY_CARD = "01"


async def inquire(call: Call) -> Reply:
    data = read(tables.PERSON_ASKED, call.node("data"), "data")
    async with transaction(call.platform.pool) as connection:
        await require_active(connection, call.request.institution)
        person_no = await _presented(connection, call, data)
        await _check_identity(connection, call, person_no, data)
        person = await person_fields(connection, call.platform.vault, person_no)
        insurances = await _insurances(connection, call, person_no, person.get("psn_type"))
    return Reply(
        {"baseinfo": write(tables.BASEINFO, without(person, "psn_type")), "insuinfo": insurances, "idetinfo": []},
        looks_at=person_no,
    )


async def _presented(connection: Connection, call: Call, data: Mapping[str, Any]) -> str:
    """The person's number. Raises Failed, Refused."""
    cert_type = data["mdtrt_cert_type"]
    if cert_type == "03":
        return await _holder(connection, call, data)
    if cert_type == "01":
        # A token is resolved by the e-voucher platform, which tells its caller who it is.
        if not data["certno"]:
            raise Failed(Code.VOUCHER_NOT_RESOLVED)
        return await find_by_citizen_no(connection, call.platform.vault, _citizen_no(data["certno"]))
    return await find_by_citizen_no(connection, call.platform.vault, _citizen_no(data["mdtrt_cert_no"]))


async def _holder(connection: Connection, call: Call, data: Mapping[str, Any]) -> str:
    """A card that is not yet active identifies its holder: registering is how it becomes so."""
    if not data["card_sn"]:
        raise Failed(Code.CARD_MISSING, "mdtrt_cert_type 03 needs card_sn.")
    card = await read_card(connection, card_no(data["mdtrt_cert_no"]))
    today = await call.platform.rules.today(connection)
    refusal = card_refusal(card, card.person_no, data["card_sn"], today, activates=card.state == "issued")
    if refusal is not None:
        raise Failed(refusal)
    return card.person_no


async def _check_identity(connection: Connection, call: Call, person_no: str, data: Mapping[str, Any]) -> None:
    """A citizen number that is sent beside the certificate is the person's."""
    if data["certno"] and data["psn_cert_type"] in (None, _IDENTITY_CARD):
        number = _citizen_no(data["certno"])
        if not await identity_matches(connection, call.platform.vault, person_no, number):
            raise Failed(Code.IDENTITY_MISMATCH)


def _citizen_no(text: str) -> str:
    try:
        return numbers.normalised(text)
    except ValueError:
        raise Failed(Code.CITIZEN_NO_INVALID) from None


async def _insurances(
    connection: Connection, call: Call, person_no: str, person_type: str | None
) -> list[dict[str, Any]]:
    """The account is told on the row of the employee scheme, also of whom no insurance is on record."""
    account = await find_account(connection, person_no, "personal")
    if account is None:
        raise Failed(Code.PERSON_UNKNOWN)
    region = await connection.fetchval(_REGION, person_no)
    common = {
        "psn_type": person_type,
        "cvlserv_flag": "0",
        "insuplc_admdvs": (region or call.request.insured_area or call.request.area)[:6],
    }
    found = {row["insurance"]: dict(row) for row in await connection.fetch(_INSURANCES, person_no)}
    told = [{"insutype": EMPLOYEES, "balc": account.balance, **common, **_standing(found.get("medical"))}]
    if "maternity" in found:
        told.append({"insutype": _MATERNITY, "balc": 0, **common, **_standing(found["maternity"])})
    return [write(tables.INSUINFO, each) for each in told]


def _standing(row: Mapping[str, Any] | None) -> dict[str, Any]:
    if row is None:
        return {}
    paused = None if row["state"] == "normal" else row["until"]
    return {"psn_insu_stas": _STATES[row["state"]], "psn_insu_date": row["since"], "paus_insu_date": paused}
