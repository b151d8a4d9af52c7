"""Drawing the files of a sealed day: a row each, which with the rows that it points to fixes every byte of the file.

A bank gets one payment file for its lines, transaction details for each of its institutions, and a manifest of them
all. They are drawn together. A bank that cannot be told is held over, and the others are not.
"""

from datetime import date
from importlib.util import find_spec
from typing import Final, Literal, NamedTuple

from app.clearing.files.names import ENDINGS, bank_in_names
from app.clearing.files.payment import Sums
from app.codes import Code
from app.database import Connection
from app.errors import Refused

#: Why a bank with lines is told nothing: it has no terms, or lines to collect and a form that can only pay.
Reason = Literal["no_terms", "cannot_collect"]

_LAST_TERMS = """
SELECT DISTINCT ON (bank) bank, form, filed_at FROM clearing.bank_terms ORDER BY bank, filed_at DESC
"""
LINES_BY_BANK: Final = """
SELECT
    business_day, bank,
    count(*) FILTER (WHERE amount > 0) AS credit_count,
    coalesce(sum(amount) FILTER (WHERE amount > 0), 0)::bigint AS credits,
    count(*) FILTER (WHERE amount < 0) AS debit_count,
    coalesce(-sum(amount) FILTER (WHERE amount < 0), 0)::bigint AS debits
FROM clearing.lines
WHERE {0}
GROUP BY business_day, bank
"""
_NOT_DRAWN = f"""
SELECT
    bank, t.form, t.filed_at, coalesce(l.credit_count, 0), coalesce(l.credits, 0), coalesce(l.debit_count, 0),
    coalesce(l.debits, 0)
FROM (
    SELECT bank FROM clearing.positions WHERE business_day = $1
    UNION
    SELECT bank FROM clearing.lines WHERE business_day = $1
) AS b
LEFT JOIN ({LINES_BY_BANK.format("business_day = $1")}) AS l USING (bank)
LEFT JOIN ({_LAST_TERMS}) AS t USING (bank)
WHERE NOT EXISTS (
    SELECT FROM clearing.files AS f WHERE f.business_day = $1 AND f.bank = b.bank AND f.kind = 'manifest'
)
ORDER BY bank
"""  # noqa: S608
_DRAW = """
INSERT INTO clearing.files (
    file_id, business_day, bank, kind, version, terms_filed_at, credit_count, credits, debit_count, debits
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
# Credits are what came in to the institution, debits what went back.
_DRAW_DETAILS = """
INSERT INTO clearing.files (
    file_id, business_day, bank, kind, institution, version, terms_filed_at, credit_count, credits, debit_count, debits
)
SELECT
    to_char($1::date, 'YYYYMMDD') || '_' || $3 || '_detail_' || p.institution || '_v1' || k.ending,
    $1, $2, k.kind, p.institution, 1, $4, t.debit_count, t.debits, t.refund_count, t.refunds
