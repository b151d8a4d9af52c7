"""What an institution uploads is refused safely: bad archives and bad rows, each with its code and its line."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

import pytest
from app.clearing.reconciliation import archive
from app.clearing.reconciliation.archive import read_text
from app.clearing.reconciliation.uploaded_rows import checked_rows
from app.errors import Refused
from tests.reconciling import UploadedRow, zipped

ID = "2026112500000000000010240000"
ROW = f"{ID}\tT1\tP1\t10.00\t4.00\t6.00\t0\n"


def text_of(source: io.BytesIO) -> bytes:
    return b"".join(read_text(source))


def refusal_of(source: io.BytesIO) -> tuple[str, str]:
    with pytest.raises(Refused) as refused:
        text_of(source)
    return refused.value.code, refused.value.detail


def rows_of(text: str | bytes, *, with_message_ids: bool = False, cut: int = 1 << 18) -> bytes:
    data = text if isinstance(text, bytes) else text.encode()
    chunks: Iterator[bytes] = (data[at : at + cut] for at in range(0, len(data), cut))
    return b"".join(checked_rows(chunks, with_message_ids=with_message_ids))


def row_refusal_of(text: str | bytes, *, with_message_ids: bool = False) -> tuple[str, str]:
    with pytest.raises(Refused) as refused:
        rows_of(text, with_message_ids=with_message_ids)
    return refused.value.code, refused.value.detail


# The archive


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_the_text_of_a_zip_is_read(compression: int) -> None:
    assert text_of(zipped(ROW * 10_000, compression=compression)) == ROW.encode() * 10_000


def test_a_comment_behind_the_directory_does_no_harm() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as opened:
        opened.comment = b"from the billing system"
        opened.writestr("a.txt", ROW)
    assert text_of(made) == ROW.encode()


@pytest.mark.parametrize("data", [b"", b"hello", b"PK\x05\x06", ROW.encode(), bytes(100_000)])
def test_what_is_no_zip_is_refused(data: bytes) -> None:
    assert refusal_of(io.BytesIO(data))[0] == "archive_invalid"


def test_a_zip_cut_off_anywhere_is_refused() -> None:
    whole = zipped("".join(f"{number}{ROW}" for number in range(50))).getvalue()
    for length in range(0, len(whole) - 1, 7):
        assert refusal_of(io.BytesIO(whole[:length]))[0] == "archive_invalid"


def test_a_zip_with_any_byte_changed_is_refused_or_gives_the_same_text() -> None:
    whole = zipped("".join(f"{number}{ROW}" for number in range(9))).getvalue()
    text = text_of(io.BytesIO(whole))
    refused = 0
    for at in range(len(whole)):
        changed = bytearray(whole)
        changed[at] ^= 0x55
        try:
            assert text_of(io.BytesIO(bytes(changed))) == text
        except Refused as refusal:
            assert refusal.code in ("archive_invalid", "archive_too_large")  # noqa: PT017
            refused += 1
    assert refused > len(whole) // 2


def test_more_than_one_file_and_none_are_refused() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as opened:
        opened.writestr("a.txt", ROW)
        opened.writestr("b.txt", ROW)
    assert refusal_of(made) == (
        "archive_invalid", "It holds more than one file. Send a zip with one text file in it.",
    )  # fmt: skip
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    assert "no file" in refusal_of(empty)[1]


@pytest.mark.parametrize(
    "name", ["../up.txt", "/etc/passwd", "a/b.txt", "..\\up.txt", "C:up.txt", "folder/", "..", "line\nbreak.txt"]
)
def test_names_that_are_paths_are_refused(name: str) -> None:
    assert refusal_of(zipped(ROW, name)) == (
        "archive_invalid",
        "The name of the file in it is not a plain one: no folder, no path. Send a zip with one text file in it.",
    )


def test_an_archive_in_the_archive_is_refused() -> None:
    assert "archive itself" in refusal_of(zipped(zipped(ROW).getvalue(), "inner.txt"))[1]
    assert "archive itself" in refusal_of(zipped(b"\x1f\x8b\x08\x00rest", "inner.txt"))[1]


def test_an_encrypted_file_is_refused() -> None:
    whole = bytearray(zipped(ROW).getvalue())
    whole[6] |= 1
    at = whole.rfind(b"PK\x01\x02")
    whole[at + 8] |= 1
    assert "encrypted" in refusal_of(io.BytesIO(bytes(whole)))[1]


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_another_method_than_deflate_is_refused(compression: int) -> None:
    assert "another method" in refusal_of(zipped(ROW, compression=compression))[1]


def test_a_bomb_is_stopped_by_what_comes_out_and_not_by_what_its_headers_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "TEXT_BYTES_MAX", 1 << 20)
    assert refusal_of(zipped(bytes(2 << 20)))[0] == "archive_too_large"
    # One that says it holds ten bytes gives no more than these, and they do not fit its check sum.
    whole = bytearray(zipped(bytes(2 << 20)).getvalue())
    at = whole.rfind(b"PK\x01\x02")
    struct.pack_into("<L", whole, at + 24, 10)
    struct.pack_into("<L", whole, 22, 10)
    assert refusal_of(io.BytesIO(bytes(whole)))[0] == "archive_invalid"
    # With a check sum that fits it is ten bytes.
    struct.pack_into("<L", whole, at + 16, zlib.crc32(bytes(10)))
    struct.pack_into("<L", whole, 14, zlib.crc32(bytes(10)))
    assert text_of(io.BytesIO(bytes(whole))) == bytes(10)


def test_a_directory_that_is_a_bomb_is_not_read() -> None:
    """Its end says one entry, and megabytes of directory follow."""
    whole = zipped(ROW).getvalue()
    at = whole.rfind(b"PK\x05\x06")
    end = bytearray(whole[at:])
    start = struct.unpack_from("<L", end, 16)[0]
    directory = whole[start:at] * 10_000
    struct.pack_into("<L", end, 12, len(directory))
    assert "directory" in refusal_of(io.BytesIO(whole[:start] + directory + bytes(end)))[1]


def test_a_record_of_64_bits_that_would_overrule_the_end_is_refused() -> None:
    whole = zipped(ROW).getvalue()
    at = whole.rfind(b"PK\x05\x06")
    locator = b"PK\x06\x07" + bytes(16)
    assert "directory" in refusal_of(io.BytesIO(whole[:at] + locator + whole[at:]))[1]


# The rows


def test_good_rows_come_out_as_they_are_wherever_the_chunks_are_cut() -> None:
    text = ROW + ROW.replace("10.00", "-7").replace("T1", "null").replace("\t0\n", "\t001\n")
    for cut in (1, 7, 64, 1_000):
        assert rows_of(text, cut=cut) == text.encode()


def test_a_mark_of_utf_8_windows_line_ends_and_a_last_line_without_end_are_taken() -> None:
    assert rows_of(b"\xef\xbb\xbf" + (ROW + ROW).replace("\n", "\r\n").encode()[:-2]) == (ROW + ROW).encode()


def test_an_empty_text_has_no_rows() -> None:
    assert rows_of("") == b""


def test_what_stands_in_exp_content_is_dropped() -> None:
    told = ROW.replace("\n", "\t张三 note\n")
    for cut in (1, 5, 1_000):
        assert rows_of(told * 3, cut=cut) == ROW.encode() * 3


def test_the_form_with_message_ids_names_a_settlement_or_a_message() -> None:
    for settlement_id, message_id in ((ID, "M1"), (ID, None), (None, "M1")):
        row = UploadedRow(settlement_id, "P1", 1_000, 600, message_id=message_id).text(with_message_id=True)
        assert rows_of(row, with_message_ids=True) == row.encode()
    row = UploadedRow(None, "P1", 1_000, 600).text(with_message_id=True)
    assert row_refusal_of(row, with_message_ids=True) == (
        "file_row_invalid", "Line 1, column setl_id: it is not the number of the settlement, nor is a message id.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        (ID, "null", "setl_id"),
        (ID, "2026 1125", "setl_id"),
        (ID, "x" * 31, "setl_id"),
        ("T1", "", "mdtrt_id"),
        ("T1", "T\\N", "mdtrt_id"),
        ("P1", "null", "psn_no"),
        ("P1", "", "psn_no"),
        ("10.00", "10.000", "medfee_sumamt"),
        ("10.00", "1e3", "medfee_sumamt"),
        ("10.00", "10,00", "medfee_sumamt"),
        ("10.00", "NaN", "medfee_sumamt"),
        ("10.00", "123456789012345", "medfee_sumamt"),
        ("4.00", "+4.00", "fund_pay_sumamt"),
        ("6.00", "", "acct_pay"),
        ("\t0\n", "\t2\n", "refd_setl_flag"),
    ],
)
def test_a_bad_column_is_named_with_its_line_and_not_quoted(old: str, new: str, column: str) -> None:
    code, detail = row_refusal_of(ROW * 4_999 + ROW.replace(old, new) + ROW)
    assert code == "file_row_invalid"
    assert detail.startswith(f"Line 5,000, column {column}: it is not ")
    assert not new or f"{new!r}" not in detail


@pytest.mark.parametrize("row", [ROW.replace("\t0\n", "\n"), ROW.replace("\n", "\tx\ty\n"), ID + "\n", "\n", "a,b,c\n"])
def test_a_wrong_number_of_columns_is_named_with_its_line(row: str) -> None:
    code, detail = row_refusal_of(ROW * 2 + row)
    assert (code, detail.split(" has ")[0]) == ("file_columns_invalid", "Line 3")
    assert row_refusal_of(row)[0] == "file_columns_invalid"


def test_a_header_is_refused() -> None:
    header = "setl_id\tmdtrt_id\tpsn_no\tmedfee_sumamt\tfund_pay_sumamt\tacct_pay\trefd_setl_flag\n"
    code, detail = row_refusal_of(header + ROW)
    assert code == "file_row_invalid"
    assert "the file has no header" in detail


def test_a_line_without_end_is_not_gathered() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"0" * 10_000

    with pytest.raises(Refused, match="longer than"):
        list(checked_rows(endless(), with_message_ids=False))


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8-cut"])
def test_another_encoding_than_utf_8_is_refused(encoding: str) -> None:
    told = ROW.replace("\n", "\t张三\n")
    text = (ROW.replace("\n", "\tnull\n") * 3 + told).encode(encoding.removesuffix("-cut"))
    code, detail = row_refusal_of(text[:-3] if encoding.endswith("cut") else text)
    assert code == "file_encoding_invalid"
    assert "is not UTF-8" in detail
