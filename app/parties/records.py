"""What the card records of a person's insurances, payments, qualifications, injuries and pension account.

Every record has a key of its own: the same record again is success, another one under its key is refused.
"""

from datetime import date
from typing import Literal, NamedTuple, TypeVar

import asyncpg

from app.codes import Code
from app.database import Connection, Pool, transaction
from app.errors import Refused
from app.parties.person_events import locked_account, write_person_event
from app.parties.vault import Vault

Insurance = Literal["pension", "medical", "work_injury", "unemployment", "maternity"]
InsuranceState = Literal["normal", "suspended", "ended"]
InjuryKind = Literal["injury", "occupational_disease"]

#: Nobody has so many qualifications or injuries; a reading is bounded all the same.
_READ_MAX = 500


class InsuranceRelation(NamedTuple):
    insurance: Insurance
    state: InsuranceState
    since: date
    until: date | None


class InsurancePayment(NamedTuple):
    """Amounts in fen; `month` is its first day."""

    insurance: Insurance
    month: date
    wage_base: int
    person_paid: int
    employer_paid: int


class Qualification(NamedTuple):
    certificate_no: str
    title: str
    level: str
    issued_on: date


class WorkInjury(NamedTuple):
    """grade: 1 (worst) to 10, None until the labour ability appraisal has given one. The note is kept sealed."""

    record_no: str
    kind: InjuryKind
    happened_on: date
    grade: int | None
    note: str


class PensionAccount(NamedTuple):
    """The last known figure of an account that is kept elsewhere, in fen."""

    balance: int
    as_of: date


class Records(NamedTuple):
    insurances: list[InsuranceRelation]
    payments: list[InsurancePayment]
    qualifications: list[Qualification]
    work_injuries: list[WorkInjury]
    pension_account: PensionAccount | None


# Set: the newest word counts

_SET_INSURANCE = """
INSERT INTO parties.insurances AS i (person_no, insurance, state, since, until) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (person_no, insurance) DO UPDATE SET state = excluded.state, since = excluded.since, until = excluded.until
WHERE (i.state, i.since, i.until) IS DISTINCT FROM (excluded.state, excluded.since, excluded.until)
RETURNING true
"""
_SET_PENSION_ACCOUNT = """
INSERT INTO parties.pension_accounts AS p (person_no, balance, as_of) VALUES ($1, $2, $3)
ON CONFLICT (person_no) DO UPDATE SET balance = excluded.balance, as_of = excluded.as_of
WHERE (p.balance, p.as_of) IS DISTINCT FROM (excluded.balance, excluded.as_of) AND p.as_of <= excluded.as_of
RETURNING true
"""


async def set_insurance(pool: Pool, person_no: str, relation: InsuranceRelation, *, operator: str) -> bool:
    """False if it is so already. Raises Refused: person_unknown."""
    what = f"insurance {relation.insurance}"
    async with transaction(pool) as connection:
        return await _insert(connection, person_no, operator, what, _SET_INSURANCE, *relation)


async def set_pension_account(pool: Pool, person_no: str, account: PensionAccount, *, operator: str) -> bool:
    """False if it is so already, or a later figure stands. Raises Refused: person_unknown."""
    async with transaction(pool) as connection:
        return await _insert(connection, person_no, operator, "pension_account", _SET_PENSION_ACCOUNT, *account)


async def _insert(
    connection: Connection, person_no: str, operator: str, what: str, statement: str, *values: object
) -> bool:
    """False where the statement changed nothing."""
    await locked_account(connection, person_no)
    is_new = await connection.fetchval(statement, person_no, *values) is not None
    if is_new:
        await write_person_event(connection, person_no, "change", what, operator)
    return is_new


# Add: the first word under a key stays

