"""The wheel that the image installs holds what the service reads beside its code."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_wheel_holds_every_template_word_and_static_file_of_the_console_and_every_migration(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    read = [
        *(file for part in ("templates", "static", "words") for file in (ROOT / "app/console" / part).iterdir()),
        *(ROOT / "migrations").glob("*.sql"),
    ]
    wanted = {str(file.relative_to(ROOT)) for file in read if file.is_file()}
    assert len(wanted) > 50
    assert wanted - held == set()
