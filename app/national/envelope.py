"""The envelope: bytes → `Request`, and a reply → bytes. Pure, but for the clock of replies to
nothing recorded.

inf_refmsgid is area(6) + time(14) + serial(10). Of a recorded settlement all three, and the times beside them, follow
from its place and time in the ledger, so that a repeat gets the same bytes.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b, sha256
from typing import Any, NamedTuple

import msgspec

from app.codes import Code
from app.config import ZONE
from app.national import tables
from app.national.failure import Failed
from app.national.fields import Number, read
from app.national.regions import Region
from app.settlement.json_objects import RepeatedKey, watch_keys

#: Of one envelope; that of 9101 holds a file as base64.
ENVELOPE_BYTES_MAX = 256 << 10
UPLOAD_ENVELOPE_BYTES_MAX = 24 << 20

#: They hold who a person is, or change from one showing of the card to the next. They are in no digest: one over a
#: citizen number and else known fields could be tried out.
_PERSONAL = frozenset({
    "mdtrt_cert_no", "card_sn", "certno", "psn_name", "psn_cert_type", "hcard_basinfo", "hcard_chkinfo",
})  # fmt: skip

#: Of what is settled as a message. Other fields may be of the person too, such as who is called in an emergency.
_LOOKED_AT = frozenset().union(
    tables.REGISTRATION, tables.ADMISSION, tables.PURCHASE, tables.DRUG, tables.SETTLEMENT, tables.CANCELLATION,
    tables.REVERSAL,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """infno: without the A of an A-form. fields: what stands beside `input`, as it was sent."""

    infno: str
    msgid: str
    area: str
    insured_area: str
    institution: str
    operator: str
    sign_no: str | None
    input: Mapping[str, Any]
    fields: Mapping[str, Any]

    def node(self, *names: str) -> Any:
        """The first of these nodes that the input has; None where it has none."""
        return next((self.input[name] for name in names if name in self.input), None)

    @property
    def digest(self) -> str:
        """Of the fields that are looked at, without what is personal: by it a repeat is told from other content."""
        content = json.dumps([self.infno, _impersonal(self.input)], sort_keys=True, ensure_ascii=True)
        return sha256(content.encode()).hexdigest()[:32]


class Stamp(NamedTuple):
    """When a reply was made, and the serial by which it is known."""

    at: datetime
    serial: int

    @classmethod
    def now(cls) -> "Stamp":
        return cls(datetime.now(UTC), secrets.randbelow(10**10))

    @classmethod
    def of_settlement(cls, settled_at: datetime, settlement_id: str) -> "Stamp":
        return cls(settled_at, int.from_bytes(blake2b(settlement_id.encode(), digest_size=8).digest()) % 10**10)


def parse(raw: bytes) -> Mapping[str, Any]:
    """The object, its numbers as the texts that were sent. Raises Failed."""
    try:
        fields = json.loads(
            raw, parse_int=Number, parse_float=Number, parse_constant=_refuse_constant, object_pairs_hook=watch_keys
        )
    except (ValueError, RecursionError):
        raise Failed(Code.INVALID_JSON) from None
    if not isinstance(fields, dict):
        raise Failed(Code.INVALID_JSON)
    if isinstance(fields, RepeatedKey):
        raise Failed(Code.DUPLICATE_KEY)
    return fields


def read_request(fields: Mapping[str, Any], region: Region) -> Request:
    """Raises Failed for a field of the envelope that is missing or wrong."""
    found = read(tables.ENVELOPE, fields, "The request")
    if found["enc_type"] or found["enctype"]:
        raise Failed(Code.INVALID_FIELD, "enc_type: this service takes inputs that are not enciphered.")
    if not isinstance(fields.get("input"), dict):
        raise Failed(Code.INVALID_FIELD, "input is not an object.")
    infno: str = found["infno"]
    if not found["msgid"].startswith(found["fixmedins_code"]):
        raise Failed(Code.INVALID_FIELD, "msgid does not begin with fixmedins_code.")
    if not found["insuplc_admdvs"] and _names_person(fields["input"]):
        raise Failed(Code.INVALID_FIELD, "insuplc_admdvs is missing, and the input names a person.")
    return Request(
        infno=infno.removesuffix("A") if region.a_forms else infno,
        msgid=found["msgid"],
        area=found["mdtrtarea_admvs"],
        insured_area=found["insuplc_admdvs"] or "",
        institution=found["fixmedins_code"],
        operator=found["opter"],
        sign_no=found["sign_no"],
        input=fields["input"],
        fields=fields,
    )


def area_of(fields: Mapping[str, Any]) -> str:
    """The area of whatever was sent, by which even a refusal of it is addressed; "" where there is none."""
    area = fields.get("mdtrtarea_admvs")
    return area if isinstance(area, str) and len(area) == 6 and area.isascii() and area.isalnum() else ""


_encode = msgspec.json.Encoder(decimal_format="number").encode


def success(area: str, stamp: Stamp, output: Mapping[str, Any], warning: str = "") -> bytes:
    return _encode({**_head(0, area, stamp), "err_msg": "", "warn_msg": warning, "output": output})


def failure(area: str, region: Region, failed: Failed, stamp: Stamp | None = None) -> bytes:
    head = _head(region.failure_infcode, area, stamp or Stamp.now())
    return _encode({**head, "err_msg": failed.err_msg, "warn_msg": "", "output": {}})


def _head(infcode: int, area: str, stamp: Stamp) -> dict[str, Any]:
    at = stamp.at.astimezone(ZONE)
    time = f"{at:%Y%m%d%H%M%S}"
    moment = f"{time}{at.microsecond // 1000:03d}"
    return {
        "infcode": infcode,
        "inf_refmsgid": f"{area or '000000':0<6}{time}{stamp.serial:010d}",
        "refmsg_time": moment,
        "respond_time": moment,
        "enctype": "",
        "signtype": "",
        "cainfo": "",
    }


def _names_person(nodes: Mapping[str, Any]) -> bool:
    return any(isinstance(node, dict) and node.get("psn_no") for node in nodes.values())


def _impersonal(node: Any) -> Any:
    if isinstance(node, dict):
        return {name: _impersonal(value) for name, value in node.items() if _is_kept(name, value)}
    return [_impersonal(each) for each in node] if isinstance(node, list) else node


def _is_kept(name: str, value: Any) -> bool:
    return name not in _PERSONAL and (name in _LOOKED_AT or isinstance(value, dict | list))


def _refuse_constant(_: str) -> None:
    raise ValueError("NaN and Infinity are no JSON")
