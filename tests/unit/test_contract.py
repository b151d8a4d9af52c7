"""The documents that clients are given say what the code does."""

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from app.config import Settings
from app.main import create_app

FOLDER = Path(__file__).parents[2] / "docs" / "contract"
DOCUMENTS: dict[str, str] = runpy.run_path(str(FOLDER / "generate.py"))["documents"]()


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_contract_document_is_what_the_code_says(name: str) -> None:
    stored = (FOLDER / name).read_text(encoding="utf-8")
    assert stored == DOCUMENTS[name], "run `make contract` and read the difference"


#: Any text finds nothing where it is only compared by its hash; of a citizen number the check digit is looked at.
_COMPARED_ALONE = ("path institution", "path message_id", "body.citizen_no")


def test_every_text_that_comes_in_says_what_it_is_made_of() -> None:
    """Or a null byte goes as far as Postgres, which takes none in a text, and comes back as an error of ours."""
    document = create_app(Settings()).openapi()
    schemas: dict[str, Any] = document["components"]["schemas"]
    unbounded = {
        f"{method.upper()} {path} {place}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        for name, schema in _comes_in(operation)
        for place in _anything_goes(schema, name, schemas)
    }
    assert not {place for place in unbounded if not place.endswith(_COMPARED_ALONE)}


def _comes_in(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for parameter in operation.get("parameters", ()):
        if parameter["in"] != "header":
            yield f"{parameter['in']} {parameter['name']}", parameter["schema"]
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        if media_type.endswith("json"):
            yield "body", content["schema"]


def _anything_goes(schema: dict[str, Any], place: str, schemas: dict[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    for kind in ("anyOf", "oneOf", "allOf"):
        for one in schema.get(kind, ()):
            yield from _anything_goes(one, place, schemas)
    if schema.get("type") == "string" and not schema.keys() & {"pattern", "enum", "format", "const"}:
        yield place
    for name, inner in schema.get("properties", {}).items():
        yield from _anything_goes(inner, f"{place}.{name}", schemas)
    if "items" in schema:
        yield from _anything_goes(schema["items"], f"{place}[]", schemas)
