"""Any acknowledgments of a file, split, repeated, out of order and corrupted, against a small model of its lines."""

from datetime import date

import pytest
from app.clearing.acknowledgments.judging import Line, PaymentFile, Result, judge
from app.clearing.acknowledgments.pain002 import parse_pain002
from app.clearing.acknowledgments.statement import Statement
from app.clearing.acknowledgments.text_form import parse_text
from app.codes import Code
from app.errors import Refused
from hypothesis import given
from hypothesis import strategies as st
from tests.acknowledging import PaidLine, SentFile, return_file, status_report

_AMOUNTS = st.lists(st.integers(1, 10**14), min_size=1, max_size=6)


class _Known:
    """What is kept of a file's lines."""

    def __init__(self, sent: SentFile) -> None:
        self.file = PaymentFile(sent.file_id.removesuffix(".xml"), len(sent.lines), sent.total)
        self.lines = {
            line.line_id: Line(number, line.amount, line.payee_account) for number, line in enumerate(sent.lines, 1)
        }

    def take(self, statement: Statement) -> list[Result]:
        new = judge(statement, self.file, self.lines)
        for result in new:
            [line_id] = [each for each, line in self.lines.items() if line.line_no == result.line_no]
            line = self.lines[line_id]
            self.lines[line_id] = line._replace(
                is_paid=line.is_paid or result.outcome == "paid", is_failed=line.is_failed or result.outcome == "failed"
            )
        return new


def _sent(amounts: list[int], ending: str) -> SentFile:
    lines = [PaidLine(f"20261125-{number:07}", amount, f"62{number}") for number, amount in enumerate(amounts, 1)]
    return SentFile(f"20261125_B_payment_v1.{ending}", date(2026, 11, 25), "B", lines)


def _statement(sent: SentFile, named: list[PaidLine], outcome: str) -> Statement:
    if sent.file_id.endswith(".xml"):
        status = {"paid": "ACSC", "failed": "RJCT"}[outcome]
        return parse_pain002(status_report(sent, None, [(line.line_id, status) for line in named]))
    return parse_text(return_file(sent, {"paid": "0", "failed": "1"}[outcome], named), "UTF-8")


@given(_AMOUNTS, st.sampled_from(["txt", "xml"]), st.data())
def test_lines_become_what_a_small_model_says(amounts: list[int], ending: str, data: st.DataObject) -> None:
    sent = _sent(amounts, ending)
    known, model = _Known(sent), {line.line_id: list[str]() for line in sent.lines}
    for _ in range(data.draw(st.integers(1, 8))):
        named = data.draw(st.lists(st.sampled_from(sent.lines), unique=True, min_size=1))
        outcome = data.draw(st.sampled_from(["paid", "failed"]))
        statement = _statement(sent, named, outcome)
        if outcome == "paid" and any("failed" in model[line.line_id] for line in named):
            with pytest.raises(Refused) as refused:
                known.take(statement)
            assert refused.value.code == Code.LINE_ALREADY_FAILED
            continue
        expected = [line for line in named if outcome not in model[line.line_id]]
        new = known.take(statement)
        assert sorted(result.amount for result in new) == sorted(line.amount for line in expected)
        assert sum(result.is_first for result in new) == sum(not model[line.line_id] for line in expected)
        for line in expected:
            model[line.line_id].append(outcome)
    for line_id, kept in known.lines.items():
        assert (kept.is_paid, kept.is_failed) == ("paid" in model[line_id], "failed" in model[line_id])


@given(_AMOUNTS, st.data())
def test_one_corrupted_thing_refuses_all_of_it(amounts: list[int], data: st.DataObject) -> None:
    sent = _sent(amounts, "txt")
    named = data.draw(st.lists(st.sampled_from(sent.lines), unique=True, min_size=1))
    bad = data.draw(st.integers(0, len(named) - 1))
    wrong = data.draw(
        st.sampled_from([
            named[bad]._replace(amount=named[bad].amount + 1),
            named[bad]._replace(payee_account="x"),
            named[bad]._replace(line_id="20261125-0000099"),
        ])
    )  # fmt: skip
    known = _Known(sent)
    before = dict(known.lines)
    with pytest.raises(Refused, match=f"^Line {bad + 2} ") as refused:
        known.take(_statement(sent, [*named[:bad], wrong, *named[bad + 1 :]], "paid"))
    assert refused.value.code in (Code.LINE_DIFFERS, Code.LINE_UNKNOWN)
    assert known.lines == before


@given(_AMOUNTS, st.sampled_from(["ACSC", "RJCT"]))
def test_a_group_status_is_of_all_that_is_not_known(amounts: list[int], status: str) -> None:
    sent = _sent(amounts, "xml")
    known = _Known(sent)
    first = known.take(parse_pain002(status_report(sent, status)))
    assert [result.amount for result in first] == amounts
    assert known.take(parse_pain002(status_report(sent, status))) == []
