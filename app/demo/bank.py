"""A small bank of the demo: verifies its payment file as the contract tells, reads it by rules of its own, answers.

On purpose none of the service's own readers and writers of these forms is used.
"""

import hashlib
from collections.abc import Collection, Sequence
from typing import NamedTuple
from xml.etree import ElementTree

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

_PAIN001 = {"": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}
_PAIN002 = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"
_CLOSED = ("H059", "payee account is closed")


class PulledFile(NamedTuple):
    """A payment file with its side files, as they were pulled."""

    file_id: str
    content: bytes
    digest: bytes
    signature: bytes


class OrderedLine(NamedTuple):
    """Fen, below 0 where it is to be collected. reissue_of: the line whose money this one pays again, or ''."""

    line_id: str
    amount: int
    payee_account: str
    institution: str
    reissue_of: str


def is_genuine(file: PulledFile, keys: Sequence[str]) -> bool:
    """`sha256sum -c` and `openssl pkeyutl -verify` by one of the published keys, which are PEM."""
    is_whole = file.digest == f"{hashlib.sha256(file.content).hexdigest()}  {file.file_id}\n".encode()
    return is_whole and any(_verifies(key, file.signature, file.digest) for key in keys)


def _verifies(pem: str, signature: bytes, message: bytes) -> bool:
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, Ed25519PublicKey):
        return False
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def read_lines(file: PulledFile, encoding: str) -> list[OrderedLine]:
    """Raises ValueError where the file's counts and sums are not those of its lines."""
    if file.file_id.endswith(".xml"):
        lines, count, total = _read_xml(file.content)
    else:
        lines, count, total = _read_text(file.content.decode(encoding))
    if (count, total) != (len(lines), sum(line.amount for line in lines)):
        raise ValueError(f"{file.file_id} does not add up")
    return lines


def _read_text(text: str) -> tuple[list[OrderedLine], int, int]:
    _, *rows, trailer = (row.split("|") for row in text.splitlines())
    lines = [
        OrderedLine(line_id, int(fen) if way == "C" else -int(fen), account, institution, reissue_of)
        for _, line_id, way, fen, _, account, institution, reissue_of in rows
    ]
    return lines, int(trailer[1]), int(trailer[4])


def _read_xml(content: bytes) -> tuple[list[OrderedLine], int, int]:
    report = ElementTree.fromstring(content)  # noqa: S314 - its signature was verified
    lines = [
        OrderedLine(
            _text(each, "PmtId/EndToEndId"), _fen(_text(each, "Amt/InstdAmt")), _text(each, "CdtrAcct/Id/Othr/Id"),
            _text(each, "Cdtr/Id/OrgId/Othr/Id"), _text(each, "RmtInf/Ustrd").removeprefix("REISSUE OF "),
        )
        for each in report.iterfind(".//CdtTrfTxInf", _PAIN001)
    ]  # fmt: skip
    group = "CstmrCdtTrfInitn/GrpHdr"
    return lines, int(_text(report, f"{group}/NbOfTxs")), _fen(_text(report, f"{group}/CtrlSum"))


def _text(element: ElementTree.Element, path: str) -> str:
    return element.findtext(path, "", _PAIN001)


def _fen(yuan: str) -> int:
    return int(yuan.replace(".", ""))


def write_answers(file_id: str, lines: Sequence[OrderedLine], unpayable: Collection[str], encoding: str) -> list[bytes]:
    """What the bank sends back: of a text file two return files, of a pain.001 one status report."""
    paid = [line for line in lines if line.line_id not in unpayable]
    failed = [line for line in lines if line.line_id in unpayable]
    if file_id.endswith(".xml"):
        return [_status_report(file_id.removesuffix(".xml"), lines, unpayable)]
    of_all = f"{len(lines)}|{sum(line.amount for line in lines)}"
    parts = [("0", paid, ("", "")), ("1", failed, _CLOSED)]
    return [
        _return_file(f"{marker}|{file_id}", part, of_all, why).encode(encoding) for marker, part, why in parts if part
    ]


def _return_file(start: str, lines: Sequence[OrderedLine], of_all: str, why: tuple[str, str]) -> str:
    code, reason = why
    header = f"{start}|{len(lines)}|{sum(line.amount for line in lines)}|{of_all}"
    rows = [f"{line.line_id}|{line.amount}|{line.payee_account}|{code}|{reason}" for line in lines]
    return "".join(f"{row}\n" for row in [header, *rows])


def _status_report(message_id: str, lines: Sequence[OrderedLine], unpayable: Collection[str]) -> bytes:
    total = sum(line.amount for line in lines)
    code, reason = _CLOSED
    rejected = f"<StsRsnInf><Rsn><Prtry>{code}</Prtry></Rsn><AddtlInf>{reason}</AddtlInf></StsRsnInf>"
    told = "".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{line.line_id}</OrgnlEndToEndId>"
        f"<TxSts>{'RJCT' if line.line_id in unpayable else 'ACSC'}</TxSts>"
        f"{rejected if line.line_id in unpayable else ''}</TxInfAndSts>"
        for line in lines
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{_PAIN002}"><CstmrPmtStsRpt>'
        f"<GrpHdr><MsgId>R-{message_id[:30]}</MsgId><CreDtTm>2026-01-01T00:00:00+08:00</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{message_id}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>"
        f"<OrgnlNbOfTxs>{len(lines)}</OrgnlNbOfTxs><OrgnlCtrlSum>{total // 100}.{total % 100:02}</OrgnlCtrlSum>"
        f"<GrpSts>PART</GrpSts></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>{message_id}</OrgnlPmtInfId>{told}"
        "</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>\n"
    ).encode()
