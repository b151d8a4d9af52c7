"""A hospital whose system speaks the national interface: it registers, asks, settles; sometimes cancels, or repeats."""

from itertools import count
from random import random
from time import time_ns

import orjson
from locust import task

from loadtests.users.customer import PEOPLE, expect, fail
from loadtests.users.made import Json, some_amount
from loadtests.users.till import Till, recorded

_ADDRESS = "/mbs/fmi/fsi/api/callFsiService/callService"
_AREA = "999999"
_numbers = count(time_ns())


class NationalHospital(Till):
    place_kind = "hospital"
    med_type = "11"
    think_seconds = 0.2

    @task(10)
    def visit(self) -> None:
        person = PEOPLE.some_person()
        shown = {
            "psn_no": person["person_no"], "mdtrt_cert_type": "03", "mdtrt_cert_no": person["card_no"],
            "card_sn": person["card_sn"], "insutype": "310",
        }  # fmt: skip
        mdtrt_id = self._register(shown)
        if mdtrt_id is None:
            return
        fen = some_amount()
        bill = {
            **shown, "med_type": self.med_type, "medfee_sumamt": f"{fen // 100}.{fen % 100:02d}", "psn_setlway": "01",
            "mdtrt_id": mdtrt_id, "chrg_bchno": mdtrt_id, "acct_used_flag": "0" if random() < 0.05 else "1",
        }  # fmt: skip
        self._call("2206", bill)
        request = self._envelope("2207", bill)
        settled = self._send("2207", request)
        if settled is None:
            return
        recorded["payment settled"] += 1
        if random() < 0.2:
            self._repeat(request, settled)
        if random() < 0.2:
            self._cancel(settled["setlinfo"])

    def _register(self, shown: Json) -> str | None:
        data = {
            **shown, "begntime": "2026-11-22 09:00:00", "ipt_otp_no": self._number(), "atddr_no": "D1",
            "dr_name": "测试医生", "dept_code": "A01", "dept_name": "内科", "caty": "A03",
        }  # fmt: skip
        output = self._call("2201", data)
        if output is None:
            return None
        recorded["registration settled"] += 1
        mdtrt_id: str = output["data"]["mdtrt_id"]
        return mdtrt_id

    def _repeat(self, request: Json, settled: Json) -> None:
        """The reply was lost: asked for, and then the same again."""
        self._call("5203", {"psn_no": settled["setlinfo"]["psn_no"], "medins_setl_id": request["msgid"]})
        self._send("2207 again", request, due=settled)

    def _cancel(self, setlinfo: Json) -> None:
        output = self._call("2208", {name: setlinfo[name] for name in ("setl_id", "mdtrt_id", "psn_no")})
        if output is not None:
            recorded["refund settled"] += 1

    # Envelopes

    def _call(self, infno: str, data: Json) -> Json | None:
        return self._send(infno, self._envelope(infno, data))

    def _send(self, name: str, request: Json, *, due: Json | None = None) -> Json | None:
        """The output; None where the reply is not one of a success, or not the one that is due."""
        with self.send("POST", _ADDRESS, name, orjson.dumps(request)) as response:
            reply: Json | None = expect(response, 200)
            if reply is None:
                return None
            if reply["infcode"] != 0:
                fail(response, reply["err_msg"])
                return None
            output: Json = reply["output"]
            if due is not None and output != due:
                fail(response, "a repeat got another reply")
                return None
            return output

    def _envelope(self, infno: str, data: Json) -> Json:
        return {
            "infno": infno, "msgid": self._number(), "mdtrtarea_admvs": _AREA, "insuplc_admdvs": _AREA,
            "recer_sys_code": "LOAD", "infver": "V1.0", "opter_type": "1", "opter": "D1", "opter_name": "测试收费员",
            "inf_time": "2026-11-22 10:30:00", "fixmedins_code": self.place["code"], "fixmedins_name": "测试机构",
            "input": {"data": data},
        }  # fmt: skip

    def _number(self) -> str:
        """Of this institution alone, and never used before."""
        return f"{self.place['code']}N{next(_numbers) % 10**17:017d}"
