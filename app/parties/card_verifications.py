"""The card as a certificate: whether it identifies a person now, and what the person is entitled to.

Every question is recorded with who asked and why, and its holder may read the record.
"""

from datetime import date, datetime
from typing import NamedTuple

from app.codes import Code
from app.database import Connection
from app.errors import Refused
from app.parties.card_check import card_refusal
from app.parties.cards import Card, read_card
from app.parties.entitlements import Entitlement, Service, entitlement, read_facts


class Question(NamedTuple):
    """card_sn None: the reader did not tell it."""

    person_no: str
    card_no: str
    card_sn: str | None
    service: Service
    asked_by: str
    reason: str


class Verification(NamedTuple):
    """A question as it is recorded. `code` is ok, or why the card does not identify the person."""

    verification_id: int
    person_no: str
    card_no: str
    service: str
    asked_by: str
    reason: str
    identified: bool
    code: str
    entitled: bool
    asked_at: datetime


class Answer(NamedTuple):
    """`basis` is for those alone who showed a card that identifies the person."""

    recorded: Verification
    basis: str | None


_COLUMNS = ", ".join(Verification._fields)
_RECORD = f"""
INSERT INTO parties.card_verifications (person_no, card_no, service, asked_by, reason, identified, code, entitled)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
RETURNING {_COLUMNS}
"""  # noqa: S608
_READ = f"""
SELECT {_COLUMNS} FROM parties.card_verifications
WHERE person_no = $1 AND verification_id < $2
ORDER BY verification_id DESC
LIMIT $3
"""  # noqa: S608

_ID_MAX = 2**63 - 1


async def verify_card(connection: Connection, question: Question, today: date) -> Answer:
    """Answer a question and record it in the caller's transaction, whatever the answer is."""
    code, found = await _answer(connection, question, today)
    row = await connection.fetchrow(
        _RECORD,
        question.person_no,
        question.card_no,
        question.service,
        question.asked_by,
        question.reason,
        code is Code.OK,
        code,
        found is not None and found.holds,
    )
    assert row is not None
    return Answer(Verification(*row), None if found is None else found.basis)


async def _answer(connection: Connection, question: Question, today: date) -> tuple[Code, Entitlement | None]:
    try:
        facts = await read_facts(connection, question.person_no)
        card = await read_card(connection, question.card_no)
    except Refused as refused:
        return refused.code, None
    code = identifies(card, question, today)
    return code, entitlement(question.service, facts) if code is Code.OK else None


def identifies(card: Card, question: Question, today: date) -> Code:
    """The codes of a payment with this card; ok where it identifies the person.

    An old medical card has no social security application: it serves at the doctor's and nowhere else.
    """
    refusal = card_refusal(card, question.person_no, question.card_sn, today)
    if refusal is None and card.kind == "medical" and question.service != "medical_treatment":
        return Code.CARD_NOT_ACTIVE
    return refusal or Code.OK


async def read_verifications(
    connection: Connection, person_no: str, *, cursor: int | None, limit: int
) -> tuple[list[Verification], int | None]:
    """The holder's record, newest first, and the cursor of the page behind, None where there is none."""
    rows = await connection.fetch(_READ, person_no, _ID_MAX if cursor is None else cursor, limit + 1)
    found = [Verification(*row) for row in rows[:limit]]
    return found, found[-1].verification_id if len(rows) > limit else None
