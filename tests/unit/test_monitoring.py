"""Dashboards, alert rules and the list of metrics are what the code says, and each names only what there is."""

import re
from pathlib import Path

import pytest
import yaml
from app.metrics import CATALOGUE
from deploy.generate import documents

from deploy import grafana, rules

ROOT = Path(__file__).parents[2]
DOCUMENTS = documents()
RULES = [rule for group in rules.documents()["medsettle.yaml"]["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("path", sorted(DOCUMENTS))
def test_generated_file_is_what_the_code_says(path: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == DOCUMENTS[path], "run `make monitoring` and read the difference"


def test_nothing_stands_there_that_is_not_generated() -> None:
    folders = ("deploy/alerts", "deploy/dashboards")
    kept = {str(file.relative_to(ROOT)) for folder in folders for file in (ROOT / folder).iterdir()}
    assert {path for path in kept if not path.endswith(".test.yaml")} == set(DOCUMENTS) - {"docs/metrics.md"}


def test_queries_name_documented_metrics_and_recorded_ones_alone() -> None:
    known = {each.name for each in CATALOGUE} | {rule["record"] for rule in RULES if "record" in rule}
    queries = [rule["expr"] for rule in RULES] + [query for queries in _panel_queries() for query in queries]
    named = {name for query in queries for name in re.findall(r"medsettle[:_][a-z0-9_:]+", query)}
    assert {re.sub(r"_(bucket|sum|count)$", "", name) for name in named} <= known
    assert len(named) > 20


def _panel_queries() -> list[list[str]]:
    return [
        list(panel.queries.values()) for _, rows in grafana.DASHBOARDS.values() for row in rows for panel in row.panels
    ]


def test_every_metric_is_watched_by_a_panel_or_a_rule() -> None:
    queries = " ".join([rule["expr"] for rule in RULES] + [query for each in _panel_queries() for query in each])
    assert [each.name for each in CATALOGUE if each.name not in queries] == []


def test_every_alert_has_its_section_in_the_runbook_and_the_other_way_round() -> None:
    linked = {rule["annotations"]["runbook"] for rule in RULES if "alert" in rule}
    text = (ROOT / rules.RUNBOOK).read_text(encoding="utf-8")
    sections = re.findall(r"^### ([A-Z]\w+)$", text.partition("\n## Alerts\n")[2].partition("\n## ")[0], re.MULTILINE)
    assert linked == {f"{rules.RUNBOOK}#{section.lower()}" for section in sections}


def test_every_burn_rate_has_a_long_window_and_a_short_one() -> None:
    for objective in rules.OBJECTIVES:
        burns = [rule for rule in RULES if rule.get("alert") == objective.name]
        assert [rule["labels"]["burn"] for rule in burns] == ["14.4", "6", "3", "1"]
        windows = [re.findall(r"ratio_rate(\w+)", rule["expr"]) for rule in burns]
        assert windows == [["1h", "5m"], ["6h", "30m"], ["1d", "2h"], ["3d", "6h"]]


def test_rules_in_a_hurry_differ_in_durations_alone() -> None:
    hurried = yaml.safe_dump(rules.documents(rules.Pace(0.05, 5)), width=10_000)
    without = re.compile(r"\d+")
    assert without.sub("", hurried) == without.sub("", yaml.safe_dump(rules.documents(), width=10_000))
