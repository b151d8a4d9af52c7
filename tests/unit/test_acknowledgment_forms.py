"""Both forms of an acknowledgment: what is read out of them, and what is no acknowledgment."""

from contextlib import suppress
from datetime import date

import pytest
from app.clearing.acknowledgments.pain002 import STATUSES, parse_pain002
from app.clearing.acknowledgments.statement import Said, Sum, fen_of_yuan
from app.clearing.acknowledgments.text_form import parse_text
from app.codes import Code
from app.errors import Refused
from hypothesis import given
from hypothesis import strategies as st
from tests.acknowledging import PaidLine, SentFile, return_file, status_report, yuan

FIRST = PaidLine("20261125-0000001", 123_456, "6222")
SECOND = PaidLine("20261125-0000002", -70, "6223")
TEXT = SentFile("20261125_B_payment_v1.txt", date(2026, 11, 25), "B", [FIRST, SECOND])
XML = TEXT._replace(file_id="20261125_B_payment_v1.xml", lines=[FIRST])


def refused(content: bytes, encoding: str = "UTF-8") -> Refused:
    with pytest.raises(Refused) as raised:
        parse_text(content, encoding) if content.startswith((b"0", b"1")) else parse_pain002(content)
    assert raised.value.code == Code.ACKNOWLEDGMENT_INVALID
    return raised.value


@given(st.integers(-(10**17) + 1, 10**17 - 1))
def test_yuan_are_read_to_the_fen(fen: int) -> None:
    assert fen_of_yuan(yuan(fen), "Line 1") == fen


@pytest.mark.parametrize(("text", "fen"), [("0", 0), ("5", 500), ("5.1", 510), ("-0.07", -7)])
def test_decimals_may_be_left_out(text: str, fen: int) -> None:
    assert fen_of_yuan(text, "Line 1") == fen


@pytest.mark.parametrize("text", ["", "1.234", "1,00", "1e3", "+1", "01", ".5", "5.", "--1", "١", "1" * 16, " 1"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(Refused, match=r"^Line 7 "):
        fen_of_yuan(text, "Line 7")


# The text form


@pytest.mark.parametrize(("encoding", "filed"), [("utf-8", "UTF-8"), ("gbk", "GBK"), ("utf-8-sig", "UTF-8")])
def test_a_return_file_is_read_in_the_encoding_of_its_bank(encoding: str, filed: str) -> None:
    content = return_file(TEXT, "1", [FIRST, SECOND], code="H059", reason="账户状态异常", encoding=encoding)
    statement = parse_text(content, filed)
    assert (statement.of_file, statement.line_count, statement.total) == (TEXT.file_id, 2, 123_386)
    assert statement.sums == [Sum("1", 2, 123_386)]
    assert statement.whole is None
    assert statement.lines == [
        Said(f"Line {number}", line.line_id, "1", "failed", "H059", "账户状态异常", line.amount, line.payee_account)
        for number, line in ((2, FIRST), (3, SECOND))
    ]


def test_marker_0_is_of_lines_that_were_paid() -> None:
    [said] = parse_text(return_file(TEXT, "0", [FIRST]), "UTF-8").lines
    assert said.outcome == "paid"


def test_lines_may_end_as_on_windows() -> None:
    content = return_file(TEXT, "0", [FIRST, SECOND])
    assert parse_text(content.replace(b"\n", b"\r\n"), "UTF-8") == parse_text(content, "UTF-8")


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"0", "Line 1 "),
        (return_file(TEXT, "2", [FIRST]).replace(b"2|", b"02|", 1), "Line 1 "),
        (return_file(TEXT, "0", [FIRST], header={2: "x"}), "Line 1 "),
        (return_file(TEXT, "0", [FIRST], header={3: "1.00"}), "Line 1 "),
        (return_file(TEXT, "0", [FIRST], header={4: "-2"}), "Line 1 "),
        (return_file(TEXT, "0", [FIRST]) + b"\n", "Line 3 "),
        (return_file(TEXT, "0", [FIRST], reason="a|b"), "Line 2 "),
        (return_file(TEXT, "0", [FIRST], reason="\0"), "Line 2 "),
        (return_file(TEXT, "0", [FIRST], code="c" * 36), "Line 2 "),
        (return_file(TEXT, "0", [FIRST], reason="r" * 141), "Line 2 "),
        (return_file(TEXT, "0", [FIRST], reason="账", encoding="gbk"), "The bytes are not UTF-8"),
    ],
)
def test_what_is_no_return_file_is_refused_with_its_place(content: bytes, place: str) -> None:
    assert refused(content).detail.startswith(place)


# pain.002


