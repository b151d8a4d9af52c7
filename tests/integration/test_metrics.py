"""What a real run tells is what docs/metrics.md lists, both ways; and no label takes what a sender chooses."""

import re
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress

import httpx
import pytest
from app.embedded.process import Child
from app.metrics import CATALOGUE
from prometheus_client.parser import text_string_to_metric_families
from tests.builders import payment_json
from tests.harness import House, eventually

# Series that the client library makes of a histogram, and its own metrics.
_SUFFIX = re.compile(r"_(bucket|sum|count|created)$")


async def scraped(house: House, *children: Child) -> dict[str, list[dict[str, str]]]:
    """Labels of all samples by metric name, of the API and of processes that serve their own."""
    texts = []
    async with httpx.AsyncClient() as client:
        texts.append((await client.get(f"{house.installation.base_url}/metrics")).text)
        for child in children:
            [port] = re.findall(r'"port": (\d+), "event": "metrics_served"', child.log.read_text())[-1:]
            texts.append((await client.get(f"http://127.0.0.1:{port}/metrics")).text)
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    types = {each.name: each.type for each in CATALOGUE}
    for text in texts:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                name = sample.name if types.get(sample.name) else _SUFFIX.sub("", sample.name)
                if name.startswith("medsettle_") and not sample.name.endswith("_created"):
                    found[name].append({name: value for name, value in sample.labels.items() if name != "le"})
    return found


@pytest.fixture
async def told(standing: House, person: str, client: httpx.AsyncClient) -> dict[str, list[dict[str, str]]]:
    """Of a run with both ways in, a dead letter, and requests to addresses that a sender made up."""
    message_id = f"METRICS-{person}"
    await standing.send(payment_json(message_id=message_id, person_no=person), key=person.encode())
    await standing.send(b"{", key=b"X")
    await standing.told(message_id)
    await client.get(f"/v1/made-up/{person}")
    await client.get(f"/v1/persons/{person}/accounts")
    await client.post("/v1/transactions", content=payment_json(message_id=f"H{person}", person_no=person))
    await standing.dead_letters.having(lambda record: record.value == b"{")
    scheduler = await standing.start_scheduler()
    [worker] = [child for child in standing.installation.children if child.name == "worker"]
    found: dict[str, list[dict[str, str]]] = {}

    async def all_told() -> bool:
        """Some are first told when their figures were read, a moment after the process is ready."""
        found.update(await scraped(standing, worker, scheduler))
        return {each.name for each in CATALOGUE} <= set(found)

    with suppress(AssertionError):  # which of them is missing the test says
        await eventually(all_told)
    await standing.stop(scheduler)
    standing.installation.children.remove(scheduler)
    return found


async def test_a_run_tells_the_documented_metrics_with_their_labels(told: dict[str, list[dict[str, str]]]) -> None:
    documented = {each.name: set(each.labels) for each in CATALOGUE}
    assert set(told) == set(documented)
    assert {name: set().union(*map(set, labels)) for name, labels in told.items()} == documented


async def test_no_label_holds_what_a_sender_chose(told: dict[str, list[dict[str, str]]], person: str) -> None:
    values = {value for labels in told.values() for each in labels for value in each.values()}
    assert not [value for value in values if person in value]
    routes = {each["route"] for each in told["medsettle_http_request_seconds"]}
    assert {"none", "/v1/transactions", "/v1/persons/{person_no}/accounts"} <= routes


def labels_of(told: dict[str, list[dict[str, str]]], name: str, label: str) -> set[str]:
    labels: Iterable[dict[str, str]] = told[name]
    return {each[label] for each in labels}


async def test_outcomes_are_told_by_way_in_and_kind(told: dict[str, list[dict[str, str]]]) -> None:
    assert {"kafka", "http"} <= labels_of(told, "medsettle_outcomes_total", "origin")
    assert "payment" in labels_of(told, "medsettle_outcomes_total", "kind")
    assert "settled" in labels_of(told, "medsettle_outcomes_total", "status")
