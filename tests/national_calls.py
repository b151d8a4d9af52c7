"""Calls of the national interface as a hospital's or pharmacy's system makes them, with made people alone."""

import base64
import io
import zipfile
from datetime import datetime
from itertools import count
from typing import Any

import httpx
import orjson
from app.config import ZONE
from app.database import Pool
from app.parties.citizen_no import gender_of
from app.parties.persons import NewPerson, register
from app.settlement.rules import RuleBook
from app.settlement.settle import settle
from tests.builders import HOSPITAL, MIDNIGHT, add_person, contribution
from tests.card_desk import VAULT

ADDRESS = "/mbs/fmi/fsi/api/callFsiService/callService"
AREA = "999999"

_numbers = count(1)


def new_msgid(institution: str = HOSPITAL) -> str:
    return f"{institution}20261122103000{next(_numbers):04d}"


def envelope(infno: str, node: Any, **overrides: Any) -> dict[str, Any]:
    """A request of HOSPITAL with what is required; None takes a field out."""
    institution = overrides.get("fixmedins_code", HOSPITAL)
    fields = {
        "infno": infno,
        "msgid": new_msgid(institution),
        "mdtrtarea_admvs": AREA,
        "insuplc_admdvs": AREA,
        "recer_sys_code": "MEDSETTLE",
        "dev_no": "",
        "dev_safe_info": "",
        "cainfo": "",
        "signtype": "",
        "infver": "V1.0",
        "opter_type": "1",
        "opter": "D0001",
        "opter_name": "测试收费员",
        "inf_time": "2026-11-22 10:30:00",
        "fixmedins_code": institution,
        "fixmedins_name": "测试机构",
        "sign_no": "",
        "input": node,
    }
    return {name: value for name, value in {**fields, **overrides}.items() if value is not None}


def settlement(**overrides: Any) -> dict[str, Any]:
    """`data` of a 2206 or 2207 over 105.00 by the e-voucher; None takes a field out."""
    fields = {
        "psn_no": "P1",
        "mdtrt_cert_type": "01",
        "mdtrt_cert_no": "",
        "med_type": "11",
        "medfee_sumamt": "105.00",
        "psn_setlway": "01",
        "mdtrt_id": "",
        "chrg_bchno": "B0001",
        "acct_used_flag": "1",
        "insutype": "310",
    }
    return {name: value for name, value in {**fields, **overrides}.items() if value is not None}


def registration(**overrides: Any) -> dict[str, Any]:
    fields = {
        "psn_no": "P1",
        "insutype": "310",
        "begntime": "2026-11-22 09:00:00",
        "mdtrt_cert_type": "01",
        "mdtrt_cert_no": "",
        "ipt_otp_no": f"OTP{next(_numbers):05d}",
        "atddr_no": "D0007",
        "dr_name": "测试医生",
        "dept_code": "A01",
        "dept_name": "内科",
        "caty": "A03",
    }
    return {name: value for name, value in {**fields, **overrides}.items() if value is not None}


def admission(**overrides: Any) -> dict[str, Any]:
    fields = {
        "psn_no": "P1",
        "insutype": "310",
        "begntime": "2026-11-22 09:00:00",
        "mdtrt_cert_type": "01",
        "mdtrt_cert_no": "",
        "med_type": "21",
        "ipt_no": f"IPT{next(_numbers):05d}",
        "atddr_no": "D0007",
        "adm_dept_codg": "A02",
        "adm_dept_name": "外科",
    }
    return {name: value for name, value in {**fields, **overrides}.items() if value is not None}


def purchase(**overrides: Any) -> dict[str, Any]:
    """The input of a 2101 or 2102: two drugs of 30.00 and 12.50."""
    fields = {
        "psn_no": "P1",
        "mdtrt_cert_type": "01",
        "mdtrt_cert_no": "ECTOKEN-OF-NOBODY-0000000000000001",
        "begntime": "2026-11-22 18:00:00",
        "medfee_sumamt": 42.5,
        "invono": "",
        "insutype": "310",
        "dise_codg": "",
        "dise_name": "",
        "acct_used_flag": "1",
        "med_type": "41",
    }
    return {
        "druginfo": {name: value for name, value in {**fields, **overrides}.items() if value is not None},
        "drugdetail": [drug("1", "30.00"), drug("2", "12.50")],
    }


def drug(number: str, fee: str) -> dict[str, Any]:
    return {
        "feedetl_sn": number,
        "rxno": "",
        "fee_ocur_time": "2026-11-22 18:00:00",
        "med_list_codg": f"XA0{number}",
        "medins_list_codg": f"Y{number}",
        "det_item_fee_sumamt": fee,
        "cnt": "1.0000",
        "pric": f"{fee}0000",
    }


def cancellation(setlinfo: dict[str, Any], **overrides: Any) -> dict[str, Any]:
    return {**{name: setlinfo[name] for name in ("setl_id", "mdtrt_id", "psn_no")}, **overrides}


def zipped(*rows: str) -> str:
    """The file of 9101: a zip of one text, as base64."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr(zipfile.ZipInfo("rows.txt", (2026, 11, 23, 0, 0, 0)), "".join(f"{row}\n" for row in rows))
    return base64.b64encode(archive.getvalue()).decode()


async def send(client: httpx.AsyncClient, request: dict[str, Any] | bytes) -> httpx.Response:
    body = request if isinstance(request, bytes) else orjson.dumps(request)
    return await client.post(ADDRESS, content=body)


async def reply(client: httpx.AsyncClient, request: dict[str, Any] | bytes) -> dict[str, Any]:
    response = await send(client, request)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = orjson.loads(response.content)
    return found


async def done(client: httpx.AsyncClient, request: dict[str, Any]) -> dict[str, Any]:
    """The output of a call that succeeds."""
    found = await reply(client, request)
    assert found["infcode"] == 0, found["err_msg"]
    output: dict[str, Any] = found["output"]
    return output


async def failed(client: httpx.AsyncClient, request: dict[str, Any] | bytes) -> str:
    """The code of a call that fails, which err_msg begins with."""
    found = await reply(client, request)
    assert (found["infcode"], found["output"]) == (-1, {}), found
    assert len(found["err_msg"]) <= 200
    code, _, _ = found["err_msg"].removeprefix("[").partition("]")
    return str(code)


async def add_named(pool: Pool, person_no: str, citizen_no: str, name: str, *, balance: int = 0) -> None:
    """A person with an identity, and money in the account."""
    await add_person(pool, person_no)
    await register(
        pool, VAULT, NewPerson(person_no, citizen_no, name, gender_of(citizen_no), "employed", AREA), operator="tests"
    )
    if balance:
        await settle(pool, [contribution(person_no, balance)], rules=RuleBook(MIDNIGHT))


def totals(**overrides: Any) -> dict[str, Any]:
    """`data` of a 3201 over one outpatient settlement of today, whatever its office."""
    today = f"{datetime.now(ZONE).date()}"
    fields = {
        "insutype": "310",
        "clr_type": "11",
        "setl_optins": "999901",
        "stmt_begndate": today,
        "stmt_enddate": today,
        "medfee_sumamt": "105.00",
        "fund_pay_sumamt": "0",
        "acct_pay": "105.00",
        "fixmedins_setl_cnt": 1,
    }
    return {**fields, **overrides}
