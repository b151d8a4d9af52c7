"""What looks like a citizen number: 18 characters, or 15 digits of before 1999, that stand by themselves.

Longer numbers, such as message ids of 28 digits, are none, and neither is what a letter or a digit touches.
"""

import re

_CITIZEN_NO = re.compile(r"(?<![0-9A-Za-z])([0-9]{17}[0-9Xx]|[0-9]{15})(?![0-9A-Za-z])")


def masked(text: str, mark: str = "***") -> str:
    return _CITIZEN_NO.sub(mark, text)


def holds_citizen_no(text: str) -> bool:
    return _CITIZEN_NO.search(text) is not None