def test_a_status_report_is_read() -> None:
    content = status_report(
        XML,
        "PART",
        [(FIRST.line_id, "RJCT")],
        each_rest="<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>closed\n account</AddtlInf></StsRsnInf>"
        '<OrgnlTxRef><Amt><InstdAmt Ccy="CNY">1234.56</InstdAmt></Amt></OrgnlTxRef>',
        payment_rest="<NbOfTxsPerSts><DtldNbOfTxs>1</DtldNbOfTxs><DtldSts>RJCT</DtldSts></NbOfTxsPerSts>",
    )
    statement = parse_pain002(content)
    assert (statement.of_file, statement.line_count, statement.total) == ("20261125_B_payment_v1", 1, 123_456)
    assert statement.lines == [
        Said("Transaction 1", FIRST.line_id, "RJCT", "failed", "AC04", "closed account", 123_456)
    ]
    assert statement.sums == [Sum("RJCT", 1, None)]
    assert statement.whole is None


@pytest.mark.parametrize(
    ("status", "outcome"), [("ACSC", "paid"), ("RJCT", "failed"), ("ACCP", None), ("PDNG", None), ("ACTC", None)]
)
def test_a_group_status_is_of_all_lines_where_it_is_final(status: str, outcome: str | None) -> None:
    whole = parse_pain002(status_report(XML, status)).whole
    assert (whole and whole.outcome) == outcome


def test_the_status_of_the_payment_stands_for_that_of_the_group() -> None:
    reason = "<PmtInfSts>RJCT</PmtInfSts><StsRsnInf><Rsn><Prtry>H019</Prtry></Rsn></StsRsnInf>"
    whole = parse_pain002(status_report(XML, payment_rest=reason)).whole
    assert whole is not None
    assert (whole.place, whole.outcome, whole.code) == ("The payment", "failed", "H019")


@pytest.mark.parametrize("status", STATUSES)
def test_without_a_reason_the_status_is_the_code(status: str) -> None:
    [said] = parse_pain002(status_report(XML, None, [(FIRST.line_id, status)])).lines
    assert (said.code, said.outcome) == (status, STATUSES[status])


_ENTITIES = '<!DOCTYPE Document [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
_EXTERNAL = '<!DOCTYPE Document SYSTEM "http://127.0.0.1:1/x.dtd">'
_FETCHED = '<!DOCTYPE Document [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize("doctype", [_ENTITIES, _EXTERNAL, _FETCHED, "<!DOCTYPE Document>"])
def test_a_document_type_is_refused_so_nothing_expands_and_nothing_is_fetched(doctype: str) -> None:
    assert refused(status_report(XML, "ACSC", before=doctype)).detail.startswith("A document type")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\xff",
        b"<Document/>",
        status_report(XML, "ACSC")[:-20],
        status_report(XML, "ACSC") + b"<x/>",
        status_report(XML, "ACSC").replace(b"002.001.10", b"002.001.03"),
        status_report(XML, "ACSC").replace(b"UTF-8", b"GBK"),
        status_report(XML, "ACSC").replace(b"OrgnlGrpInfAndSts", b"OtherGrp"),
        status_report(XML, "ACSC", group_rest="&b;"),
        status_report(XML, "ACSC", group_rest="<a>" * 40 + "</a>" * 40),
        status_report(XML, "SURE"),
        status_report(XML, "ACSC", group={"OrgnlMsgId": ""}),
        status_report(XML, "ACSC", group={"OrgnlNbOfTxs": ""}),
        status_report(XML, "ACSC", group={"OrgnlCtrlSum": ""}),
        status_report(XML, "ACSC", group={"OrgnlCtrlSum": "1e5"}),
        status_report(XML, None, [(FIRST.line_id, "")]),
        status_report(XML, None, [(FIRST.line_id, "DONE")]),
        status_report(XML, None, [("", "ACSC")]),
        status_report(XML, "ACSC").replace(b"</CstmrPmtStsRpt>", b"<OrgnlPmtInfAndSts/>" * 2 + b"</CstmrPmtStsRpt>"),
        status_report(
            XML, None, [(FIRST.line_id, "ACSC")],
            each_rest='<OrgnlTxRef><Amt><InstdAmt Ccy="USD">1234.56</InstdAmt></Amt></OrgnlTxRef>',
        ),
    ],
)  # fmt: skip
def test_what_is_no_status_report_is_refused(content: bytes) -> None:
    assert refused(content).detail


@given(st.data())
def test_a_report_with_changed_bytes_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    content = bytearray(status_report(XML, "PART", [(FIRST.line_id, "RJCT")]))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Refused):
        parse_pain002(bytes(content))
    with suppress(Refused):
        parse_text(bytes(content), "GBK")
