"""Opening balances: what a person brings along comes in as one contribution of the agency, once for ever."""

from collections.abc import Sequence
from hashlib import blake2b

from app.database import Connection, Pool
from app.errors import DatabaseUnavailable
from app.parties.agency import AGENCY
from app.parties.csv_files import PersonRow, Problems, Table
from app.parties.load import chunks
from app.progress import Progress
from app.settlement.days import prepare_days
from app.settlement.messages import Message, message_key
from app.settlement.records import Settlement
from app.settlement.register import read_registers, read_settlements
from app.settlement.rules import RuleBook
from app.settlement.settle import settle

_BATCH_MESSAGES = 2_000


def opening_message_id(person_no: str) -> str:
    """`OPEN-` and the person number; a digest after `OPEN=` where that would be longer than a message id may be."""
    if len(person_no) <= 25:
        return f"OPEN-{person_no}"
    return f"OPEN={blake2b(person_no.encode(), digest_size=12).hexdigest()}"


def _contribution(row: PersonRow) -> Message:
    return Message(
        institution=AGENCY,
        message_id=opening_message_id(row.person_no),
        kind="contribution",
        person_no=row.person_no,
        amount=row.balance,
    )


async def unpaid_of(
    connection: Connection,
    table: Table[PersonRow],
    known: Sequence[PersonRow],
    problems: Problems,
    progress: Progress,
) -> list[PersonRow]:
    """Of persons who are there already, those whose opening balance is not: an earlier load did not come so far."""
    unpaid: list[PersonRow] = []
    done = 0
    for rows in chunks(known, _BATCH_MESSAGES):
        messages = [_contribution(row) for row in rows]
        keys = [message_key(message.institution, message.message_id) for message in messages]
        taken = (await read_registers(connection, messages, keys)).taken
        stored = await read_settlements(connection, list(taken.values()))
        for row, place in zip(rows, map(taken.get, keys), strict=True):
            if place is None:
                unpaid += [row] if row.balance > 0 else []
            elif place in stored:  # else it was archived with its day
                reason = _difference(stored[place].row, row)
                if reason:
                    problems.add(table.file, row.line, reason)
        done += len(rows)
        progress("persons already there", done, len(known))
    return unpaid


def _difference(stored: Settlement, row: PersonRow) -> str:
    if (stored.kind, stored.person_no, stored.status) != ("contribution", row.person_no, "settled"):
        return f"its opening balance was answered {stored.code} before"
    return "" if stored.amount == row.balance else "is already there with another opening balance"


async def pay_in(
    pool: Pool, table: Table[PersonRow], rows: Sequence[PersonRow], rules: RuleBook, progress: Progress
) -> None:
    """Settle the opening balances; a repeat moves nothing. Raises LoadError for those that were refused."""
    problems = Problems()
    done = 0
    try:
        if rows:
            await prepare_days(pool)
        for batch in chunks(rows, _BATCH_MESSAGES):
            settled = await settle(pool, [_contribution(row) for row in batch], rules=rules)
            for row, answer in zip(batch, settled.answers, strict=True):
                if answer.status != "settled":
                    problems.add(table.file, row.line, f"its opening balance was answered {answer.code}")
            done += len(batch)
            progress("opening balances", done, len(rows))
    except DatabaseUnavailable as error:
        raise DatabaseUnavailable(
            f"{error} All rows and {done:,} of {len(rows):,} opening balances are loaded: run the same load again."
        ) from error
    problems.refuse("All rows are loaded, but some opening balances were refused:")
