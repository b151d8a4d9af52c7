"""Houses that a test may break: each has servers of its own on a data folder that is thrown away."""

from pathlib import Path

import pytest
from tests.harness import house_in


@pytest.fixture(scope="session")
async def house_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a migrated cluster in it, to be copied."""
    folder = tmp_path_factory.mktemp("used") / "house"
    async with house_in(folder):
        pass
    return folder
