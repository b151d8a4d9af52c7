"""A Postgres that speaks TLS is proved by its certificate, and whoever reads the log learns what is wrong with it."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from app.database import open_pool, transaction
from app.embedded.broker import start_broker
from app.embedded.postgres import start_postgres
from app.embedded.stack import Stack
from app.errors import DatabaseUnavailable
from app.installation import EMBEDDED_KAFKA, installed_on, with_short_sessions
from pydantic import SecretStr
from tests.builders import HOSPITAL, add_institution, add_person, payment_json
from tests.commands import medsettle
from tests.engines.certificates import Authority
from tests.engines.chosen import POSTGRES
from tests.harness import House, eventually, house_of, owned, settings

pytestmark = pytest.mark.engines

UNTRUSTED = "Postgres has a certificate that we do not trust"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("keys") / "authority")


@pytest.fixture(scope="module")
async def house(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    assert POSTGRES, "run by `make test-pg15`: the Postgres of the wheel speaks no TLS"
    folder = tmp_path_factory.mktemp("tls") / "house"
    mine = authority.sign("postgres")
    tls = {"ssl": "on", "ssl_cert_file": str(mine.certificate), "ssl_key_file": str(mine.key)}
    postgres = await start_postgres(folder, settings=tls, programs=POSTGRES)
    broker = await start_broker(folder)
    try:
        stack = Stack(folder, postgres, broker)
        async with (
            installed_on(stack, with_short_sessions(settings(**EMBEDDED_KAFKA))) as installation,
            house_of(installation) as house,
        ):
            await add_institution(house.pool, HOSPITAL)
            await add_person(house.pool, "P1", balance=10_000)
            yield house
    finally:
        await broker.stop()
        await postgres.stop()


def _url(house: House, authority: Authority, *, mode: str = "verify-full", host: str = "127.0.0.1") -> SecretStr:
    url = house.settings.database_url.get_secret_value().replace("127.0.0.1", host)
    return SecretStr(f"{url}?sslmode={mode}&sslrootcert={authority.file}")


async def _refusal(url: SecretStr) -> str:
    """What whoever asks for this database is told."""
    pool = await open_pool(url.get_secret_value(), size_max=1, application_name="tests")
    async with pool:
        with pytest.raises(DatabaseUnavailable) as refused:
            async with transaction(pool):
                pass
    return str(refused.value)


async def test_every_connection_of_the_service_is_encrypted(house: House, authority: Authority, tmp_path: Path) -> None:
    async with house.other(tmp_path / "other", database_url=_url(house, authority)) as other, other.client() as client:
        await other.start_worker()
        await other.start_api()
        message_id = f"K{secrets.token_hex(8)}"
        answer = await client.post(
            "/v1/transactions", content=payment_json(message_id=message_id, person_no="P1", amount=1)
        )
        assert answer.json()["status"] == "settled"
        await other.send(payment_json(message_id=f"T{message_id}", person_no="P1", amount=1))
        await house.told(f"T{message_id}")
        async with owned(house) as owner:
            encrypted = await owner.fetch(
                "SELECT DISTINCT application_name, ssl FROM pg_stat_activity JOIN pg_stat_ssl USING (pid)"
                " WHERE usename = 'medsettle_app' AND application_name LIKE 'medsettle %'"
            )
    names = {row["application_name"] for row in encrypted}
    assert names >= {"medsettle worker posting", "medsettle worker", "medsettle api"}
    assert all(row["ssl"] for row in encrypted)


async def test_a_server_of_another_authority_is_refused(house: House, tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "stranger")
    assert (await _refusal(_url(house, stranger))).startswith(UNTRUSTED)


async def test_a_server_under_another_name_than_its_certificates_is_refused(house: House, authority: Authority) -> None:
    assert (await _refusal(_url(house, authority, host="localhost"))).startswith(f"{UNTRUSTED} (Hostname mismatch")


async def test_a_file_of_authorities_that_is_missing_is_said(house: House, tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "stranger")
    stranger.file.unlink()
    assert "names a file of certificates that is not there" in await _refusal(_url(house, stranger))


async def test_a_server_without_tls_is_refused_where_tls_is_asked_for(
    house: House, authority: Authority, tmp_path: Path
) -> None:
    plain = await start_postgres(tmp_path / "plain", settings={"shared_buffers": "16MB"}, programs=POSTGRES)
    try:
        url = SecretStr(f"{plain.superuser_url}?sslmode=verify-full&sslrootcert={authority.file}")
        assert "does not speak TLS" in await _refusal(url)
    finally:
        await plain.stop()


async def test_a_worker_that_does_not_trust_its_database_waits_and_says_why(house: House, tmp_path: Path) -> None:
    wrong = _url(house, Authority(tmp_path / "stranger"))
    async with house.other(tmp_path / "other", database_url=wrong) as other:
        worker = await other.start_worker()
        message_id = f"K{secrets.token_hex(8)}"
        await house.send(payment_json(message_id=message_id, person_no="P1", amount=1))

        async def says_why() -> bool:
            return UNTRUSTED in worker.log_text()

        await eventually(says_why)
        assert worker.exit_code is None
        log = worker.log.read_text()
    assert "Traceback" not in log
    assert house.settings.database_url.get_secret_value() not in log
    await house.start_worker()
    assert (await house.told(message_id))[0].outcome["status"] == "settled"


async def test_a_command_that_is_refused_ends_with_a_sentence(
    house: House, authority: Authority, tmp_path: Path
) -> None:
    stranger, login = Authority(tmp_path / "stranger"), house.settings.database_url.get_secret_value()
    password = login.split(":")[2].split("@")[0]
    for url, says in (
        (_url(house, stranger).get_secret_value(), UNTRUSTED),
        (login.replace(password, "another"), "Postgres refuses the login of the database's URL."),
    ):
        done = medsettle("verify", MEDSETTLE_DATABASE_URL=url)
        assert done.returncode != 0
        assert says in done.stderr
        assert "Traceback" not in done.stderr
        assert password not in done.stderr
        assert "another" not in done.stderr
