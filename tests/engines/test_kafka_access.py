"""Brokers that ask for TLS, a login or a certificate: who proves itself settles, and others are told what is wrong."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from app.embedded.postgres import start_postgres
from app.embedded.stack import Stack
from app.errors import KafkaUnavailable
from app.installation import installed_on
from app.kafka import make_producer, why_away
from app.settlement.producer_check import HEADER
from pydantic import SecretStr
from tests.builders import HOSPITAL, add_institution, add_person, payment_json
from tests.engines.certificates import Authority
from tests.engines.chosen import KAFKA, POSTGRES
from tests.engines.kafka import Security, start_kafka
from tests.harness import House, eventually, house_of, settings

pytestmark = pytest.mark.engines

USER, PASSWORD = "medsettle", f"of-the-service-{secrets.token_hex(8)}"
LOGIN = {"kafka_username": USER, "kafka_password": SecretStr(PASSWORD)}
MECHANISMS = ("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN")
_MODULES = "org.apache.kafka.common.security"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("keys") / "authority")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("keys") / "stranger")


def _tls(authority: Authority) -> dict[str, str]:
    return {"ssl.keystore.type": "PEM", "ssl.keystore.location": str(authority.sign("broker").both)}


@asynccontextmanager
async def _house_with(folder: Path, security: Security, **reached_by: Any) -> AsyncIterator[House]:
    """A house whose broker is secured, with HOSPITAL and P1."""
    assert KAFKA, "run by `make test-kafka`"
    postgres = await start_postgres(folder, programs=POSTGRES)
    try:
        broker = await start_kafka(KAFKA, folder / "kafka", security)
        try:
            stack = Stack(folder, postgres, broker)
            async with installed_on(stack, settings(**reached_by)) as installation, house_of(installation) as house:
                await add_institution(house.pool, HOSPITAL)
                await add_person(house.pool, "P1", balance=10_000)
                yield house
        finally:
            await broker.stop()
    finally:
        await postgres.stop()


@pytest.fixture(scope="module")
async def by_login(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """TLS and a login, in each of the ways that we know."""
    modules = {
        "scram-sha-512.sasl.jaas.config": f"{_MODULES}.scram.ScramLoginModule required;",
        "scram-sha-256.sasl.jaas.config": f"{_MODULES}.scram.ScramLoginModule required;",
        "plain.sasl.jaas.config": f'{_MODULES}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";',
    }
    offered = {"sasl.enabled.mechanisms": ",".join(MECHANISMS)}
    logins = [f"{mechanism}=[name={USER},password={PASSWORD}]" for mechanism in MECHANISMS[:2]]
    security = Security("SASL_SSL", {**_tls(authority), **offered, **modules}, logins)
    known = {"kafka_security_protocol": "SASL_SSL", "kafka_ca_file": str(authority.file), **LOGIN}
    async with _house_with(tmp_path_factory.mktemp("login") / "house", security, **known) as house:
        yield house


@pytest.fixture(scope="module")
async def by_certificate(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """TLS on both sides."""
    trusted = {"ssl.truststore.type": "PEM", "ssl.truststore.location": str(authority.file)}
    security = Security("SSL", {**_tls(authority), **trusted, "ssl.client.auth": "required"})
    known = {"kafka_security_protocol": "SSL", "kafka_ca_file": str(authority.file), **_ours(authority)}
    async with _house_with(tmp_path_factory.mktemp("certificate") / "house", security, **known) as house:
        yield house


def _ours(authority: Authority) -> dict[str, str]:
    mine = authority.sign("medsettle")
    return {"kafka_certificate_file": str(mine.certificate), "kafka_key_file": str(mine.key)}


async def _settles(house: House) -> None:
    worker = await house.start_worker()
    message_id = f"K{secrets.token_hex(8)}"
    await house.send(payment_json(message_id=message_id, person_no="P1", amount=1))
    [told] = await house.told(message_id)
    assert told.outcome["status"] == "settled"
    assert await house.stop(worker) == 0


async def _log_of_a_refused_worker(house: House, folder: Path, **wrong: Any) -> str:
    """What it says before it ends; whatever that is, it holds no traceback and no password."""
    async with house.other(folder, **wrong) as other:
        worker = other.installation._start("worker")
        assert await worker.ended(60)
        log = worker.log.read_text()
    assert worker.exit_code == 1
    assert "Traceback" not in log
    assert PASSWORD not in log
    assert "wrong" not in log
    return log


async def test_a_worker_settles_over_tls_with_a_login(by_login: House) -> None:
    await _settles(by_login)


async def test_a_worker_settles_over_tls_with_a_certificate(by_certificate: House) -> None:
    await _settles(by_certificate)


@pytest.mark.parametrize("mechanism", MECHANISMS)
async def test_each_way_to_log_in_publishes(by_login: House, mechanism: str) -> None:
    producer = make_producer(by_login.settings.model_copy(update={"kafka_sasl_mechanism": mechanism}))
    async with producer:
        sent = await producer.send_and_wait(by_login.settings.topic_transactions, b"{}", headers=[(HEADER, b"none")])
    assert sent.offset >= 0


async def test_a_broker_of_another_authority_is_refused(by_login: House, stranger: Authority, tmp_path: Path) -> None:
    log = await _log_of_a_refused_worker(by_login, tmp_path / "other", kafka_ca_file=str(stranger.file))
    assert "has a certificate that we do not trust" in log
    assert "MEDSETTLE_KAFKA_CA_FILE" in log


async def test_a_broker_under_another_name_than_its_certificates_is_refused(by_login: House, tmp_path: Path) -> None:
    elsewhere = f"localhost:{by_login.broker.port}"
    log = await _log_of_a_refused_worker(by_login, tmp_path / "other", kafka_bootstrap_servers=elsewhere)
    assert "has a certificate that we do not trust (Hostname mismatch" in log


@pytest.mark.parametrize("mechanism", MECHANISMS)
async def test_a_wrong_password_is_said_and_not_shown(by_login: House, tmp_path: Path, mechanism: str) -> None:
    wrong = {"kafka_password": SecretStr("wrong-one"), "kafka_sasl_mechanism": mechanism}
    log = await _log_of_a_refused_worker(by_login, tmp_path / "other", **wrong)
    assert "refuses the login: see MEDSETTLE_KAFKA_USERNAME and MEDSETTLE_KAFKA_PASSWORD" in log


async def test_who_shows_no_certificate_or_a_strangers_is_told(
    by_certificate: House, stranger: Authority, tmp_path: Path
) -> None:
    for number, wrong in enumerate(({"kafka_certificate_file": "", "kafka_key_file": ""}, _ours(stranger))):
        log = await _log_of_a_refused_worker(by_certificate, tmp_path / str(number), **wrong)
        assert "wants another protocol or a certificate that it trusts" in log


async def test_an_api_that_kafka_refuses_settles_and_says_what_to_do(by_login: House, tmp_path: Path) -> None:
    """What it settled is told by whoever is let in."""
    wrong = {"kafka_password": SecretStr("wrong-one")}
    message_id = f"K{secrets.token_hex(8)}"
    async with by_login.other(tmp_path / "other", **wrong) as other, other.client() as client:
        api = await other.start_api()
        answer = await client.post(
            "/v1/transactions", content=payment_json(message_id=message_id, person_no="P1", amount=1)
        )
        assert answer.json()["status"] == "settled"

        async def says_why() -> bool:
            return "refuses the login" in api.log_text()

        await eventually(says_why)
    log = api.log.read_text()
    assert "Traceback" not in log
    assert "wrong-one" not in log
    await by_login.start_worker()
    assert (await by_login.told(message_id))[0].outcome["status"] == "settled"


async def test_plain_text_to_a_broker_of_tls_is_an_error_that_says_so(by_login: House) -> None:
    plain = {"kafka_security_protocol": "PLAINTEXT", "kafka_ca_file": "", "kafka_username": ""}
    opened = by_login.settings.model_copy(update={**plain, "kafka_password": SecretStr("")})
    found = await why_away(opened)
    assert isinstance(found, KafkaUnavailable)
    assert "see MEDSETTLE_KAFKA_SECURITY_PROTOCOL" in str(found)
