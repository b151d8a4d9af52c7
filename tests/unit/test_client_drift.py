"""The generated part of the Python client is what the generator makes of the contract."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
GENERATED = ROOT / "clients" / "python" / "medsettle_client" / "generated"


def test_the_client_is_what_the_contract_makes(tmp_path: Path) -> None:
    binaries = Path(sys.executable).parent
    made = tmp_path / "generated"
    subprocess.run(
        [
            binaries / "openapi-python-client", "generate", "--meta", "none",
            "--path", ROOT / "docs" / "contract" / "openapi.json",
            "--config", ROOT / "clients" / "python" / "generator.yml",
            "--output-path", made,
        ],
        env={**os.environ, "PATH": f"{binaries}:{os.environ['PATH']}"},
        check=True,
        capture_output=True,
    )  # fmt: skip
    assert contents(made) == contents(GENERATED), "run `make client` and read the difference"


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in folder.rglob("*.py")}
