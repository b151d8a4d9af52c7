"""A real Prometheus scrapes a running service under a little traffic: panels have data, and what breaks is told.

The rules are those of deploy/alerts in a hurry: every duration is a twentieth.
"""

import asyncio
import secrets
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from signal import SIGTERM
from typing import Any

import httpx
import pytest
import yaml
from app.embedded.ports import free_port
from app.embedded.process import spawn
from deploy.generate import as_yaml
from tests.builders import HOSPITAL, add_institution, add_person, payment_json
from tests.harness import House, eventually, house_in, owned

from deploy import grafana, rules

pytestmark = [pytest.mark.monitoring, pytest.mark.xdist_group("prometheus")]

ROOT = Path(__file__).parents[2]
PACE = rules.Pace(scale=0.05, range_seconds_min=8)


class Prometheus:
    def __init__(self, port: int) -> None:
        self._client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=30)

    async def close(self) -> None:
        await self._client.aclose()

    async def is_ready(self) -> bool:
        with suppress(httpx.TransportError):
            return (await self._client.get("/query", params={"query": "1"})).is_success
        return False

    async def query(self, expression: str) -> list[dict[str, Any]]:
        answer = await self._client.get("/query", params={"query": expression})
        assert answer.status_code == 200, f"{expression}: {answer.text}"
        found: list[dict[str, Any]] = answer.json()["data"]["result"]
        return found

    async def firing(self) -> list[dict[str, str]]:
        """Labels of the alerts that are raised."""
        try:
            alerts = (await self._client.get("/alerts")).json()["data"]["alerts"]
        except httpx.TransportError:
            return []
        return [alert["labels"] for alert in alerts if alert["state"] == "firing"]

    async def raises(self, name: str, **labels: str) -> None:
        async def raised() -> bool:
            wanted = {"alertname": name, **labels}
            return any(wanted.items() <= alert.items() for alert in await self.firing())

        await eventually(raised)

    async def takes_back(self, *names: str) -> None:
        async def quiet() -> bool:
            return not [alert for alert in await self.firing() if alert["alertname"] in names]

        await eventually(quiet)


def installed_here(command: str) -> str:
    found = shutil.which(command)
    assert found, f"{command} is not here: install Debian's package `prometheus`"
    return found


@pytest.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("watched") / "house"
    ports = {"worker_metrics_port": free_port(), "scheduler_metrics_port": free_port()}
    async with house_in(folder, **ports) as house:
        await add_institution(house.pool, HOSPITAL)
        for number in range(4):
            await add_person(house.pool, f"W{number}", balance=10_000_000)
        await house.start_worker()
        await house.start_api()
        await house.start_scheduler()
        traffic = asyncio.create_task(_send_a_little(house))
        yield house
        traffic.cancel()
        with suppress(asyncio.CancelledError):
            await traffic


async def _send_a_little(house: House) -> None:
    """Payments both ways in, what nobody can read, and a caller whom nobody knows."""
    async with house.client() as client, httpx.AsyncClient(base_url=house.installation.base_url) as stranger:
        while True:
            with suppress(httpx.HTTPError):
                for number in range(3):  # W3 is left to a test of its own
                    body = payment_json(message_id=secrets.token_hex(8), person_no=f"W{number}", amount=1)
                    await client.post("/v1/transactions", content=body)
                    await house.send(
                        payment_json(message_id=secrets.token_hex(8), person_no=f"W{number}", amount=1),
                        key=f"W{number}".encode(),
                    )
                await house.send(b"{")
                await stranger.get("/v1/persons/W1/accounts")
            await asyncio.sleep(0.2)


