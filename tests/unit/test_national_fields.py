"""How the fields of the national interface are read and written: exactly, and never through a float."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest
from app.codes import Code
from app.config import ZONE
from app.national.envelope import Stamp, failure, parse, read_request, success
from app.national.failure import Failed
from app.national.fields import read, rows, table, write
from app.national.regions import read_regions
from app.settlement.messages import AMOUNT_MAX
from hypothesis import given
from hypothesis import strategies as st
from tests.national_calls import envelope

FIELDS = table("""
    code    C3     Y  0 1
    name    C5     -
    fee     N16,2  -
    count   N10    -
    amount  N16,4  -
    day     d      -
    at      dt     -
""")
REGION = read_regions().of("")


def read_one(name: str, json_text: str) -> Any:
    code = "" if name == "code" else '"code":"1",'
    node = parse(f'{{{code}"{name}":{json_text}}}'.encode())
    return read(FIELDS, node, "data")[name]


def refused(name: str, json_text: str) -> Code:
    with pytest.raises(Failed) as failed:
        read_one(name, json_text)
    assert name in failed.value.detail
    return failed.value.code


@pytest.mark.parametrize(
    ("json_text", "fen"),
    [
        ("105", 10_500), ('"105"', 10_500), ("105.0", 10_500), ('"105.00"', 10_500), ("0.1", 10), ('"0.01"', 1),
        ("4.35", 435), ("-4.35", -435), ('"-0.01"', -1), ("0", 0), ('"000000000000000000001.5"', 150),
        (f'"{"0" * 5000}1.5"', 150), ("99999999999999.99", AMOUNT_MAX), ('"99999999999999.99"', AMOUNT_MAX),
    ],
)  # fmt: skip
def test_money_is_read_exactly_from_a_number_or_a_text(json_text: str, fen: int) -> None:
    assert read_one("fee", json_text) == fen


@given(st.integers(-AMOUNT_MAX, AMOUNT_MAX), st.booleans())
def test_every_amount_goes_out_and_comes_in_again(fen: int, is_text: bool) -> None:
    text = success("999999", Stamp.now(), write(FIELDS, {"code": "1", "fee": fen})).split(b'"fee":')[1].split(b",")[0]
    assert read_one("fee", f'"{text.decode()}"' if is_text else text.decode()) == fen


@pytest.mark.parametrize(
    "json_text",
    [
        "1.000", '"1.000"', "0.001", "1e2", '"1e2"', "1E-1", '"1,000.00"', '" 1"', '"1 "', '"+1"', '"1."', '".5"',
        '"１"', '"٣"', "100000000000000", '"999999999999999.00"', '"NaN"', '"-"', '"--1"', '"0x10"', "1" * 5000,
    ],
)  # fmt: skip
def test_an_amount_that_is_none_is_refused(json_text: str) -> None:
    assert refused("fee", json_text) == Code.INVALID_AMOUNT


def test_leading_zeros_of_a_count_are_nothing_however_many() -> None:
    assert read_one("count", f'"{"0" * 5000}12"') == 12


@pytest.mark.parametrize("json_text", ["true", "false", "[]", "{}", "[1]"])
@pytest.mark.parametrize("name", ["code", "name", "fee", "count", "day", "at"])
def test_a_wrong_type_is_refused(name: str, json_text: str) -> None:
    assert refused(name, json_text) == Code.INVALID_FIELD


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b'"x"', b"null", b'{"a":NaN}', b'{"a":Infinity}', b'{"a":1}}', b"\xff{}"]
)
def test_what_is_no_json_object_is_refused(raw: bytes) -> None:
    with pytest.raises(Failed) as failed:
        parse(raw)
    assert failed.value.code == Code.INVALID_JSON


def test_a_key_that_stands_twice_is_refused() -> None:
    with pytest.raises(Failed) as failed:
        parse(b'{"input":{"data":{"medfee_sumamt":1,"medfee_sumamt":2}}}')
    assert failed.value.code == Code.DUPLICATE_KEY


@pytest.mark.parametrize("json_text", ["null", '""'])
def test_null_and_an_empty_text_are_nothing(json_text: str) -> None:
    assert [read_one(name, json_text) for name in ("name", "fee", "count", "day", "at")] == [None] * 5
    assert refused("code", json_text) == Code.INVALID_FIELD


def test_a_code_may_come_as_a_number() -> None:
    assert read(FIELDS, parse(b'{"code":1}'), "data")["code"] == "1"


@pytest.mark.parametrize("json_text", ['"123456"', '"a\\u0000"', '"a\\nb"', '"\\u2028"', '"\\ud800"'])
def test_a_text_keeps_to_its_length_and_holds_no_control_character(json_text: str) -> None:
    assert refused("name", json_text) == Code.INVALID_FIELD


def test_a_length_is_counted_in_characters() -> None:
    assert read_one("name", '"测试测试测"') == "测试测试测"


@pytest.mark.parametrize("text", ["2026-11-22", "20261122"])
def test_a_day_is_read_in_both_ways_of_writing(text: str) -> None:
    assert read_one("day", f'"{text}"') == date(2026, 11, 22)


@pytest.mark.parametrize("text", ["2026-11-22 09:08:07", "20261122090807"])
def test_a_time_is_one_of_shanghai(text: str) -> None:
    assert read_one("at", f'"{text}"') == datetime(2026, 11, 22, 9, 8, 7, tzinfo=ZONE)


@pytest.mark.parametrize(
    "text", ["2026-02-30", "22.11.2026", "2026-11-22T09:08:07Z", "0001-01-01", "2026-1-1 25:00:00", "x"]
)
@pytest.mark.parametrize("name", ["day", "at"])
def test_what_is_no_day_or_time_is_refused(name: str, text: str) -> None:
    assert refused(name, f'"{text}"') == Code.INVALID_FIELD


def test_what_is_empty_goes_out_as_0_or_an_empty_text() -> None:
    told = orjson.loads(success("", Stamp.now(), write(FIELDS, {"code": "1"})))["output"]
    assert told == {"code": "1", "name": "", "fee": 0.0, "count": 0, "amount": 0, "day": "", "at": ""}


def test_money_goes_out_with_two_decimals() -> None:
    assert write(FIELDS, {"fee": 10_050})["fee"] == Decimal("100.50")
    assert b'"fee":100.50' in success("", Stamp.now(), write(FIELDS, {"code": "1", "fee": 10_050}))


def test_rows_are_read_one_by_one() -> None:
    assert [row["fee"] for row in rows(FIELDS, parse(b'{"x":[{"code":1,"fee":1},{"code":0}]}')["x"], "x")] == [
        100,
        None,
    ]
    assert rows(FIELDS, None, "x") == []
    with pytest.raises(Failed):
        rows(FIELDS, {}, "x")


# The envelope


def test_a_failure_is_told_in_200_characters_with_its_code() -> None:
    for code in Code:
        told = orjson.loads(failure("310000", REGION, Failed(code, "x" * 300)))
        assert told["err_msg"].startswith(f"[{code}] ")
        assert len(told["err_msg"]) <= 200
        assert (told["infcode"], told["output"], len(told["inf_refmsgid"])) == (-1, {}, 30)


def test_the_digest_tells_other_content_and_nothing_of_the_person() -> None:
    def digest(**data: Any) -> str:
        fields = envelope("2207", {"data": {"psn_no": "P1", "medfee_sumamt": "1.00", **data}})
        return read_request(parse(orjson.dumps(fields)), REGION).digest

    first = digest(certno="999999199003071234", psn_name="测试", mdtrt_cert_no="TOKEN-1")
    assert first == digest(certno="11010519491231002X", psn_name="另", mdtrt_cert_no="TOKEN-2")
    assert first != digest(medfee_sumamt="1.01")
    assert first != digest(chrg_bchno="B2")
    assert first == digest(tel="13900000000", coner_name="测试家属", coner_addr="测试路 1 号")


def test_a_person_in_the_input_asks_for_the_area_of_insurance() -> None:
    fields = envelope("2207", {"data": {"psn_no": "P1"}}, insuplc_admdvs="")
    with pytest.raises(Failed, match="insuplc_admdvs"):
        read_request(parse(orjson.dumps(fields)), REGION)


# Regions


def test_a_region_is_chosen_by_the_longest_beginning_of_its_area(tmp_path: Any) -> None:
    file = tmp_path / "regions.toml"
    file.write_text('[44]\nfailure_infcode = 1\n[4401]\nstmt_rslt = "long"\n', encoding="utf-8")
    regions = read_regions(str(file))
    assert [regions.of(area).failure_infcode for area in ("440300", "440100", "310000", "")] == [1, -1, -1, -1]
    assert regions.of("440100").stmt_rslt == "long"
    assert regions.of("440100").input_names["3201"] == {"clr_optins": "setl_optins"}


@pytest.mark.parametrize("text", ["[44]\nfailure_infcode = 7\n", "[44]\nunknown = 1\n", "[44", ""])
def test_a_bad_file_of_regions_is_refused(tmp_path: Any, text: str) -> None:
    from app.errors import UsageError

    file = tmp_path / "regions.toml"
    if text:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="MEDSETTLE_NATIONAL_REGIONS"):
        read_regions(str(file))
