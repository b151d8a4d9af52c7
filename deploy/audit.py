"""Known weaknesses of the packages that the lock pins, by pip-audit: `python -m deploy.audit`.

Exit code 1: there are some. Exit code 3: the advisories cannot be asked from here, so nothing is proved. An index that
tells nothing makes every package look sound; so it is asked first about one that is known not to be.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

LOCK = Path(__file__).resolve().parents[1] / "requirements.lock"

#: A release whose weaknesses have been public since 2014.
KNOWN_TO_BE_WEAK = "jinja2==2.7"

EXIT_WEAK, EXIT_NOT_TESTED = 1, 3
_SECONDS_MAX = 600


class Report(NamedTuple):
    """Of packages, as `name==version`: what is known against them, and those of which nothing is told at all."""

    weak: dict[str, list[str]]
    unknown: list[str]
    sound: int


class CannotAskError(Exception):
    pass


def main() -> int:
    try:
        with tempfile.TemporaryDirectory() as folder:
            control = Path(folder) / "control.txt"
            control.write_text(KNOWN_TO_BE_WEAK)
            if not read(_asked(control)).weak:
                raise CannotAskError(f"it does not know {KNOWN_TO_BE_WEAK}")
        report = read(_asked(LOCK))
    except CannotAskError as error:
        print(f"audit: NOT TESTED, the service of advisories cannot be asked from here: {error}", file=sys.stderr)
        return EXIT_NOT_TESTED
    for package, advisories in report.weak.items():
        print(f"audit: {package}: {', '.join(advisories)}", file=sys.stderr)
    for package in report.unknown:
        print(f"audit: NOT TESTED, nothing is told of {package}", file=sys.stderr)
    print(f"audit: {report.sound} packages without a known weakness, {len(report.weak)} with")
    if report.weak:
        return EXIT_WEAK
    return EXIT_NOT_TESTED if report.unknown else 0


def read(answer: dict[str, Any]) -> Report:
    """What pip-audit's JSON says."""
    weak: dict[str, list[str]] = {}
    unknown: list[str] = []
    sound = 0
    for each in answer["dependencies"]:
        package = f"{each['name']}=={each['version']}" if "version" in each else each["name"]
        if "skip_reason" in each:
            unknown.append(package)
        elif each["vulns"]:
            weak[package] = [advisory["id"] for advisory in each["vulns"]]
        else:
            sound += 1
    return Report(weak, unknown, sound)


def _asked(requirements: Path) -> dict[str, Any]:
    """Raises CannotAskError where the service does not answer."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(requirements), "--no-deps", "--disable-pip"]
    try:
        done = subprocess.run(
            [*command, "--format", "json", "--progress-spinner", "off"],
            capture_output=True, text=True, check=False, timeout=_SECONDS_MAX,
        )  # fmt: skip
        answer: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, json.JSONDecodeError) as error:
        raise CannotAskError(type(error).__name__) from None
    return answer


if __name__ == "__main__":
    sys.exit(main())
