"""An audit that could ask nobody does not pass."""

from typing import Any

import pytest

from deploy import audit

WEAK = {"name": "jinja2", "version": "2.7", "vulns": [{"id": "PYSEC-2014-8"}, {"id": "PYSEC-2014-82"}]}
SOUND = {"name": "orjson", "version": "3.11.0", "vulns": []}
NOT_TOLD = {"name": "asyncpg", "skip_reason": "Dependency not found on PyPI"}


def _answering(monkeypatch: pytest.MonkeyPatch, control: list[Any], lock: list[Any]) -> None:
    answers = iter((control, lock))
    monkeypatch.setattr(audit, "_asked", lambda _: {"dependencies": next(answers)})


def test_packages_are_weak_sound_or_not_known() -> None:
    report = audit.read({"dependencies": [WEAK, SOUND, NOT_TOLD]})
    assert report == audit.Report({"jinja2==2.7": ["PYSEC-2014-8", "PYSEC-2014-82"]}, ["asyncpg"], 1)


@pytest.mark.parametrize(
    ("control", "lock", "code"),
    [
        ([WEAK], [SOUND, SOUND], 0),
        ([WEAK], [SOUND, WEAK], audit.EXIT_WEAK),
        ([WEAK], [SOUND, NOT_TOLD], audit.EXIT_NOT_TESTED),
        ([{**SOUND, "name": "jinja2"}], [SOUND], audit.EXIT_NOT_TESTED),
        ([NOT_TOLD], [SOUND], audit.EXIT_NOT_TESTED),
    ],
)
def test_the_exit_code_tells_weak_from_not_tested(
    monkeypatch: pytest.MonkeyPatch, control: list[Any], lock: list[Any], code: int
) -> None:
    _answering(monkeypatch, control, lock)
    assert audit.main() == code


def test_a_service_that_does_not_answer_is_not_a_pass(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def away(_: object) -> dict[str, Any]:
        raise audit.CannotAskError("JSONDecodeError")

    monkeypatch.setattr(audit, "_asked", away)
    assert audit.main() == audit.EXIT_NOT_TESTED
    assert "NOT TESTED" in capsys.readouterr().err
