"""The national interface of institutions: one address, the envelope in and out (docs/national-interface.md)."""

from typing import Any

from fastapi import APIRouter, Request, Response

from app.access.policy import Denial
from app.codes import Code
from app.errors import Refused
from app.national.envelope import ENVELOPE_BYTES_MAX, UPLOAD_ENVELOPE_BYTES_MAX
from app.national.platform import Download
from app.national.service import answer
from app.routes.body import read_body, read_large_body
from app.routes.contract import problem_answer
from app.routes.guard import GuardedRoute, concerning, principal_of, record, take_look
from app.routes.problems import problem
from app.routes.services import Services, services_of

router = APIRouter(tags=["national interface"], route_class=GuardedRoute)

_ADDRESS = "/mbs/fmi/fsi/api/callFsiService/callService"
_EXAMPLE = {
    "infno": "2207",
    "msgid": "H00000000001202611221030000001",
    "mdtrtarea_admvs": "999999",
    "insuplc_admdvs": "999999",
    "recer_sys_code": "MEDSETTLE",
    "infver": "V1.0",
    "opter_type": "1",
    "opter": "D0001",
    "opter_name": "收费处",
    "inf_time": "2026-11-22 10:30:00",
    "fixmedins_code": "H00000000001",
    "fixmedins_name": "测试医院",
    "input": {
        "data": {
            "psn_no": "99000000000001",
            "mdtrt_cert_type": "03",
            "mdtrt_cert_no": "Z00000001",
            "card_sn": "999999D15600000500000000000000AB",
            "med_type": "11",
            "medfee_sumamt": "105.00",
            "psn_setlway": "01",
            "mdtrt_id": "8341092317746520193846610274",
            "chrg_bchno": "B0001",
            "acct_used_flag": "1",
            "insutype": "310",
        }
    },
}
_ENVELOPE = {"type": "object", "description": "The request envelope, told of in docs/national-interface.md"}
_ANSWER = {
    "type": "object",
    "required": ["infcode", "inf_refmsgid", "refmsg_time", "respond_time", "err_msg", "output"],
    "properties": {
        "infcode": {"type": "integer", "description": "0: done; else err_msg says why not"},
        "inf_refmsgid": {"type": "string", "maxLength": 30},
        "refmsg_time": {"type": "string", "maxLength": 17},
        "respond_time": {"type": "string", "maxLength": 17},
        "enctype": {"type": "string"},
        "signtype": {"type": "string"},
        "cainfo": {"type": "string"},
        "err_msg": {"type": "string", "maxLength": 200},
        "warn_msg": {"type": "string", "maxLength": 200},
        "output": {"type": "object"},
    },
}
_CALL: dict[str, Any] = {
    "summary": "The national interface, a transaction by its infno",
    "openapi_extra": {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _ENVELOPE, "example": _EXAMPLE}},
        }
    },
    "responses": {
        200: {
            "description": "The reply envelope, of a failure too; for 9102 the file.",
            "content": {"application/json": {"schema": _ANSWER}, "application/octet-stream": {}},
        },
        413: problem_answer("Body too large."),
        503: problem_answer("Whether it was done is unknown: send the same again.", retry=True),
    },
}


@router.post(_ADDRESS, **_CALL)
async def call_service(request: Request) -> Response:
    services = services_of(request)
    services.group_commit.refuse_if_full()
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) <= ENVELOPE_BYTES_MAX:
        return await _answer(request, services, await read_body(request, ENVELOPE_BYTES_MAX))
    with services.large_envelopes.taken():
        return await _answer(request, services, await read_large_body(request, UPLOAD_ENVELOPE_BYTES_MAX))


async def _answer(request: Request, services: Services, body: bytes | None) -> Response:
    if body is None:
        return problem(413, Code.MESSAGE_TOO_LARGE)
    done = await answer(services.national, body, _Sender(request))
    if isinstance(done, Download):
        headers = {"Content-Disposition": f'attachment; filename="{done.filename}"'}
        return Response(done.content, 200, headers=headers, media_type="application/octet-stream")
    return Response(done, 200, media_type="application/json")


class _Sender:
    """The caller of a request, who is refused within the envelope, where a client of this interface looks for it."""

    def __init__(self, request: Request) -> None:
        self._request = request

    async def admit(self, institution: str) -> None:
        if principal_of(self._request).is_held_from(institution):
            await record(self._request, 403)
            raise Refused(Code.NOT_YOURS, Denial.FOREIGN.value)

    async def looks_at(self, person_no: str | None) -> None:
        take_look(self._request)
        if person_no is not None:
            concerning(self._request, person_no)
        await record(self._request, 200)
