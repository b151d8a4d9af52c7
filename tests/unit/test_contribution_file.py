"""Bytes of contribution files, good and bad."""

import hashlib
import io
import sys
import tracemalloc
from datetime import date
from pathlib import Path

import pytest
from app.codes import Code
from app.errors import Refused, UsageError
from app.funding.contribution_file import BadLine, Header, SortedLines, Totals, sort_csv
from app.funding.parquet_file import sort_parquet
from tests.contribution_files import Line, csv_bytes, sealed, write_parquet

GOOD: list[Line] = [("P1", 100, "contribution"), ("P2", 7, "retiree_credit"), ("P1", 30, "claw_back")]


def sort(content: bytes, parts: int = 2) -> tuple[Header, list[bytes], list[BadLine]]:
    with SortedLines(parts) as lines:
        header, _ = sort_csv(io.BytesIO(content), lines)
        lines.rewind()
        return header, [part.read() for part in lines.parts], list(lines.bad_lines())


def refusal(content: bytes) -> str:
    with pytest.raises(Refused) as refused:
        sort(content)
    assert refused.value.code == Code.FILE_INVALID
    return refused.value.detail


def test_a_good_file() -> None:
    header, parts, bad = sort(csv_bytes(GOOD), parts=1)
    assert header == Header("F1", date(2026, 11, 1), Totals(3, 137))
    assert parts == [b"2,P1,100,contribution\n3,P2,7,retiree_credit\n4,P1,30,claw_back\n"]
    assert bad == []


def test_lines_of_a_person_stay_together_and_in_order() -> None:
    lines: list[Line] = [(f"P{number % 97}", number + 1, "contribution") for number in range(1_000)]
    _, parts, _ = sort(csv_bytes(lines))
    persons = [[line.split(b",")[1] for line in part.splitlines()] for part in parts]
    assert not set(persons[0]) & set(persons[1])
    assert all(len(part) > 300 for part in persons)
    for part in parts:
        numbers = [int(line.split(b",")[0]) for line in part.splitlines()]
        assert numbers == sorted(numbers)


def test_an_empty_file_is_a_file() -> None:
    header, parts, bad = sort(csv_bytes([]))
    assert (header.totals, parts, bad) == (Totals(0, 0), [b"", b""], [])


def test_windows_line_ends_and_a_byte_order_mark() -> None:
    before = b"\xef\xbb\xbfH,F1,2026-11,2,3\r\nP1,1,contribution\r\nP2,2,contribution\r\n"
    header, parts, bad = sort(sealed(before, 2, 3).replace(b"T,2,3", b"T,2,3")[:-1] + b"\r\n", parts=1)
    assert header.totals == Totals(2, 3)
    assert parts == [b"2,P1,1,contribution\n3,P2,2,contribution\n"]
    assert bad == []


def test_a_trailer_without_a_line_end() -> None:
    assert sort(csv_bytes(GOOD)[:-1])[0].totals == Totals(3, 137)


@pytest.mark.parametrize("block", [1, 2, 7, 64])
def test_blocks_may_end_anywhere(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.funding.contribution_file._BLOCK_BYTES", block)
    content = sealed(b"H,F1,2026-11,3,6\r\nP1,1,contribution\r\nP2,2,contribution\nP3,3,contribution\r\n", 3, 6)
    assert sort(content, parts=1)[1] == [b"2,P1,1,contribution\n3,P2,2,contribution\n4,P3,3,contribution\n"]


@pytest.mark.parametrize(
    ("line", "code", "counted"),
    [
        ("P1,0,contribution", Code.INVALID_AMOUNT, 0),
        ("P1,-5,contribution", Code.INVALID_AMOUNT, 0),
        ("P1,1.00,contribution", Code.INVALID_AMOUNT, 0),
        ("P1,,contribution", Code.INVALID_AMOUNT, 0),
        ("P1,007,contribution", Code.INVALID_AMOUNT, 7),
        ("P1,12345678901234567,contribution", Code.INVALID_AMOUNT, 0),
        ("P1,5,payment", Code.KIND_UNKNOWN, 5),
        ("P1,5,", Code.KIND_UNKNOWN, 5),
        ("P1,5,contribution ", Code.KIND_UNKNOWN, 5),
        ("P1,5,contribution\x00", Code.KIND_UNKNOWN, 5),
        ("P\x001,5,contribution", Code.INVALID_FIELD, 5),
        (",5,contribution", Code.INVALID_FIELD, 5),
        ("人,5,contribution", Code.INVALID_FIELD, 5),
        ("P" * 31 + ",5,contribution", Code.INVALID_FIELD, 5),
        ("P1,5", Code.INVALID_FIELD, 0),
        ("P1,5,contribution,", Code.INVALID_FIELD, 0),
        ("", Code.INVALID_FIELD, 0),
    ],
)
def test_a_bad_line_is_refused_alone(line: str, code: Code, counted: int) -> None:
    before = f"H,F1,2026-11,2,{100 + counted}\n{line}\nP1,100,contribution\n".encode()
    _, parts, (bad,) = sort(sealed(before, 2, 100 + counted), parts=1)
    assert parts == [b"3,P1,100,contribution\n"]
    assert (bad.line, bad.code) == (2, code)


def test_what_stands_in_a_bad_line_is_not_repeated() -> None:
    _, _, (bad,) = sort(csv_bytes([("11010519491231002X 张三", 5, "contribution")]))
    assert "1101" not in bad.detail
    assert "张" not in bad.detail


GOOD_BYTES = csv_bytes(GOOD)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "trailer"),
        (b"\n", "trailer"),
        (GOOD_BYTES[:-20], "trailer"),
        (GOOD_BYTES[: GOOD_BYTES.rindex(b"T,")], "trailer"),
        (GOOD_BYTES + b"\n", "trailer"),
        (GOOD_BYTES + b"P9,1,contribution\n", "trailer"),
        (GOOD_BYTES[GOOD_BYTES.index(b"\n") + 1 :], "Line 1 is not a header"),
        (GOOD_BYTES[GOOD_BYTES.rindex(b"T,") :], "Line 1 is not a header"),
        (csv_bytes(GOOD, count=4), "header says 4 lines, the file has 3"),
        (csv_bytes(GOOD, total=138), "header says 138 fen, the lines sum to 137"),
        (GOOD_BYTES.replace(b"T,3,", b"T,4,"), "trailer says 4 lines, the file has 3"),
        (GOOD_BYTES.replace(b"T,3,137", b"T,3,136"), "trailer says 136 fen, the lines sum to 137"),
        (GOOD_BYTES.replace(b"P2,7", b"P3,7"), "SHA-256"),
        (csv_bytes(GOOD, file_no="F 1"), "file number"),
        (csv_bytes(GOOD, file_no="F" * 19), "file number"),
        (csv_bytes(GOOD, file_no=""), "file number"),
        (csv_bytes(GOOD, month="2026-13"), "month"),
        (csv_bytes(GOOD, month="202611"), "month"),
        (csv_bytes([("张三", 5, "contribution")]).decode().encode("gb18030"), "Line 2 is not UTF-8"),
        (GOOD_BYTES.decode().encode("utf-16"), "trailer"),
        (csv_bytes([("P" * 1_000_000, 5, "contribution")]), "Line 2 is longer than"),
        (csv_bytes([*GOOD, ("P" * 1_100, 5, "contribution")]), "Line 5 is longer than"),
    ],
)
def test_a_bad_file_is_refused_whole(content: bytes, reason: str) -> None:
    assert reason in refusal(content)


