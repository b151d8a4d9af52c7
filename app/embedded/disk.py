"""Says in words what the file system refuses, and refuses a disk that is nearly full."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from app.errors import StackError

MIB: Final = 1024 * 1024
FREE_MIB_MIN: Final = 500
FULL_MIB: Final = 8


def require_space(folder: Path, free_mib_min: int = FREE_MIB_MIN) -> None:
    """Refuse to start where Postgres would soon run out of space."""
    free_mib = _free_mib(folder)
    if free_mib < free_mib_min:
        raise StackError(
            f"The disk of {folder} has {free_mib} MiB free and the embedded stack needs {free_mib_min}: "
            "free some space, or choose a data folder on another disk"
        )


def made_folder(folder: Path) -> Path:
    """The absolute path of `folder`, made for us alone if it was missing."""
    with refusals_explained(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder.absolute()


def full_disk(folder: Path) -> str:
    return (
        f"The disk of {folder} ran full ({_free_mib(folder)} MiB free now): "
        "free some space, or choose a data folder on another disk"
    )


def is_full(folder: Path) -> bool:
    """True where not even a log line can be trusted to have been written."""
    return _free_mib(folder) < FULL_MIB


@contextmanager
def refusals_explained(folder: Path) -> Iterator[None]:
    """Turn an `OSError` met while preparing `folder` into a `StackError`."""
    try:
        yield
    except OSError as error:
        raise StackError(_explanation(error, folder)) from error


def _explanation(error: OSError, folder: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return full_disk(folder)
    if error.errno in (errno.EACCES, errno.EPERM):
        return (
            f"{error.filename or folder} belongs to another user or may not be written: "
            "run as the user who made it, or choose another data folder"
        )
    return f"{folder} cannot be used as a data folder: {error}"


def _free_mib(folder: Path) -> int:
    return shutil.disk_usage(folder).free // MIB
