"""Settings of the way to Kafka are weighed together, before anything is connected."""

from pathlib import Path
from typing import Any

import pytest
from app import config
from app.config import Settings
from app.errors import UsageError
from app.kafka import access
from pydantic import ValidationError
from tests.engines.certificates import Authority

FILES = {"kafka_certificate_file": "a.crt", "kafka_key_file": "a.key"}
LOGIN = {"kafka_username": "medsettle", "kafka_password": "hidden-word"}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"kafka_ca_file": "ca.crt"}, "must be SSL or SASL_SSL"),
        (FILES, "must be SSL or SASL_SSL"),
        ({**FILES, "kafka_key_file": "", "kafka_security_protocol": "SSL"}, "together, or neither"),
        (LOGIN, "must be SASL_SSL"),
        ({**LOGIN, "kafka_security_protocol": "SSL"}, "must be SASL_SSL"),
        ({"kafka_username": "medsettle", "kafka_security_protocol": "SASL_SSL"}, "together, or neither"),
        ({"kafka_security_protocol": "SASL_PLAINTEXT"}, "kafka_security_protocol"),
        ({"kafka_sasl_mechanism": "GSSAPI"}, "kafka_sasl_mechanism"),
    ],
)
def test_what_cannot_go_together_is_refused(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says) as refused:
        Settings(**given)
    assert "hidden-word" not in str(refused.value)


def test_a_login_is_asked_for_by_the_processes_that_use_it() -> None:
    """The scheduler has the same settings and no login: it does not speak to Kafka."""
    with pytest.raises(UsageError, match="MEDSETTLE_KAFKA_PASSWORD"):
        access(Settings(kafka_security_protocol="SASL_SSL"))


def test_files_that_are_not_what_they_should_be_are_named_by_their_setting(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority")
    mine, other = authority.sign("mine"), authority.sign("other")
    rubbish = tmp_path / "rubbish"
    rubbish.write_text("no PEM")
    pair = {"kafka_certificate_file": str(mine.certificate), "kafka_key_file": str(other.key)}
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"kafka_ca_file": str(tmp_path / "none")}, "MEDSETTLE_KAFKA_CA_FILE: cannot be read"),
        ({"kafka_ca_file": str(rubbish)}, "MEDSETTLE_KAFKA_CA_FILE: no PEM"),
        (pair, "MEDSETTLE_KAFKA_KEY_FILE"),
    ]
    for given, says in wrong:
        with pytest.raises(UsageError, match=says):
            access(Settings(kafka_security_protocol="SSL", **given))


def test_brokers_must_have_a_certificate_in_their_own_name(tmp_path: Path) -> None:
    made = access(Settings(kafka_security_protocol="SSL", kafka_ca_file=str(Authority(tmp_path / "authority").file)))
    assert made["ssl_context"].check_hostname is True


def test_wrong_settings_are_named_as_they_are_set_and_no_value_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDSETTLE_KAFKA_PASSWORD", "hidden-word")
    monkeypatch.setenv("MEDSETTLE_API_PORT", "hidden-port")
    config.settings.cache_clear()
    with pytest.raises(UsageError, match="MEDSETTLE_API_PORT") as refused:
        config.settings()
    assert "hidden" not in str(refused.value)