_ADD_PAYMENT = """
INSERT INTO parties.insurance_payments (person_no, insurance, month, wage_base, person_paid, employer_paid)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING true
"""
_ADD_QUALIFICATION = """
INSERT INTO parties.qualifications (person_no, certificate_no, title, level, issued_on)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING true
"""
_ADD_INJURY = """
INSERT INTO parties.work_injuries (person_no, record_no, kind, happened_on, grade, key_id, note)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_SET_GRADE = "UPDATE parties.work_injuries SET grade = $3 WHERE person_no = $1 AND record_no = $2"

_READ_PAYMENT = """
SELECT insurance, month, wage_base, person_paid, employer_paid
FROM parties.insurance_payments WHERE person_no = $1 AND insurance = $2 AND month = $3
"""
_READ_QUALIFICATION = """
SELECT certificate_no, title, level, issued_on
FROM parties.qualifications WHERE person_no = $1 AND certificate_no = $2
"""
_READ_INJURY = """
SELECT record_no, kind, happened_on, grade, key_id, note
FROM parties.work_injuries WHERE person_no = $1 AND record_no = $2 FOR UPDATE
"""


async def add_insurance_payment(pool: Pool, person_no: str, payment: InsurancePayment, *, operator: str) -> bool:
    """False if it is there already. Raises Refused: person_unknown, record_exists."""
    what = f"insurance_payment {payment.insurance} {payment.month:%Y-%m}"
    async with transaction(pool) as connection:
        is_new = await _insert(connection, person_no, operator, what, _ADD_PAYMENT, *payment)
        if not is_new:
            row = await connection.fetchrow(_READ_PAYMENT, person_no, payment.insurance, payment.month)
            _refuse_other(payment, InsurancePayment(*row or ()))
        return is_new


async def add_qualification(pool: Pool, person_no: str, qualification: Qualification, *, operator: str) -> bool:
    """False if it is there already. Raises Refused: person_unknown, record_exists."""
    async with transaction(pool) as connection:
        is_new = await _insert(connection, person_no, operator, "qualification", _ADD_QUALIFICATION, *qualification)
        if not is_new:
            row = await connection.fetchrow(_READ_QUALIFICATION, person_no, qualification.certificate_no)
            _refuse_other(qualification, Qualification(*row or ()))
        return is_new


async def add_work_injury(pool: Pool, vault: Vault, person_no: str, injury: WorkInjury, *, operator: str) -> bool:
    """False if it is there already. A record without a grade takes one later, by the same record with the grade.

    Raises Refused: person_unknown, record_exists, encryption_keys_missing.
    """
    async with transaction(pool) as connection:
        await locked_account(connection, person_no)
        stored = await _work_injury(connection, vault, person_no, injury.record_no)
        if stored is None:
            key = vault.current
            note = key.seal(person_no, note_field(injury.record_no), injury.note)
            await connection.execute(_ADD_INJURY, person_no, *injury[:4], key.key_id, note)
        elif stored.grade is None and stored._replace(grade=injury.grade) == injury != stored:
            await connection.execute(_SET_GRADE, person_no, injury.record_no, injury.grade)
        else:
            _refuse_other(injury, stored)
            return False
        await write_person_event(connection, person_no, "change", f"work_injury {injury.record_no}", operator)
        return True


def note_field(record_no: str) -> str:
    """What binds the note of a work injury to its record."""
    return f"work_injury_note|{record_no}"


async def _work_injury(connection: Connection, vault: Vault, person_no: str, record_no: str) -> WorkInjury | None:
    row = await connection.fetchrow(_READ_INJURY, person_no, record_no)
    return None if row is None else _opened(vault, person_no, row)


def _opened(vault: Vault, person_no: str, row: asyncpg.Record) -> WorkInjury:
    record_no, kind, happened_on, grade, key_id, note = row
    return WorkInjury(
        record_no, kind, happened_on, grade, vault.key(key_id).open(person_no, note_field(record_no), note)
    )


Record = TypeVar("Record", InsurancePayment, Qualification, WorkInjury)


def _refuse_other(record: Record, stored: Record) -> None:
    differing = [field for field, value in stored._asdict().items() if getattr(record, field) != value]
    if differing:
        raise Refused(Code.RECORD_EXISTS, f"The record is there with other content: {', '.join(differing)}.")


# Read

_READ_ALL_INSURANCES = """
SELECT insurance, state, since, until FROM parties.insurances WHERE person_no = $1 ORDER BY insurance
"""
_READ_PAYMENTS_OF_YEAR = """
SELECT insurance, month, wage_base, person_paid, employer_paid FROM parties.insurance_payments
WHERE person_no = $1 AND month BETWEEN make_date($2, 1, 1) AND make_date($2, 12, 1)
ORDER BY month, insurance
"""
_READ_ALL_QUALIFICATIONS = f"""
SELECT certificate_no, title, level, issued_on FROM parties.qualifications
WHERE person_no = $1 ORDER BY issued_on DESC, certificate_no LIMIT {_READ_MAX}
"""  # noqa: S608
_READ_ALL_INJURIES = f"""
SELECT record_no, kind, happened_on, grade, key_id, note FROM parties.work_injuries
WHERE person_no = $1 ORDER BY happened_on DESC, record_no LIMIT {_READ_MAX}
"""  # noqa: S608


async def read_records(pool: Pool, vault: Vault, person_no: str, *, payments_of_year: int) -> Records:
    """Raises Refused: person_unknown, encryption_keys_missing."""
    async with transaction(pool) as connection:
        if not await connection.fetchval("SELECT true FROM parties.persons WHERE person_no = $1", person_no):
            raise Refused(Code.PERSON_UNKNOWN, "No insured person has this number.")
        insurances = await connection.fetch(_READ_ALL_INSURANCES, person_no)
        payments = await connection.fetch(_READ_PAYMENTS_OF_YEAR, person_no, payments_of_year)
        qualifications = await connection.fetch(_READ_ALL_QUALIFICATIONS, person_no)
        injuries = await connection.fetch(_READ_ALL_INJURIES, person_no)
        pension = await connection.fetchrow(
            "SELECT balance, as_of FROM parties.pension_accounts WHERE person_no = $1", person_no
        )
    return Records(
        [InsuranceRelation(*row) for row in insurances],
        [InsurancePayment(*row) for row in payments],
        [Qualification(*row) for row in qualifications],
        [_opened(vault, person_no, row) for row in injuries],
        None if pension is None else PensionAccount(*pension),
    )
