"""A made population loaded and a made day settled through Postgres come to what the recount says."""

from collections import Counter
from datetime import time
from pathlib import Path

import pytest
from app.database import Pool
from app.demo.day import make_day
from app.demo.expected import Expectation, expected_outcomes
from app.demo.population import make_population, write_csv
from app.loading import LoadFiles, load
from app.settlement.decoding import decode
from app.settlement.messages import Malformed
from app.settlement.rules import RuleBook
from app.settlement.settle import settle

MIDNIGHT = time(0, 0)


@pytest.mark.parametrize("batch_messages", [1_000, 77])
async def test_a_made_day_comes_to_what_the_recount_says(pool: Pool, tmp_path: Path, batch_messages: int) -> None:
    population = make_population(500, 60, seed=11)
    day = list(make_day(population, 6_000, seed=11))
    expected = expected_outcomes(population, day)
    report = await load(pool, LoadFiles(*write_csv(population, tmp_path)), rules=RuleBook(MIDNIGHT))
    assert report.persons.loaded == 500

    answers: Counter[tuple[str, str]] = Counter()
    for first in range(0, len(day), batch_messages):
        messages = []
        for decoded in (decode(message.value) for message in day[first : first + batch_messages]):
            if isinstance(decoded, Malformed):
                answers[("rejected", decoded.code) if decoded.answerable else ("dead_letter", "")] += 1
            else:
                messages.append(decoded)
        settled = await settle(pool, messages, rules=RuleBook(MIDNIGHT))
        answers.update(
            ("replayed" if answer.outcome.replayed else answer.outcome.status, answer.outcome.code)
            for answer in settled.answers
        )
    assert answers == expected.answers
    assert await _recorded(pool) == expected.recorded
    accounts = await pool.fetch("SELECT owner, balance, held FROM ledger.accounts WHERE kind = 'personal'")
    assert {row["owner"]: row["balance"] for row in accounts} == expected.balances
    assert {row["owner"]: row["held"] for row in accounts if row["held"]} == +expected.held
    assert await _received(pool) == {code: fen for code, fen in expected.received.items() if fen}


async def _recorded(pool: Pool) -> dict[tuple[str, str], Expectation]:
    rows = await pool.fetch(
        "SELECT institution, message_id, status, code, person_no, account_paid, cash_due"
        " FROM settlement.settlements WHERE kind <> 'contribution'"
    )
    return {(row["institution"], row["message_id"]): Expectation(*list(row)[2:]) for row in rows}


async def _received(pool: Pool) -> dict[str, int]:
    rows = await pool.fetch(
        "SELECT i.institution, sum(moved.fen)::bigint AS fen FROM ("
        " SELECT credit_account AS account_id, amount AS fen FROM ledger.transfers"
        " UNION ALL SELECT debit_account, -amount FROM ledger.transfers"
        ") AS moved JOIN parties.institutions AS i USING (account_id) GROUP BY i.institution"
    )
    return {row["institution"]: row["fen"] for row in rows if row["fen"]}
