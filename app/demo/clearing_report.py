"""What the demo's clearing came to: the same fen in the ledger, the positions, the files and the banks' answers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from app.clearing.trace_text import print_trace
from app.demo.clearing import Cleared
from app.demo.report import Check, print_checks


class _OfBank(NamedTuple):
    """Fen of both days, each read from another place; `failed` went out again and is among `paid`."""

    positions: int
    lines: int
    failed: int
    paid: int
    ledger: int

    @property
    def agrees(self) -> bool:
        return self.positions == self.lines == self.paid == self.ledger


def clearing_checks(cleared: Cleared, received: Mapping[str, int]) -> list[Check]:
    """`received`: what a recount in plain Python says that institutions got on the made day, less what went back."""
    recounted, nets = Counter(cleared.told), Counter[str]()
    for institution, fen in received.items():
        recounted[institution] += fen
    for positions in cleared.positions.values():
        for position in positions:
            nets[position["institution"]] += position["debits"] - position["refunds"]
    differing = [each for each in recounted | nets if recounted[each] != nets[each]]
    banks = _by_bank(cleared).values()
    failed = [f"{line.line_id}, {line.amount:,}" for line in cleared.failed]
    again = [
        f"{line.reissue_of}, {line.amount:,}" for lines in cleared.ordered.values() for line in lines if line.reissue_of
    ]
    return [
        Check("recounted = net positions", sum(recounted.values()), sum(nets.values())),
        Check("institutions where they differ", len(differing), 0),
        Check("banks: all four columns agree", sum(bank.agrees for bank in banks), len(banks)),
        Check("line that failed = line that pays again", "; ".join(failed), "; ".join(again)),
        Check("answers of banks refused", sum(name.split()[1] != "ok" for name in cleared.answers), 0),
        Check("the days are", ", ".join(cleared.states), "acknowledged, acknowledged"),
        Check("the traced payment is", cleared.trace and cleared.trace.stage, "paid"),
    ]  # fmt: skip


def print_clearing(console: Console, cleared: Cleared, checks: Sequence[Check]) -> None:
    first, last = cleared.days
    console.print(f"\n[bold]Cleared: {first} and {last}[/bold]")
    table = Table("bank, fen", box=None, pad_edge=False)
    for column in ("net positions", "lines in files", "of it failed", "banks paid", "ledger"):
        table.add_column(column, justify="right")
    for bank, told in _by_bank(cleared).items():
        table.add_row(bank, *(f"{fen:,}" for fen in told))
    console.print(table)
    answers = ", ".join(f"{count} of {name}" for name, count in sorted(cleared.answers.items()))
    console.print(f"files verified by digest and signature; acknowledgments: {answers}")
    print_checks(console, checks)
    if cleared.trace is not None:
        console.print(f"medsettle trace {cleared.trace.institution} {cleared.trace.message_id}")
        print_trace(cleared.trace)


def _by_bank(cleared: Cleared) -> dict[str, _OfBank]:
    positions, lines, failed = Counter[str](), Counter[str](), Counter[str]()
    for of_day in cleared.positions.values():
        for position in of_day:
            positions[position["bank"]] += position["paid"]
    failed_ids = {line.line_id for line in cleared.failed}
    for bank, ordered in cleared.ordered.items():
        lines[bank] += sum(line.amount for line in ordered if not line.reissue_of)
        failed[bank] += sum(line.amount for line in ordered if line.line_id in failed_ids)
    return {
        bank: _OfBank(positions[bank], lines[bank], failed[bank], cleared.paid[bank], cleared.ledger[bank])
        for bank in sorted(positions | lines | cleared.ledger)
    }
