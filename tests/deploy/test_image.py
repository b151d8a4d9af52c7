"""The recipe of the image, and that it takes what is tested."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from compose_spec import PyCompose
from tests.deploy.charts import CHART, ROOT

HADOLINT = Path(sys.executable).with_name("hadolint")


def hadolint(recipe: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [HADOLINT, "--failure-threshold", "style", "-"], input=recipe, capture_output=True, text=True, check=False
    )


def pins(lock: Path) -> dict[str, str]:
    lines = [line.split()[0] for line in lock.read_text().splitlines() if line and line[0].isalnum()]
    return dict(line.split("==") for line in lines)


@pytest.fixture(scope="module")
def recipe() -> str:
    return (ROOT / "Dockerfile").read_text()


def test_hadolint_finds_nothing(recipe: str) -> None:
    result = hadolint(recipe)
    assert (result.returncode, result.stdout) == (0, "")


def test_hadolint_would_find_a_loose_base(recipe: str) -> None:
    loose = recipe.replace("FROM ${PYTHON_IMAGE}@${PYTHON_DIGEST}", "FROM python")
    assert "DL3006" in hadolint(loose).stdout


def test_every_stage_begins_with_a_digest_that_must_be_named(recipe: str) -> None:
    lines = recipe.splitlines()
    bases = [line.split()[1] for line in lines if line.startswith("FROM ")]
    assert len(bases) == 2
    assert set(bases) == {"${PYTHON_IMAGE}@${PYTHON_DIGEST}"}
    assert "ARG PYTHON_DIGEST" in lines


def test_the_image_runs_as_a_number_that_is_not_root(recipe: str) -> None:
    [user] = [line.split()[1] for line in recipe.splitlines() if line.startswith("USER ")]
    assert all(int(part) > 0 for part in user.split(":"))


@pytest.mark.parametrize("part", ["runtime", "build"])
def test_the_image_takes_the_versions_that_are_tested(part: str) -> None:
    taken, tested = pins(ROOT / f"deploy/image/{part}.lock"), pins(ROOT / "requirements.lock")
    assert taken
    assert taken.items() <= tested.items()


def test_nothing_gets_into_the_build_but_what_is_named() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert next(line for line in lines if not line.startswith("#")) == "*"
    let_in = {line[1:] for line in lines if line.startswith("!")}
    assert let_in == {"app", "migrations", "deploy/image/*.lock", "pyproject.toml", "README.md", "LICENSE"}


def test_the_chart_is_of_the_release() -> None:
    from app import __version__

    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert chart["appVersion"] == __version__


# Compose


@pytest.fixture(scope="module")
def compose() -> PyCompose:
    return PyCompose.from_yaml(yaml.safe_dump(yaml.safe_load((ROOT / "compose.yaml").read_text())))


def test_the_compose_file_is_one(compose: PyCompose) -> None:
    assert set(compose.service_names()) == {
        "postgres", "kafka", "topics", "migrate", "api", "worker", "scheduler", "sftp",
    }  # fmt: skip


def test_the_compose_validation_would_notice_an_unknown_field() -> None:
    document = yaml.safe_load((ROOT / "compose.yaml").read_text())
    document["services"]["api"]["read_onyl"] = True
    with pytest.raises(ValueError, match="read_onyl"):
        PyCompose.from_yaml(yaml.safe_dump(document))


def test_every_service_that_lives_on_has_a_healthcheck_and_starts_after_what_it_needs() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    for name in ("postgres", "kafka", "api", "worker", "scheduler", "sftp"):
        assert services[name]["healthcheck"]["test"]
    for name in ("api", "worker", "scheduler", "sftp"):
        conditions = {other: how["condition"] for other, how in services[name]["depends_on"].items()}
        assert conditions == dict.fromkeys(("migrate", "topics"), "service_completed_successfully")


def test_our_services_are_confined_and_published_on_this_machine_alone() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    for name in ("migrate", "api", "worker", "scheduler", "sftp"):
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)
