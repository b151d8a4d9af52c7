"""What becomes of characters that a payment file cannot carry. A name never fails a file; its line is still paid by its
account, and a bank that compares names answers for that one line.

Control characters, line ends and what XML forbids become blanks, in both forms alike. In text so does `|`, which
separates fields, and a character that the encoding lacks becomes `?`.
"""

import re
from typing import Final

# C0 and C1, the line ends of Unicode, halves of pairs, and the two code points that are no characters.
_UNFIT: Final = "\\x00-\\x1f\\x7f-\\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff"
_unfit_in_text = re.compile(f"[|{_UNFIT}]")
_unfit_in_xml = re.compile(f"[&<>{_UNFIT}]")
# Next to no name has one; a search costs a third of a substitution. Letters and digits alone, as most names are, hold
# none, and to ask that costs a tenth of the search.
_has_unfit_in_text, _has_unfit_in_xml = _unfit_in_text.search, _unfit_in_xml.search
_BLANK: Final = " "
_ESCAPED: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def text_field(value: str) -> str:
    """As a field of a line of the text form."""
    if value.isalnum() or not _has_unfit_in_text(value):
        return value
    return _unfit_in_text.sub(_BLANK, value)


def xml_content(value: str) -> str:
    """As the content of an element; not fit for an attribute."""
    if value.isalnum() or not _has_unfit_in_xml(value):
        return value
    return _unfit_in_xml.sub(lambda found: _ESCAPED.get(found[0], _BLANK), value)


def encoded(text: str, encoding: str) -> bytes:
    """`?` for each character that the encoding lacks."""
    return text.encode(encoding, "replace")


def is_encodable(text: str, encoding: str) -> bool:
    return encoded(text, encoding).decode(encoding) == text
