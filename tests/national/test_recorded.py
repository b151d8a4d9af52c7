"""Recorded requests and replies, replayed against a real API: whoever writes a client may read them as the contract.

Each file of `recorded/` is a story: people and cards that are there, and exchanges in order. What differs from run to
run stands as a name in braces: times by themselves, numbers that we give by the order in which they first appear. All
people are made. MEDSETTLE_NATIONAL_RECORD=1 writes the replies anew: read the difference.
"""

import io
import os
import re
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from app.config import ZONE
from app.national import tables
from app.national.cancellations import REVERSIBLE
from app.national.fields import Field, Table
from app.national.regions import read_regions
from app.national.service import TRANSACTIONS
from tests.builders import add_card, add_institution, add_person
from tests.harness import House
from tests.national_calls import add_named, send, zipped

pytestmark = pytest.mark.xdist_group("national")  # one house for all of them

REGIONS = read_regions()
FOLDER = Path(__file__).parent / "recorded"
STORIES = sorted(FOLDER.glob("*.json"))


def read(file: Path) -> dict[str, Any]:
    story: dict[str, Any] = orjson.loads(file.read_bytes())
    return story


@pytest.mark.parametrize("file", STORIES, ids=lambda file: file.stem)
async def test_replies_are_as_recorded(interface: House, caller: httpx.AsyncClient, file: Path) -> None:
    story, names = read(file), Names()
    await _make(interface, story["there"])
    replied = []
    for exchange in story["exchanges"]:
        request = names.filled(exchange["request"])
        if request["infno"] == "9101":
            _pack(request["input"]["fsUploadIn"])
        response = await send(caller, request)
        assert response.status_code == 200, response.text
        told = names.named(_content(response))
        replied.append({**exchange, "reply": told})
    if os.environ.get("MEDSETTLE_NATIONAL_RECORD"):
        file.write_bytes(orjson.dumps({**story, "exchanges": replied}, option=orjson.OPT_INDENT_2) + b"\n")
    for was, now in zip(story["exchanges"], replied, strict=True):
        assert now["reply"] == was["reply"], was["about"]


def test_every_transaction_is_recorded_with_success_and_failure() -> None:
    seen = {"done": set(), "failed": set()}  # type: dict[str, set[str]]
    for file in STORIES:
        for exchange in read(file)["exchanges"]:
            reply = exchange["reply"]
            seen["done" if "file" in reply or reply["infcode"] == 0 else "failed"].add(exchange["request"]["infno"])
    assert seen["done"] >= TRANSACTIONS.keys()
    assert seen["failed"] >= TRANSACTIONS.keys()


# Every reply against the field tables

_NODES: dict[str, Table] = {
    "baseinfo": tables.BASEINFO, "insuinfo": tables.INSUINFO, "setldetail": tables.SETLDETAIL,
    "data": tables.REGISTERED, "result": tables.ADMITTED, "stmtinfo": tables.STMTINFO, "fileinfo": tables.FILEINFO,
    "signinoutb": tables.SIGNED_IN, "signoutoutb": tables.SIGNED_OUT,
}  # fmt: skip
_EMPTY_LISTS = ("idetinfo", "detlcutinfo")


@pytest.mark.parametrize("file", STORIES, ids=lambda file: file.stem)
def test_replies_keep_to_the_field_tables(file: Path) -> None:
    """Of the recorded replies: their texts stand for values of the same form, so money and codes are looked at."""
    for exchange in read(file)["exchanges"]:
        reply, infno = exchange["reply"], exchange["request"]["infno"].removesuffix("A")
        if "file" in reply:
            continue
        output = reply.pop("output")
        _check(tables.ANSWER, reply, "envelope")
        if infno == "9101":  # without a node of its own
            output = {"fileinfo": output} if output else {}
        for name, node in output.items():
            if name in _EMPTY_LISTS:
                assert node == []
                continue
            table = (
                tables.SETTLEMENT_FOUND if (infno, name) == ("5203", "setlinfo") else _NODES.get(name, tables.SETLINFO)
            )
            renamed = REGIONS.of(exchange["request"]["mdtrtarea_admvs"]).output_names.get(infno, {})
            table = {renamed.get(key, key): field for key, field in table.items()}
            for each in node if isinstance(node, list) else [node]:
                _check(table, each, name)
        if "setlinfo" in output:
            _check_sums(output["setlinfo"])


def _check(table: Table, node: dict[str, Any], place: str) -> None:
    assert node.keys() == table.keys(), place
    for name, field in table.items():
        assert _fits(field, node[name]), f"{place}.{name}"
        assert not field.is_required or node[name] != "", f"{place}.{name} is empty"


