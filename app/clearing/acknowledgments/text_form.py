"""The text form of an acknowledgment: two return files, one of the lines that were paid and one of those that failed.

`docs/contract/acknowledgments.md` tells banks. Pure; refusals name the line and quote nothing that stands in it.
"""

from typing import Final

from app.clearing.acknowledgments.statement import (
    CODE_CHARS_MAX,
    REASON_CHARS_MAX,
    Outcome,
    Said,
    Statement,
    Sum,
    count_of,
    fen_of,
    invalid,
    kept_text,
)

#: The marker at the beginning of a return file.
OUTCOMES: Final[dict[str, Outcome]] = {"0": "paid", "1": "failed"}

_HEADER_FIELDS = 6
_FIELDS = 5
_BOM = "\ufeff"


def parse_text(content: bytes, encoding: str) -> Statement:
    """Raises Refused where it is not of the documented form."""
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise invalid(f"The bytes are not {encoding}, the encoding that is filed for the bank.") from None
    header, *rest = text.removeprefix(_BOM).replace("\r\n", "\n").removesuffix("\n").split("\n")
    fields = header.split("|")
    if len(fields) != _HEADER_FIELDS or fields[0] not in OUTCOMES:
        raise invalid("Line 1 is not a header: 0 or 1|file|count|total|count of the file|total of the file.")
    marker, of_file, own_count, own_total, count, total = fields
    return Statement(
        of_file,
        count_of(count, "Line 1"),
        fen_of(total, "Line 1"),
        [Sum(marker, count_of(own_count, "Line 1"), fen_of(own_total, "Line 1"))],
        [_said(f"Line {number}", line, marker) for number, line in enumerate(rest, 2)],
    )


def _said(place: str, line: str, marker: str) -> Said:
    fields = line.split("|")
    if len(fields) != _FIELDS:
        raise invalid(f"{place} is not line id|amount|payee account|code|reason.")
    line_id, amount, payee_account, code, reason = fields
    return Said(
        place,
        line_id,
        marker,
        OUTCOMES[marker],
        kept_text(code, CODE_CHARS_MAX, place),
        kept_text(reason, REASON_CHARS_MAX, place),
        fen_of(amount, place),
        payee_account,
    )
