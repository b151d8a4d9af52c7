"""The list of what the image holds names each package that its lock pins, and nothing of the machine it was made on."""

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.deploy.charts import ROOT

LOCK = ROOT / "deploy" / "image" / "runtime.lock"


def test_the_bill_of_materials_names_every_pinned_package_with_its_hashes(tmp_path: Path) -> None:
    file = tmp_path / "sbom.json"
    subprocess.run([sys.executable, "-W", "ignore", "-m", "cyclonedx_py", *_words(file)], check=True)
    bill = json.loads(file.read_text())
    pinned = set(re.findall(r"^([a-z0-9-]+)==([^ ;]+)", LOCK.read_text(), re.MULTILINE))
    assert {(each["name"], each["version"]) for each in bill["components"]} == pinned
    assert all(each["externalReferences"][0]["hashes"] for each in bill["components"])
    assert bill["metadata"]["component"]["name"] == "medsettle"
    assert bill["bomFormat"] == "CycloneDX"
    assert str(Path.home()) not in file.read_text()
    assert set(re.findall(r"https://([^/\"]+)/simple", file.read_text())) == {"pypi.org"}


def _words(file: Path) -> list[str]:
    """The words of `make sbom`, with another file to write."""
    [line] = [line for line in (ROOT / "Makefile").read_text().splitlines() if "cyclonedx" in line]
    words = line.split("-m cyclonedx_py ")[1].split()
    return [_placed(word, file) for word in words]


def _placed(word: str, file: Path) -> str:
    if word == "build/sbom.json":
        return str(file)
    return str(ROOT / word) if (ROOT / word).is_file() else word
