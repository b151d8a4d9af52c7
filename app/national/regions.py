"""What differs by region, as data: `regions.toml`, and a deployment's own file over it."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from app.errors import UsageError

_PACKAGED = Path(__file__).with_name("regions.toml")
_DEFAULT = "default"

Names = Mapping[str, str]


class Region(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fields are told of in `regions.toml`."""

    failure_infcode: Literal[-1, 1]
    mutual_aid: Literal["inside", "beside"]
    stmt_rslt: Literal["short", "long"]
    a_forms: bool
    needs_sign_on: bool
    input_names: dict[str, dict[str, str]] = {}
    output_names: dict[str, dict[str, str]] = {}

    def read_names(self, infno: str, node: Any) -> Any:
        """A node of a request under the names of the tables."""
        names = self.input_names.get(infno)
        if names is None or not isinstance(node, dict):
            return node
        return {names.get(name, name): value for name, value in node.items()}

    def written_names(self, infno: str, node: dict[str, Any]) -> dict[str, Any]:
        names = self.output_names.get(infno)
        return node if names is None else {names.get(name, name): value for name, value in node.items()}


class Regions:
    def __init__(self, of_area: Mapping[str, Region]) -> None:
        self._of_area = of_area

    def of(self, area: str) -> Region:
        """Of the longest beginning of an area's code."""
        for length in range(len(area), 0, -1):
            if area[:length] in self._of_area:
                return self._of_area[area[:length]]
        return self._of_area[_DEFAULT]


def read_regions(file: str = "") -> Regions:
    """The packaged regions, with those of a file over them, if one is named. Raises UsageError for a bad one."""
    given = tomllib.loads(_PACKAGED.read_text(encoding="utf-8"))
    if file:
        try:
            given = _laid_over(given, tomllib.loads(Path(file).read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise UsageError(f"MEDSETTLE_NATIONAL_REGIONS: {file} cannot be read: {error}.") from error
    try:
        return Regions(
            {area: msgspec.convert(_laid_over(given[_DEFAULT], of_area), Region) for area, of_area in given.items()}
        )
    except msgspec.ValidationError as error:
        raise UsageError(f"MEDSETTLE_NATIONAL_REGIONS: {error}.") from error


def _laid_over(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    both = {**under, **over}
    for name, value in over.items():
        if isinstance(value, dict) and isinstance(under.get(name), dict):
            both[name] = _laid_over(under[name], value)
    return both