def _fits(field: Field, value: Any) -> bool:
    if field.type == "N16,2":
        return isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,14}\.[0-9]{2}", value) is not None
    if field.is_number:
        return isinstance(value, int | float)
    if isinstance(value, str) and value.startswith("{"):
        return True
    if field.type in ("d", "dt"):
        return re.fullmatch(r"([0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2})?)?", value) is not None
    return isinstance(value, str) and len(value) <= int(field.type[1:]) and (not field.codes or value in field.codes)


def _fen(info: dict[str, str], *names: str) -> int:
    return sum(int(info[next(name for name in each.split("|") if name in info)].replace(".", "")) for each in names)


def _check_sums(info: dict[str, str]) -> None:
    """The sums of the interface, for money given back too."""
    share = _fen(info, "psn_part_amt|psn_pay")
    assert _fen(info, "medfee_sumamt") == _fen(info, "fund_pay_sumamt", "hosp_part_amt") + share
    assert share == _fen(info, "acct_pay", "psn_cash_pay|cash_payamt")
    assert _fen(info, "medfee_sumamt") == _fen(
        info, "fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt"
    )


def test_what_can_be_reversed_is_a_transaction() -> None:
    assert TRANSACTIONS.keys() >= REVERSIBLE


# A story's world, and its names


async def _make(house: House, there: dict[str, Any]) -> None:
    for each in there.get("institutions", ()):
        await add_institution(house.pool, each["fixmedins_code"], kind=each["kind"])
        await house.pool.execute(
            "UPDATE parties.institutions SET settlement_office = $2 WHERE institution = $1",
            each["fixmedins_code"], each["setl_optins"],
        )  # fmt: skip
    for each in there.get("persons", ()):
        if "certno" in each:
            await add_named(house.pool, each["psn_no"], each["certno"], each["psn_name"], balance=each["fen"])
        else:
            await add_person(house.pool, each["psn_no"], balance=each["fen"])
        if "state" in each:
            await house.pool.execute(
                "UPDATE ledger.accounts SET state = $2 WHERE owner = $1 AND kind = 'personal'",
                each["psn_no"], each["state"],
            )  # fmt: skip
    for each in there.get("cards", ()):
        await add_card(house.pool, each["card_no"], each["psn_no"], card_sn=each["card_sn"], state=each["state"])


def _pack(node: dict[str, Any]) -> None:
    """A file stands in a story as the rows of its text, cells apart by blanks."""
    if isinstance(node["in"], list):
        node["in"] = zipped(*["\t".join(row.split(" ")) for row in node["in"]])


def _content(response: httpx.Response) -> dict[str, Any]:
    """The envelope, money as texts; or the rows of a file."""
    if response.headers["content-type"] != "application/octet-stream":
        money = re.sub(rb"(?<=[:\[,])(-?[0-9]+\.[0-9]{2})(?=[,}\]])", rb'"\1"', response.content)
        envelope: dict[str, Any] = orjson.loads(money)
        return envelope
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        [name] = archive.namelist()
        rows = archive.read(name).decode().splitlines()
    return {"file": [row.split("\t") for row in rows]}


class Names:
    """Between what is sent and told, and the names in braces that stand for it in a story."""

    _OF_FIELDS = ("setl_id", "sign_no", "file_qury_no", "filename")
    _TIMES = (
        "refmsg_time",
        "respond_time",
        "inf_refmsgid",
        "setl_time",
        "opt_time",
        "sign_time",
        "dld_endtime",
        "year",
    )

    def __init__(self) -> None:
        today = f"{datetime.now(ZONE):%Y-%m-%d}"
        self._values = {"{today}": today}

    def filled(self, node: Any) -> Any:
        if isinstance(node, dict):
            return {name: self.filled(value) for name, value in node.items()}
        if isinstance(node, list):
            return [self.filled(value) for value in node]
        if isinstance(node, str) and "{" in node:
            return re.sub(r"\{[^}]*\}", lambda found: self._values[found[0]], node)
        return node

    def named(self, node: Any, field: str = "") -> Any:
        if isinstance(node, dict):
            return {name: self.named(value, name) for name, value in node.items()}
        if isinstance(node, list):
            return [self.named(value, field) for value in node]
        if field in self._TIMES:
            return f"{{{field}}}"
        if isinstance(node, str):
            known = next((name for name, value in self._values.items() if value == node), None)
            if known is not None:
                return known
            if field in self._OF_FIELDS and node and not node.startswith("rows"):
                return self._new(field, node)
        return node

    def _new(self, field: str, value: str) -> str:
        name = f"{{{field} {1 + sum(name.startswith(f'{{{field} ') for name in self._values)}}}"
        self._values[name] = value
        return name