FROM clearing.positions AS p
JOIN (
    SELECT
        institution, sum(debit_count)::bigint AS debit_count, sum(debits)::bigint AS debits,
        sum(refund_count)::bigint AS refund_count, sum(refunds)::bigint AS refunds
    FROM clearing.totals
    WHERE business_day = $1
    GROUP BY institution
) AS t ON t.institution = p.institution
CROSS JOIN unnest($5::text[], $6::text[]) AS k (kind, ending)
WHERE p.business_day = $1 AND p.bank = $2
"""
_LAST_VERSION = """
SELECT version, written_at IS NOT NULL, credit_count, credits, debit_count, debits
FROM clearing.files
WHERE business_day = $1 AND bank = $2 AND kind = 'payment'
ORDER BY version DESC
LIMIT 1
"""
_IS_ACKNOWLEDGED = """
SELECT EXISTS (
    SELECT FROM clearing.line_results AS r
    JOIN clearing.lines AS l USING (business_day, line_no)
    WHERE l.business_day = $1 AND l.bank = $2
)
"""
_TERMS_OF = "SELECT form, filed_at FROM clearing.bank_terms WHERE bank = $1 ORDER BY filed_at DESC LIMIT 1"


class HeldBank(NamedTuple):
    """So many of its lines with so many fen wait until its terms are filed."""

    bank: str
    reason: Reason
    lines: int
    fen: int


async def draw_files(connection: Connection, day: date) -> None:
    """Draw what the banks of a sealed day lack, in the caller's transaction; banks that are held get nothing."""
    for bank, form, terms_filed_at, *counts in await connection.fetch(_NOT_DRAWN, day):
        sums = Sums(*counts)
        if form is None or held_because(form, sums):
            continue
        name = f"{day:%Y%m%d}_{bank_in_names(bank)}"
        if sums.lines:
            payment = f"{name}_payment_v1{ENDINGS[form]}"
            await connection.execute(_DRAW, payment, day, bank, "payment", 1, terms_filed_at, *sums)
        details = _detail_endings()
        await connection.execute(
            _DRAW_DETAILS, day, bank, bank_in_names(bank), terms_filed_at, list(details), list(details.values())
        )
        manifest = f"{name}_manifest_v1{ENDINGS['manifest']}"
        await connection.execute(_DRAW, manifest, day, bank, "manifest", 1, terms_filed_at, *sums)


async def draw_again(connection: Connection, day: date, bank: str) -> None:
    """Draw the next version of a bank's payment file and manifest, by its last terms, in the caller's transaction.

    The lines and their ids are the same, so a bank that took the version before pays nothing twice. Where the last
    version is not written yet, that one is still to come. Raises Refused where the bank has no file of the day, where
    it said what became of a line, and where it cannot be told.
    """
    last = await connection.fetchrow(_LAST_VERSION, day, bank)
    if last is None:
        raise Refused(Code.FILE_UNKNOWN, f"Bank {bank} has no payment file of {day}.")
    if await connection.fetchval(_IS_ACKNOWLEDGED, day, bank):
        raise Refused(Code.FILE_ACKNOWLEDGED, f"Bank {bank} said what became of lines of {day}.")
    version, is_written, *counts = last
    if not is_written:
        return
    sums = Sums(*counts)
    form, terms_filed_at = (await connection.fetch(_TERMS_OF, bank))[0]
    if held_because(form, sums):
        raise Refused(Code.BANK_NOT_TOLD, f"Bank {bank} is to collect, and is told by {form}, which can only pay.")
    name = f"{day:%Y%m%d}_{bank_in_names(bank)}"
    for kind, ending in (("payment", ENDINGS[form]), ("manifest", ENDINGS["manifest"])):
        file_id = f"{name}_{kind}_v{version + 1}{ending}"
        await connection.execute(_DRAW, file_id, day, bank, kind, version + 1, terms_filed_at, *sums)


async def held_banks(connection: Connection, day: date) -> list[HeldBank]:
    """Banks with lines of a sealed day whose files cannot be drawn."""
    held = []
    for bank, form, _, *counts in await connection.fetch(_NOT_DRAWN, day):
        sums = Sums(*counts)
        reason = held_because(form, sums)
        if reason is not None:
            held.append(HeldBank(bank, reason, sums.lines, sums.credits - sums.debits))
    return held


def held_because(form: str | None, sums: Sums) -> Reason | None:
    """A bank without lines is never held."""
    if not sums.lines:
        return None
    if form is None:
        return "no_terms"
    return "cannot_collect" if form == "pain.001" and sums.debit_count else None


def _detail_endings() -> dict[str, str]:
    """Parquet only where the extra `archive` is there to write it."""
    kinds = ["detail_csv", *(["detail_parquet"] if find_spec("pyarrow") else [])]
    return {kind: ENDINGS[kind] for kind in kinds}
