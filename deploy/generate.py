"""Writes dashboards, alert rules and the list of metrics from the code: `make monitoring`. A test compares them."""

import json
from pathlib import Path

import yaml
from app.metrics import CATALOGUE

from deploy import grafana, rules

ROOT = Path(__file__).parents[1]


def documents() -> dict[str, str]:
    """Every generated file by its path in the repository."""
    return {
        "docs/metrics.md": _metrics(),
        **{f"deploy/dashboards/{name}": _json(content) for name, content in grafana.documents().items()},
        **{f"deploy/alerts/{name}": as_yaml(content) for name, content in rules.documents().items()},
    }


def as_yaml(content: object) -> str:
    return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120))


def _json(content: object) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _metrics() -> str:
    rows = [
        f"| `{each.name}` | {each.type} | {', '.join(f'`{label}`' for label in each.labels)} "
        f"| {each.meaning} | {each.remedy} |"
        for each in CATALOGUE
    ]
    return "\n".join(
        [
            "# Metrics",
            "",
            "Every process serves these at `/metrics`; what a process does not do stands at zero there, so take `max`",
            "or `sum` over processes. Written from `app/metrics.py` by `make monitoring`.",
            "",
            "| metric | type | labels | meaning | what to do |",
            "|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    for path, text in documents().items():
        (ROOT / path).write_text(text, encoding="utf-8")
