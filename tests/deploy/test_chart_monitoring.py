"""Dashboards and alert rules reach the cluster as they stand in the repository."""

import json
from typing import Any

import pytest
import yaml
from tests.deploy.charts import LEAST, ROOT, Resource, of_kind, rendered

WATCHED: dict[str, Any] = {
    **LEAST,
    "monitoring": {
        "serviceMonitor": {"enabled": True},
        "prometheusRule": {"enabled": True, "labels": {"release": "prometheus"}},
        "dashboards": {"enabled": True},
    },
}


@pytest.fixture(scope="module")
def resources() -> list[Resource]:
    return rendered(WATCHED)


def test_the_rules_are_those_of_the_repository(resources: list[Resource]) -> None:
    [rule] = of_kind(resources, "PrometheusRule").values()
    groups = yaml.safe_load((ROOT / "deploy" / "alerts" / "medsettle.yaml").read_text())["groups"]
    assert groups
    assert rule["spec"] == {"groups": groups}
    assert rule["metadata"]["labels"]["release"] == "prometheus"


def test_each_dashboard_of_the_repository_is_a_config_map_that_grafana_finds(resources: list[Resource]) -> None:
    maps = [
        each for each in of_kind(resources, "ConfigMap").values() if "grafana_dashboard" in each["metadata"]["labels"]
    ]
    found = {name: json.loads(text) for each in maps for name, text in each["data"].items()}
    files = (ROOT / "deploy" / "dashboards").glob("*.json")
    assert found
    assert found == {file.name: json.loads(file.read_text()) for file in files}


def test_a_config_map_stays_below_what_kubernetes_stores(resources: list[Resource]) -> None:
    for each in of_kind(resources, "ConfigMap").values():
        assert sum(map(len, each["data"].values())) < 1_000_000


def test_jobs_are_called_alike_in_every_release() -> None:
    [monitor] = of_kind(rendered(WATCHED, release="east"), "ServiceMonitor").values()
    ports = {endpoint["port"] for endpoint in monitor["spec"]["endpoints"]}
    assert ports == {
        port["name"] for each in of_kind(rendered(WATCHED), "Service").values() for port in each["spec"]["ports"]
    }
    for endpoint in monitor["spec"]["endpoints"]:
        [naming] = endpoint["relabelings"]
        assert (naming["targetLabel"], naming["replacement"]) == ("job", "medsettle-$1")
