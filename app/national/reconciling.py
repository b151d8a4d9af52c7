"""3201 totals, 9101 the institution's rows, 3202 their comparison, 9102 the result file; and how a region says them."""

import base64
import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from app.clearing.reconciliation import desk
from app.clearing.reconciliation.result_file import RESULTS, WIDE_RESULTS, write_result
from app.clearing.reconciliation.runs import Run, read_run
from app.clearing.reconciliation.scope import Scope, Stated
from app.clearing.reconciliation.uploads import take_in
from app.codes import Code
from app.national import tables
from app.national.failure import Failed
from app.national.fields import read, write
from app.national.platform import Call, Download, Reply
from app.national.regions import Region

# How long 3202 waits for its result; a client of the interface waits 120 seconds.
_WAIT_SECONDS_MAX = 60.0
# A result is made anew whenever it is asked for.
_RESULT_STANDS = timedelta(days=31)
_UPLOAD_STANDS = timedelta(hours=24)

# file_qury_no: of an upload or of a result.
_UPLOAD, _RESULT = "U", "R"
_is_number = re.compile("[0-9]{1,18}", re.ASCII).fullmatch

_EQUAL = {"short": "0", "long": "000000"}
_DESCRIPTION_MAX = 200


async def compare_totals(call: Call) -> Reply:
    data = read(tables.TOTALS, call.node("data"), "data")
    if data["acct_pay"] is None and data["cash_payamt"] is None:
        raise Failed(Code.INVALID_FIELD, "acct_pay is missing.")
    run = await desk.reconcile_totals(
        call.platform.database_url, _scope(call, data), _stated(data), requested_by=call.request.operator
    )
    told = {
        "setl_optins": data["setl_optins"],
        "stmt_rslt": result_of(run, call.region),
        "stmt_rslt_dscr": run.description[:_DESCRIPTION_MAX],
    }
    return Reply({"stmtinfo": call.region.written_names("3201", write(tables.STMTINFO, told))})


async def upload(call: Call) -> Reply:
    data = read(tables.UPLOAD, call.node("fsUploadIn", "data"), "fsUploadIn")
    _check_institution(call, data)
    try:
        content = base64.b64decode(data["in"], validate=True)
    except ValueError:
        raise Failed(Code.INVALID_FIELD, "in is not base64 of a file.") from None
    taken = await take_in(
        call.platform.database_url,
        call.request.institution,
        io.BytesIO(content),
        received_by=call.request.operator,
    )
    return Reply(_file(f"{_UPLOAD}{taken.upload_id}", data["filename"], _UPLOAD_STANDS))


async def compare_details(call: Call) -> Reply:
    """Waits for the comparison, but not for ever: 9102 says when it is not done yet."""
    data = read(tables.DETAILS, call.node("data"), "data")
    run = await desk.reconcile_details(
        call.platform.pool,
        _number(data["file_qury_no"], _UPLOAD),
        _scope(call, data),
        _stated(data),
        requested_by=call.request.operator,
    )
    run = await desk.settled_run(call.platform.pool, run, seconds_max=_WAIT_SECONDS_MAX)
    if run.state == "failed" and run.code is not None:
        raise Failed(Code(run.code))
    number = f"{_RESULT}{run.run_id}"
    return Reply({"fileinfo": _file(number, f"{number}.zip", _RESULT_STANDS)})


async def download(call: Call) -> Download:
    data = read(tables.DOWNLOAD, call.node("fsDownloadIn", "data"), "fsDownloadIn")
    _check_institution(call, data)
    run = await read_run(call.platform.pool, _number(data["file_qury_no"], _RESULT))
    if run.scope.institution != call.request.institution:
        raise Failed(Code.RECONCILIATION_UNKNOWN)
    target = io.BytesIO()
    results = WIDE_RESULTS if call.region.stmt_rslt == "long" else RESULTS
    await write_result(call.platform.pool, run.run_id, target, results=results)
    return Download(target.getvalue(), f"{_RESULT}{run.run_id}.zip")


def _scope(call: Call, data: Mapping[str, Any]) -> Scope:
    return Scope(
        institution=call.request.institution,
        first_day=data["stmt_begndate"],
        last_day=data["stmt_enddate"],
        settlement_office=data["setl_optins"],
        insurance_type=data["insutype"] or "",
        clearing_type=data["clr_type"] or "",
        includes_refunds=data["refd_setl_flag"] != "0",
        account_includes_mutual_aid=call.region.mutual_aid == "inside",
    )


def _stated(data: Mapping[str, Any]) -> Stated:
    return Stated(
        medfee=data["medfee_sumamt"],
        fund_pay=data["fund_pay_sumamt"],
        account_pay=data["acct_pay"],
        cash=data["cash_payamt"],
        settlements=data["fixmedins_setl_cnt"],
    )


def result_of(run: Run, region: Region) -> str:
    """stmt_rslt of totals: by the number of settlements who has more, and without that that they differ."""
    if run.is_equal:
        return _EQUAL[region.stmt_rslt]
    more_here = next((each.more_here for each in run.differences if each.field == "settlements"), 0)
    kinds = WIDE_RESULTS if region.stmt_rslt == "long" else RESULTS
    if more_here:
        return kinds["centre_more" if more_here > 0 else "institution_more"]
    return kinds["differs"]


def _file(number: str, name: str, stands: timedelta) -> dict[str, Any]:
    told = {"file_qury_no": number, "filename": name, "dld_endtime": datetime.now(UTC) + stands}
    return write(tables.FILEINFO, told)


def _number(text: str, letter: str) -> int:
    if not text.startswith(letter) or _is_number(text[1:]) is None:
        raise Failed(Code.UPLOAD_UNKNOWN if letter == _UPLOAD else Code.RECONCILIATION_UNKNOWN)
    return int(text[1:])


def _check_institution(call: Call, data: Mapping[str, Any]) -> None:
    if data["fixmedins_code"] != call.request.institution:
        raise Failed(Code.INVALID_FIELD, "fixmedins_code of the input is not that of the envelope.")
