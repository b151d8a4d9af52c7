"""The demo's report: every message accounted for, every fen accounted for, and how long it took."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from app.demo.answers import Answers
from app.demo.expected import Expected


@dataclass(frozen=True, slots=True)
class Money:
    """Fen, read from the ledger."""

    opening: int
    closing: int
    received: int
    paid: int
    cash_due: int
    asked: int


@dataclass(frozen=True, slots=True)
class Check:
    claim: str
    left: object
    right: object

    @property
    def holds(self) -> bool:
        return self.left == self.right


@dataclass(frozen=True, slots=True)
class DemoReport:
    sent: int
    seconds: float
    answers: Answers
    checks: Sequence[Check]

    @property
    def adds_up(self) -> bool:
        return all(check.holds for check in self.checks)


def make_checks(sent: int, answers: Answers, expected: Expected, money: Money, balances_match: bool) -> list[Check]:
    counts = answers.counts()
    recount: Counter[str] = Counter()
    for (status, _), count in expected.answers.items():
        recount[status] += count
    return [
        Check("messages sent = messages answered", sent, counts.total()),
        *(Check(f"{name}: answered = recounted", counts[name], recount[name]) for name in sorted({*counts, *recount})),
        Check("outcomes that disagree about one message", len(answers.disagreeing), 0),
        Check("paid out of accounts = received by institutions", money.paid, money.received),
        Check("settled amounts = account parts + cash parts", money.asked, money.paid + money.cash_due),
        Check("opening balances - paid = closing balances", money.opening - money.paid, money.closing),
        Check("balances of all persons = independent recount", balances_match, True),
    ]


def print_report(console: Console, report: DemoReport) -> None:
    counts = report.answers.counts()
    console.print(f"\n[bold]{report.sent:,} messages[/bold]")
    for name in ("settled", "declined", "replayed", "conflict", "rejected", "dead_letter"):
        console.print(f"  {name:14}{counts[name]:>9,}")
    table = Table("", "left", "right", "")
    for check in report.checks:
        table.add_row(check.claim, _shown(check.left), _shown(check.right), "ok" if check.holds else "[red]NOT EQUAL")
    console.print(table)
    latencies = sorted(report.answers.latencies_ms)
    percentiles = "  ".join(
        f"p{share:g} {latencies[min(len(latencies) - 1, int(len(latencies) * share / 100))]:,} ms"
        for share in (50, 90, 99, 100)
    )
    console.print(
        f"answered in {report.seconds:.1f} s, {report.sent / report.seconds:,.0f} messages a second as they were sent\n"
        f"from message to outcome: {percentiles}; the killed worker's share waited for the new one\n"
        f"answers told twice because of it: {report.answers.told_more_than_once:,}"
    )
    verdict = "[green]Everything adds up." if report.adds_up else "[red]It does not add up."
    console.print(f"[bold]{verdict}")


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
