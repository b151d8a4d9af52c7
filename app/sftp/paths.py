"""What a bank sees: `/out` to read from, `/in` to lay acknowledgments into, and nothing else. Pure functions.

No path of a client ever reaches a file system: it is taken apart here, and what is behind it is looked up by name.
"""

import posixpath
import re
from enum import Enum
from typing import Final, NamedTuple

DIGEST: Final = ".sha256"
SIGNATURE: Final = ".sig"
RESULT: Final = ".ack.result.json"

_is_name = re.compile(r"[A-Za-z0-9._-]{1,140}").fullmatch
_is_acknowledgment = re.compile(r"(?P<file_id>[A-Za-z0-9._-]{1,100})\.ack(?:\.txt|\.xml)?").fullmatch


class Folder(Enum):
    ROOT = "/"
    OUT = "/out"
    IN = "/in"


class Place(NamedTuple):
    """name: '' for the folder itself."""

    folder: Folder
    name: str = ""


def place_of(path: bytes) -> Place | None:
    """None where nothing can be."""
    try:
        normal = normalized(path)
    except UnicodeDecodeError:
        return None
    for folder in Folder:
        if normal == folder.value:
            return Place(folder)
    parent, name = posixpath.split(normal)
    if parent not in (Folder.OUT.value, Folder.IN.value) or not _is_name(name):
        return None
    return Place(Folder(parent), name)


def normalized(path: bytes) -> str:
    """From the root, without `.`, `..` and doubled slashes. Raises UnicodeDecodeError."""
    normal = posixpath.normpath(posixpath.join("/", path.decode()))
    return f"/{normal.lstrip('/')}"


def split(name: str) -> tuple[str, str]:
    """The file's own name, and which of its side files is meant; '' where none is."""
    for suffix in (RESULT, DIGEST, SIGNATURE):
        if name.endswith(suffix):
            return name.removesuffix(suffix), suffix
    return name, ""


def acknowledged_file(name: str) -> str | None:
    """The file that an upload of this name acknowledges; None for a name under which it is only on its way."""
    found = _is_acknowledgment(name)
    return None if found is None else found["file_id"]
