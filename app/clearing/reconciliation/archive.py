"""The archive that an institution uploads: one text file in a zip, read as a stream and trusted in nothing.

Nothing is unpacked to disk and no name in it is used. What its headers say of sizes is not relied on: bytes are counted
as they come out, and the directory is looked at before anything reads it, since it can be a bomb of its own.
"""

import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from app.codes import Code
from app.errors import Refused

#: Of the archive as it is sent, and of the text in it: five million rows and more.
ARCHIVE_BYTES_MAX = 128 << 20
TEXT_BYTES_MAX = 512 << 20

_CHUNK_BYTES = 256 << 10
# The record at the end is followed by a comment of at most 65,535 bytes.
_END = struct.Struct("<4s4H2LH")
_END_AT_MOST = _END.size + 65_535
_ZIP64_LOCATOR = b"PK\x06\x07"
_LOCATOR_BYTES = 20
# Of one entry: its name, extra field and comment are 65,535 bytes each at most.
_DIRECTORY_BYTES_MAX = 46 + 3 * 65_535

_ENCRYPTED = 0x1 | 0x40 | 0x2000
_NESTED = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"BZh", b"\xfd7zXZ")
_BROKEN = (zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error, struct.error, ValueError, OSError)


def read_text(archive: IO[bytes]) -> Iterator[bytes]:
    """The bytes of the one file in it. Raises Refused: archive_invalid, archive_too_large."""
    _check_end(archive)
    try:
        with zipfile.ZipFile(archive) as opened, opened.open(_only_entry(opened)) as member:
            yield from _bounded(member)
    except _BROKEN:
        raise _invalid("It is damaged or was cut off.") from None


def _bounded(member: IO[bytes]) -> Iterator[bytes]:
    size = 0
    while chunk := member.read(_CHUNK_BYTES):
        if not size and chunk.startswith(_NESTED):
            raise _invalid("The file in it is an archive itself.")
        size += len(chunk)
        if size > TEXT_BYTES_MAX:
            raise Refused(Code.ARCHIVE_TOO_LARGE, f"Its text is longer than {TEXT_BYTES_MAX >> 20} MiB.")
        yield chunk


def _check_end(archive: IO[bytes]) -> None:
    size = archive.seek(0, os.SEEK_END)
    archive.seek(max(0, size - _END_AT_MOST - _LOCATOR_BYTES))
    tail = archive.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise _invalid("It is no zip archive, or it was cut off.")
    _, _, _, _, entries, directory_bytes, _, _ = _END.unpack_from(tail, at)
    if entries != 1:
        raise _invalid("It holds no file." if not entries else "It holds more than one file.")
    if directory_bytes > _DIRECTORY_BYTES_MAX or tail[max(0, at - _LOCATOR_BYTES) :].startswith(_ZIP64_LOCATOR):
        raise _invalid("Its directory is not that of one file in a plain zip.")


def _only_entry(opened: zipfile.ZipFile) -> zipfile.ZipInfo:
    entries = opened.infolist()
    if len(entries) != 1:
        raise _invalid("It holds more than one file.")
    [entry] = entries
    name = entry.orig_filename
    if "/" in name or "\\" in name or ":" in name or name in ("", ".", "..") or not name.isprintable():
        raise _invalid("The name of the file in it is not a plain one: no folder, no path.")
    if entry.flag_bits & _ENCRYPTED:
        raise _invalid("It is encrypted.")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _invalid("It is compressed by another method than deflate.")
    return entry


def _invalid(detail: str) -> Refused:
    return Refused(Code.ARCHIVE_INVALID, f"{detail} Send a zip with one text file in it.")
