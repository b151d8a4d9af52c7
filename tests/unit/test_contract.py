"""The documents that clients are given say what the code does."""

import runpy
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "contract"
DOCUMENTS: dict[str, str] = runpy.run_path(str(FOLDER / "generate.py"))["documents"]()


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_contract_document_is_what_the_code_says(name: str) -> None:
    stored = (FOLDER / name).read_text(encoding="utf-8")
    assert stored == DOCUMENTS[name], "run `make contract` and read the difference"
