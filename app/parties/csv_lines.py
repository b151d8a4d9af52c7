"""The lines of a CSV file. UTF-8 with or without a byte order mark; a record is one line."""

import csv
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from app.progress import Progress

LINE_BYTES_MAX = 16_384

_TOLD_EVERY_LINES = 20_000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_lines(file: Path, refuse: Callable[[int, str], None], progress: Progress) -> Iterator[tuple[int, str]]:
    """Number and text of every line that is not blank and can be read; the others are told to `refuse`.

    Raises OSError.
    """
    with file.open("rb") as opened:
        stage, size = f"bytes of {file.name}", os.fstat(opened.fileno()).st_size
        number, is_rest_of_line = 1, False
        while raw := opened.readline(LINE_BYTES_MAX):
            is_whole = raw.endswith(b"\n") or len(raw) < LINE_BYTES_MAX
            if is_rest_of_line or not is_whole:
                if not is_rest_of_line:
                    refuse(number, f"longer than {LINE_BYTES_MAX:,} bytes")
            else:
                try:
                    text = raw.removeprefix(_BYTE_ORDER_MARK if number == 1 else b"").decode()
                except UnicodeDecodeError:
                    refuse(number, "not UTF-8")
                else:
                    text = text.removesuffix("\n").removesuffix("\r")
                    if text:
                        yield number, text
            is_rest_of_line = not is_whole
            number += is_whole
            if number % _TOLD_EVERY_LINES == 0:
                progress(stage, opened.tell(), size)
        progress(stage, size, size)


def fields_of(text: str) -> list[str] | None:
    """The fields of one line, or None if its quotes do not match."""
    if '"' not in text:
        return text.split(",")
    try:
        return next(csv.reader([text], strict=True))
    except csv.Error:
        return None
