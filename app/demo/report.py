"""The demo's report: every message accounted for, every fen accounted for, and how long it took."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from app.demo.answers import Answers
from app.demo.expected import Expected


@dataclass(frozen=True, slots=True)
class Told:
    """Fen that the outcomes on the topic say were moved out of personal accounts and back, and due in cash."""

    by_payments: int
    by_captures: int
    refunded: int
    reversed: int
    asked: int
    cash_due: int

    @property
    def paid(self) -> int:
        return self.by_payments + self.by_captures


@dataclass(frozen=True, slots=True)
class Money:
    """Fen, read from the ledger. `received` is what institutions have after what went back."""

    opening: int
    closing: int
    received: int


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


def count_told(answers: Answers) -> Told:
    """Count what institutions were told. What was held moves nothing, nor does its release."""
    sums: Counter[str] = Counter()
    for outcome in answers.recorded.values():
        kind, fen = outcome["kind"], outcome["account_paid"]
        if outcome["status"] == "reversed" and outcome["code"] == "ok":
            kind = answers.recorded[outcome["institution"], outcome["original_message_id"]]["kind"]
            sums["reversed"] += {"authorization": 0, "refund": -fen}.get(kind, fen)
        elif outcome["status"] == "settled" and kind in ("payment", "capture", "refund"):
            sums[kind] += fen
            sums["asked"] += outcome["amount"]
            sums["cash_due"] += outcome["cash_due"]
    return Told(
        sums["payment"], sums["capture"], sums["refund"], sums["reversed"], sums["asked"], sums["cash_due"]
    )  # fmt: skip


def make_checks(
    sent: int, answers: Answers, expected: Expected, money: Money, *, balances_match: bool, holds_match: bool
) -> list[Check]:
    counts, told = answers.counts(), count_told(answers)
    recount: Counter[str] = Counter()
    for (status, _), count in expected.answers.items():
        recount[status] += count
    return [
        Check("messages sent = messages answered", sent, counts.total()),
        *(Check(f"{name}: answered = recounted", counts[name], recount[name]) for name in sorted({*counts, *recount})),
        Check("outcomes that disagree about one message", len(answers.disagreeing), 0),
        Check(
            "amounts paid and refunded = account parts + cash parts",
            told.asked, told.paid + told.refunded + told.cash_due,
        ),
        Check(
            "paid - refunded - reversed = received by institutions",
            told.paid - told.refunded - told.reversed, money.received,
        ),
        Check("opening balances - received = closing balances", money.opening - money.received, money.closing),
        Check("balances of all persons = independent recount", balances_match, True),
        Check("what is still held of each = independent recount", holds_match, True),
    ]  # fmt: skip


def print_report(console: Console, report: DemoReport) -> None:
    counts = report.answers.counts()
    console.print(f"\n[bold]{report.sent:,} messages[/bold]")
    for name in ("settled", "held", "reversed", "declined", "replayed", "conflict", "rejected", "dead_letter"):
        console.print(f"  {name:14}{counts[name]:>9,}")
    console.print("", _kinds(report.answers), "", _money(count_told(report.answers)), "", sep="\n")
    print_checks(console, report.checks)
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


def print_checks(console: Console, checks: Iterable[Check]) -> None:
    table = Table("", "left", "right", "")
    for check in checks:
        table.add_row(check.claim, _shown(check.left), _shown(check.right), "ok" if check.holds else "[red]NOT EQUAL")
    console.print(table)


def _kinds(answers: Answers) -> Table:
    """Every recorded message by what it was and what it came to."""
    counts = Counter((outcome["kind"], outcome["status"]) for outcome in answers.recorded.values())
    statuses = ("settled", "held", "reversed", "declined", "rejected")
    table = Table("recorded", box=None, pad_edge=False)
    for status in statuses:
        table.add_column(status, justify="right")
    for kind in dict.fromkeys(kind for (kind, _), _ in counts.most_common()):
        table.add_row(kind, *(f"{counts[kind, status]:,}" if counts[kind, status] else "" for status in statuses))
    return table


def _money(told: Told) -> Table:
    table = Table("money out of accounts", box=None, pad_edge=False)
    table.add_column("fen", justify="right")
    for what, fen in (
        ("paid by payments", told.by_payments),
        ("paid by captures of holds", told.by_captures),
        ("refunded", -told.refunded),
        ("reversed", -told.reversed),
        ("received by institutions", told.paid - told.refunded - told.reversed),
    ):
        table.add_row(what, f"{fen:,}")
    return table


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