def test_a_long_file_takes_little_memory(tmp_path: Path) -> None:
    file = tmp_path / "long.csv"
    file.write_bytes(csv_bytes([(f"P{number}", 5, "contribution") for number in range(200_000)]))
    tracemalloc.start()
    try:
        with SortedLines(2) as lines, file.open("rb") as source:
            sort_csv(source, lines)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10 * 2**20


# Parquet


def sort_rows(
    path: Path, lines: list[tuple[object, object, object]], **header: object
) -> tuple[Header, bytes, list[BadLine]]:
    write_parquet(path, lines, **header)
    with SortedLines(1) as sorted_lines, path.open("rb") as source:
        found, digest = sort_parquet(source, sorted_lines)
        assert digest == hashlib.sha256(path.read_bytes()).digest()
        sorted_lines.rewind()
        return found, sorted_lines.parts[0].read(), list(sorted_lines.bad_lines())


def test_parquet_is_the_same_as_csv(tmp_path: Path) -> None:
    lines: list[Line] = [(f"P{number % 97}", number + 1, "contribution") for number in range(5_000)]
    header, content, bad = sort_rows(tmp_path / "f.parquet", list(lines))
    csv_header, (csv_content,), _ = sort(csv_bytes(lines), parts=1)
    assert (header, content, bad) == (csv_header, csv_content, [])


def test_bad_rows_are_refused_alone(tmp_path: Path) -> None:
    rows: list[tuple[object, object, object]] = [
        (None, 5, "contribution"),
        ("P1", None, "contribution"),
        ("P1", -5, "contribution"),
        ("P1", 5, None),
        ("P,1", 5, "contribution"),
        ("P1\nP2", 5, "contribution"),
        ("P1", 100, "contribution"),
    ]
    _, content, bad = sort_rows(tmp_path / "f.parquet", rows)
    assert content == b"8,P1,100,contribution\n"
    assert [(each.line, each.code) for each in bad] == [
        (2, Code.INVALID_FIELD),
        (3, Code.INVALID_AMOUNT),
        (4, Code.INVALID_AMOUNT),
        (5, Code.KIND_UNKNOWN),
        (6, Code.INVALID_FIELD),
        (7, Code.INVALID_FIELD),
    ]


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"line_count": 4}, "says 4 lines"),
        ({"total": 1}, "says 1 fen"),
        ({"month": "11"}, "month"),
        ({"file_no": "/"}, "number"),
    ],
)
def test_bad_parquet_headers(tmp_path: Path, header: dict[str, object], reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        sort_rows(tmp_path / "f.parquet", list(GOOD), **header)


def test_what_is_no_parquet_file(tmp_path: Path) -> None:
    whole = tmp_path / "f.parquet"
    write_parquet(whole, list(GOOD))
    for content in (b"", b"PAR1", csv_bytes(GOOD), whole.read_bytes()[:-10], whole.read_bytes()[100:]):
        with SortedLines(1) as lines, pytest.raises(Refused) as refused:
            sort_parquet(io.BytesIO(content), lines)
        assert refused.value.code == Code.FILE_INVALID


def test_without_pyarrow_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with SortedLines(1) as lines, pytest.raises(UsageError, match=r"medsettle\[archive\]"):
        sort_parquet(io.BytesIO(), lines)


def test_the_documented_example_is_good() -> None:
    page = (Path(__file__).parents[2] / "docs" / "contract" / "contribution-file.md").read_text(encoding="utf-8")
    _, example, _ = page.split("```")
    header, _, bad = sort(example.removeprefix("\n").encode())
    assert header == Header("2026-11.A", date(2026, 11, 1), Totals(3, 45_700))
    assert bad == []
