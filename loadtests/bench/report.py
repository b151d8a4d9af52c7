"""The table of targets (docs: design, `make bench`) with what was measured, for a person and as JSON."""

import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import orjson
from rich.console import Console
from rich.table import Table

Verdict = Literal["aim", "must", "missed", "not measured"]

_LOG_COLUMNS = 140

_MARKS: Mapping[Verdict, str] = {
    "aim": "[green]✓✓ aim[/]",
    "must": "[green]✓ must[/]",
    "missed": "[red]✗ missed[/]",
    "not measured": "–",
}


@dataclass(frozen=True, slots=True)
class Target:
    key: str
    what: str
    unit: str
    must: float
    aim: float
    higher_is_better: bool

    def verdict(self, measured: float | None) -> Verdict:
        if measured is None:
            return "not measured"
        if self._reached(measured, self.aim):
            return "aim"
        return "must" if self._reached(measured, self.must) else "missed"

    def _reached(self, measured: float, wanted: float) -> bool:
        return measured >= wanted if self.higher_is_better else measured <= wanted


TARGETS = (
    Target("pipeline_by_tpcb", "Kafka → ledger → outcome ÷ pgbench TPC-B", "×", 8, 25, True),
    Target("pipeline_by_copy", "the same ÷ COPY of the settlement rows", "", 0.20, 0.50, True),
    Target("mixed_profile", "mixed profile: throughput against payments alone", "×", 0.6, 0.8, True),
    Target("http_single", "HTTP, one transaction a request", "/s", 1_500, 5_000, True),
    Target("http_batch", "HTTP, batch of 100", "/s", 10_000, 40_000, True),
    Target("hot_account", "1,000/s, 70 % on one account: p99 event → outcome", "ms", 250, 50, False),
    Target("half_maximum", "half of the maximum: p99 event → outcome", "ms", 250, 60, False),
    Target("storage", "bytes on disk per settlement, indexes and all", "B", 700, 400, False),
    Target("many_accounts", "10 M accounts: throughput against 100 k", "×", 0.6, 0.9, True),
    Target("failover", "SIGKILL of a worker → its partitions settle again", "s", 15, 3, False),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One target with the figure held against it, None where this mode does not take it; `of` says from what."""

    target: Target
    measured: float | None
    of: str = ""

    @property
    def verdict(self) -> Verdict:
        return self.target.verdict(self.measured)


@dataclass(slots=True)
class BenchReport:
    """`details` holds every measurement in full, `faults` what was lost or broken: then the figures mean nothing."""

    quick: bool
    machine: dict[str, Any]
    seconds: float = 0.0
    rows: list[Row] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        return not self.faults

    def add(self, key: str, measured: float | None, of: str = "") -> None:
        """Add a figure; rows stand in the order of the targets, whenever they were taken."""
        target = next(target for target in TARGETS if target.key == key)
        self.rows.append(Row(target, measured, of))
        self.rows.sort(key=lambda row: TARGETS.index(row.target))

    def as_json(self) -> bytes:
        rows = [
            {
                **asdict(row.target),
                "measured": row.measured,
                "of": row.of,
                "verdict": row.verdict,
            }
            for row in self.rows
        ]
        content = {
            "quick": self.quick,
            "seconds": round(self.seconds, 1),
            "faults": self.faults,
            "rows": rows,
            "remarks": self.remarks,
            "details": self.details,
            "machine": self.machine,
        }
        return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS) + b"\n"


def write_json(report: BenchReport, output: Path) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(report.as_json())


def print_report(report: BenchReport, console: Console | None = None) -> None:
    console = console or Console(highlight=False, width=None if sys.stdout.isatty() else _LOG_COLUMNS)
    table = Table("what", "of", box=None, pad_edge=False)
    for heading in ("measured", "must", "aim"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for row in report.rows:
        target = row.target
        table.add_row(
            target.what,
            row.of,
            "–" if row.measured is None else _figure(row.measured, target.unit),
            _figure(target.must, target.unit),
            _figure(target.aim, target.unit),
            _MARKS[row.verdict],
        )
    console.print(table)
    for remark in report.remarks:
        console.print(remark, markup=False, soft_wrap=True)
    facts = report.machine
    console.print(
        f"{facts['cpu']}, {facts['cores']} cores, {facts['memory_gib']} GiB, Python {facts['python']}, "
        f"Postgres {facts['postgres']}, commit {facts['commit'] or 'unknown'}, "
        f"load average before {facts['load_average_before']:.1f}; took {report.seconds:.0f} s",
        soft_wrap=True,
    )
    for fault in report.faults:
        console.print(fault, style="red", markup=False, soft_wrap=True)


def _figure(value: float, unit: str) -> str:
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    text = f"{value:,.{digits}f}"
    return f"{text} {unit}" if unit not in ("", "×", "/s") else f"{text}{unit}"