@pytest.fixture(scope="module")
async def prometheus(house: House, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Prometheus]:
    folder, port = tmp_path_factory.mktemp("prometheus"), free_port()
    (folder / "rules.yaml").write_text(as_yaml(rules.documents(PACE)["medsettle.yaml"]))
    ports = {
        "api": house.settings.api_port,
        "worker": house.settings.worker_metrics_port,
        "scheduler": house.settings.scheduler_metrics_port,
    }
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": ["rules.yaml"],
        "scrape_configs": [
            {"job_name": f"medsettle-{name}", "static_configs": [{"targets": [f"127.0.0.1:{number}"]}]}
            for name, number in ports.items()
        ],
    }
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
    child = spawn(
        "prometheus",
        [
            installed_here("prometheus"),
            f"--config.file={folder / 'prometheus.yaml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        log=folder / "prometheus.log",
        death_signal=SIGTERM,
    )
    asking = Prometheus(port)

    async def scrapes_all() -> bool:
        return len(await asking.query("up == 1")) == 3

    try:
        await eventually(asking.is_ready)
        await eventually(scrapes_all)
        yield asking
    finally:
        await asking.close()
        await child.stop((SIGTERM, 10))


async def without_data(prometheus: Prometheus, queries: dict[str, str]) -> dict[str, str]:
    """Those that come to nothing, once the recorded ratios have had time to come."""
    for _ in range(40):
        empty = {name: query for name, query in queries.items() if not await prometheus.query(query)}
        if not empty:
            return {}
        await asyncio.sleep(1)
    return empty


async def test_every_query_of_every_panel_has_data(prometheus: Prometheus) -> None:
    queries = {
        f"{dashboard}: {panel['title']} {target['refId']}": target["expr"].replace("$__rate_interval", "10s")
        for dashboard, content in grafana.documents().items()
        for panel in content["panels"]
        for target in panel.get("targets", [])
    }
    assert len(queries) > 50
    assert await without_data(prometheus, queries) == {}


async def test_every_alert_measures_something(prometheus: Prometheus) -> None:
    burns = [alert for objective in rules.OBJECTIVES for alert in rules.burn_alerts(objective)]
    values = {f"{alert.name} {alert.burn}": alert.value for alert in [*rules.alerts(PACE), *burns]}
    assert await without_data(prometheus, values) == {}


async def test_nothing_but_the_dead_letters_is_raised_while_all_is_well(prometheus: Prometheus) -> None:
    await prometheus.raises("DeadLetters", code="invalid_json")
    truths = {alert.name for alert in rules.alerts(PACE)} - {"DeadLetters", "AccessRefused", "PoolExhausted", "LagHigh"}
    never = {"LedgerImbalance", "VerifyFailed", "SealBroken"}
    assert [alert for alert in await prometheus.firing() if alert["alertname"] in never] == []
    # One slow answer of a busy machine raises one of the others for a moment.
    await prometheus.takes_back(*truths)


async def test_a_stopped_worker_is_told(house: House, prometheus: Prometheus) -> None:
    [worker] = [child for child in house.installation.children if child.name == "worker"]
    await house.stop(worker)
    await prometheus.raises("PartitionsUnowned")
    await prometheus.raises("ProcessDown", job="medsettle-worker")
    house.installation.children.remove(worker)
    await house.start_worker()
    await prometheus.takes_back("PartitionsUnowned", "ProcessDown")


async def test_a_planted_imbalance_is_told_until_it_is_mended(house: House, prometheus: Prometheus) -> None:
    async with owned(house) as owner:
        await owner.execute("UPDATE ledger.accounts SET balance = balance + 7 WHERE owner = 'W3'")
        await prometheus.raises("LedgerImbalance", severity="page")
        [sample] = await prometheus.query("max(medsettle_ledger_imbalance_fen)")
        assert sample["value"][1] == "7"
        await owner.execute("UPDATE ledger.accounts SET balance = balance - 7 WHERE owner = 'W3'")
    await prometheus.takes_back("LedgerImbalance")


async def test_a_wedged_partition_is_told(house: House, prometheus: Prometheus) -> None:
    async with house.locked("W3"):
        place = await house.send(payment_json(message_id="WEDGED", person_no="W3", amount=1), key=b"W3")
        await prometheus.raises("PartitionStuck", partition=place.partition("/")[0])
    await house.told("WEDGED")
    await prometheus.takes_back("PartitionStuck")


async def test_a_stopped_database_is_told(house: House, prometheus: Prometheus) -> None:
    house.postgres.kill()
    await prometheus.raises("DatabaseAway", severity="page")
    await prometheus.raises("MoneyUnwatched")
    await house.postgres.restart()
    await prometheus.takes_back("DatabaseAway", "MoneyUnwatched")


def test_the_rules_pass_promtool(tmp_path: Path) -> None:
    for arguments in (["check", "rules", "medsettle.yaml"], ["test", "rules", "medsettle.test.yaml"]):
        done = subprocess.run(
            [installed_here("promtool"), *arguments],
            cwd=ROOT / "deploy/alerts",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
