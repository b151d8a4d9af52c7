"""pain.002.001.10, the customer payment status report: what a bank answers to a pain.001.001.09. Pure.

Read piece by piece, so that no tree of all of it is built. A document type is refused where it begins: there are no
entities to expand, and nothing is fetched. `docs/contract/acknowledgments.md` tells banks.
"""

from collections.abc import Iterator
from typing import Final, NoReturn
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from app.clearing.acknowledgments.statement import (
    CODE_CHARS_MAX,
    REASON_CHARS_MAX,
    Outcome,
    Said,
    Statement,
    Sum,
    count_of,
    fen_of_yuan,
    invalid,
    kept_text,
)

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"

#: ISO's external payment statuses. None: the bank has the line and does not know yet.
STATUSES: Final[dict[str, Outcome | None]] = {
    "ACSC": "paid", "ACCC": "paid", "RJCT": "failed",
    "RCVD": None, "PDNG": None, "ACTC": None, "ACCP": None, "ACFC": None, "ACSP": None,
}  # fmt: skip
#: Of a group or payment whose lines differ: what stands at the lines counts.
_DIFFERING = "PART"

_DEPTH_MAX = 32
_BLOCK_BYTES = 64 * 1024
_NAMES = {"": NAMESPACE}
_REPORT = ("Document", "CstmrPmtStsRpt")
_PAYMENT = (*_REPORT, "OrgnlPmtInfAndSts")
_YUAN = "CNY"
# What is kept of a payment beside its transactions.
_OF_PAYMENT = {"PmtInfSts", "StsRsnInf", "NbOfTxsPerSts"}


def parse_pain002(content: bytes) -> Statement:
    """Raises Refused where it is not of the form."""
    reader = _Reader()
    parser = XMLParser(target=reader)  # noqa: S314 - the reader refuses a document type, and there are no entities then
    try:
        for start in range(0, len(content), _BLOCK_BYTES):
            parser.feed(content[start : start + _BLOCK_BYTES])
        parser.close()
    except (ParseError, ValueError, LookupError) as error:
        at = f" at line {error.position[0]}" if isinstance(error, ParseError) else ""
        raise invalid(f"The bytes are not well-formed XML in UTF-8{at}.") from None
    return reader.statement()


class _Reader:
    """Target of the parser: builds one child of the report, or of the payment in it, takes what counts and drops it."""

    def __init__(self) -> None:
        self._path: list[str] = []
        self._piece: TreeBuilder | None = None
        self._piece_depth = 0
        self._group: list[Element] = []
        self._payment: list[Element] = []
        self._payments = 0
        self._lines: list[Said] = []

    def doctype(self, name: str, public_id: str | None, system: str | None) -> NoReturn:
        raise invalid("A document type stands in it, which is not taken.")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self._path) == _DEPTH_MAX:
            raise invalid(f"Elements stand more than {_DEPTH_MAX} deep.")
        self._path.append(tag.removeprefix(f"{{{NAMESPACE}}}"))
        if self._piece is None:
            self._enter(tuple(self._path))
        if self._piece is not None:
            self._piece.start(tag, attributes)

    def data(self, text: str) -> None:
        if self._piece is not None:
            self._piece.data(text)

    def end(self, tag: str) -> None:
        if self._piece is not None:
            self._piece.end(tag)
            if len(self._path) == self._piece_depth:
                element, self._piece = self._piece.close(), None
                self._take(element, *self._path[-2:])
        self._path.pop()

    def close(self) -> None:
        """The parser asks for it."""

    def statement(self) -> Statement:
        """What stood in the report. Raises Refused."""
        if len(self._group) != 1:
            raise invalid("There is not one OrgnlGrpInfAndSts in it.")
        [group] = self._group
        levels = [group] if not self._payment else [group, _joined(self._payment)]
        return Statement(
            _text(group, "OrgnlMsgId", "The group"),
            count_of(_text(group, "OrgnlNbOfTxs", "The group"), "The group"),
            fen_of_yuan(_text(group, "OrgnlCtrlSum", "The group"), "The group"),
            [each for level in levels for each in _sums(level)],
            self._lines,
            _whole(levels),
        )

    def _enter(self, path: tuple[str, ...]) -> None:
        if path != _REPORT[: len(path)] and path[: len(_REPORT)] != _REPORT:
            raise invalid(f"It is not a CstmrPmtStsRpt of {NAMESPACE}.")
        if path == _PAYMENT:
            self._payments += 1
            if self._payments > 1:
                raise invalid("There is more than one OrgnlPmtInfAndSts in it; a file has one payment.")
        elif len(path) > len(_REPORT):
            self._piece, self._piece_depth = TreeBuilder(), len(path)

    def _take(self, element: Element, parent: str, name: str) -> None:
        if name == "OrgnlGrpInfAndSts":
            self._group.append(element)
        elif name == "TxInfAndSts":
            self._lines.append(_said(element, len(self._lines) + 1))
        elif parent == _PAYMENT[-1] and name in _OF_PAYMENT:
            self._payment.append(element)


def _joined(children: list[Element]) -> Element:
    joined = Element("payment")
    joined.extend(children)
    return joined


def _said(element: Element, number: int) -> Said:
    place = f"Transaction {number}"
    line_id, status = _text(element, "OrgnlEndToEndId", place), _text(element, "TxSts", place)
    if status not in STATUSES:
        raise invalid(f"{place} has a TxSts that is none of {', '.join(STATUSES)}.")
    amount = element.find("OrgnlTxRef/Amt/InstdAmt", _NAMES)
    if amount is not None and amount.get("Ccy") != _YUAN:
        raise invalid(f"{place} is not in {_YUAN}.")
    return Said(
        place,
        line_id,
        status,
        STATUSES[status],
        *_reason(element, status, place),
        None if amount is None else fen_of_yuan(amount.text or "", place),
    )


def _whole(levels: list[Element]) -> Said | None:
    """What the group, or else the payment, says of all lines; None where it says nothing that is final."""
    for place, level, name in zip(("The group", "The payment"), levels, ("GrpSts", "PmtInfSts"), strict=False):
        status = level.findtext(name, None, _NAMES)
        if status is None or status == _DIFFERING:
            continue
        if status not in STATUSES:
            raise invalid(f"{place} has a {name} that is none of {_DIFFERING}, {', '.join(STATUSES)}.")
        if STATUSES[status] is not None:
            return Said(place, "", status, STATUSES[status], *_reason(level, status, place))
    return None


def _reason(element: Element, status: str, place: str) -> tuple[str, str]:
    """The code, or the status where no reason is given, and the text."""
    code = element.findtext("StsRsnInf/Rsn/Cd", None, _NAMES) or element.findtext("StsRsnInf/Rsn/Prtry", None, _NAMES)
    told = [" ".join((each.text or "").split()) for each in element.iterfind("StsRsnInf/AddtlInf", _NAMES)]
    return kept_text(code or status, CODE_CHARS_MAX, place), kept_text(" ".join(told), REASON_CHARS_MAX, place)


def _sums(level: Element) -> Iterator[Sum]:
    for each in level.iterfind("NbOfTxsPerSts", _NAMES):
        place = "A NbOfTxsPerSts"
        total = each.findtext("DtldCtrlSum", None, _NAMES)
        yield Sum(
            _text(each, "DtldSts", place),
            count_of(_text(each, "DtldNbOfTxs", place), place),
            None if total is None else fen_of_yuan(total, place),
        )


def _text(element: Element, name: str, place: str) -> str:
    text = element.findtext(name, None, _NAMES)
    if not text:
        raise invalid(f"{place} has no {name}.")
    return text
