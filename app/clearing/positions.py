"""Net positions: what is due to each institution of a day, what of it its bank pays, and what waits for the next day.

Of the day's net and what earlier days left, all is paid or nothing: an institution that is blocked or has no account
is held over, and so is a negative net, unless the rule of its bank has it collected and the form of its bank's files
can say so: pain.001 can only pay.

A line that failed is drawn again by itself, under a number of this day that points to it, once its money is back.
"""

from datetime import date
from typing import Final, Literal, NamedTuple

from app.database import Connection
from app.ledger.accounts import new_account_ids, open_accounts
from app.ledger.bookings import Booking, book
from app.ledger.buckets import bucket_of
from app.ledger.business_days import BusinessDays

#: Why the bookings of this package were made: money of an institution's goes to its bank, which pays it out.
PAYOUT: Final = "payout"
#: The bank could not pay a line out, or collect it: the same money the other way.
PAYOUT_RETURN: Final = "payout_return"
#: Lines of one journal batch.
LINES_PER_BATCH: Final = 2_000


def line_id_sql(line: str) -> str:
    """A line's public number; 16 characters, within the 35 of an end-to-end id. `line`: its alias."""
    return f"(to_char({line}.business_day, 'YYYYMMDD') || '-' || lpad({line}.line_no::text, 7, '0'))"


#: Of a line `l`.
LINE_ID: Final = line_id_sql("l")

_TAKE = """
WITH net AS (
    SELECT institution, sum(debits)::bigint AS debits, sum(refunds)::bigint AS refunds
    FROM clearing.totals
    WHERE business_day = $1
    GROUP BY institution
), carried AS (
    SELECT institution, carried_out FROM clearing.positions WHERE business_day = $1::date - 1 AND carried_out <> 0
), due AS (
    SELECT
        i.institution, i.bank, i.state, i.payee_account,
        coalesce(n.debits, 0) AS debits, coalesce(n.refunds, 0) AS refunds, coalesce(c.carried_out, 0) AS carried_in,
        coalesce(n.debits, 0) - coalesce(n.refunds, 0) + coalesce(c.carried_out, 0) AS fen
    FROM net AS n
    FULL JOIN carried AS c USING (institution)
    JOIN parties.institutions AS i USING (institution)
), judged AS (
    SELECT
        d.*,
        CASE
            WHEN d.fen = 0 THEN NULL
            WHEN d.state = 'blocked' THEN 'blocked'
            WHEN d.payee_account = '' THEN 'no_account'
            WHEN d.fen < 0 AND (
                SELECT r.negative_net
                FROM clearing.netting_rules AS r
                WHERE r.bank IN (d.bank, '') AND r.from_day <= $1
                ORDER BY r.bank = '', r.from_day DESC
                LIMIT 1
            ) = 'carried' THEN 'negative'
            WHEN d.fen < 0 AND (
                SELECT t.form FROM clearing.bank_terms AS t WHERE t.bank = d.bank ORDER BY t.filed_at DESC LIMIT 1
            ) = 'pain.001' THEN 'negative'
        END AS held
    FROM due AS d
)
INSERT INTO clearing.positions (
    business_day, institution, bank, debits, refunds, carried_in, paid, carried_out, held
)
SELECT
    $1, institution, bank, debits, refunds, carried_in,
    CASE WHEN held IS NULL THEN fen ELSE 0 END, CASE WHEN held IS NULL THEN 0 ELSE fen END, held
FROM judged
"""
_DRAW_LINES = """
INSERT INTO clearing.lines (business_day, line_no, bank, institution, amount, payee_name, payee_account)
SELECT
    p.business_day, row_number() OVER (ORDER BY p.bank, p.institution), p.bank, p.institution, p.paid, i.payee_name,
    i.payee_account
FROM clearing.positions AS p
JOIN parties.institutions AS i USING (institution)
WHERE p.business_day = $1 AND p.paid <> 0
"""
#: Why a failed line `f` of an institution `i` is not drawn again; NULL where it is. A pain.001 can collect nothing.
HELD_AGAIN: Final = """
CASE
    WHEN i.state = 'blocked' THEN 'blocked'
    WHEN i.payee_account = '' THEN 'no_account'
    WHEN f.amount < 0 AND (
        SELECT t.form FROM clearing.bank_terms AS t WHERE t.bank = i.bank ORDER BY t.filed_at DESC LIMIT 1
    ) = 'pain.001' THEN 'negative'
END
"""
#: Lines `f` of institutions `i` that failed, whose money is back with them, and that were not drawn again.
FAILED_LINES: Final = f"""
FROM clearing.line_results AS r
JOIN clearing.lines AS f ON f.business_day = r.business_day AND f.line_no = r.line_no
JOIN parties.institutions AS i ON i.institution = f.institution
WHERE r.outcome = 'failed'
    AND EXISTS (
        SELECT FROM ledger.bookings AS b
        WHERE b.reference = {line_id_sql("f")} AND b.purpose = '{PAYOUT_RETURN}'
    )
    AND NOT EXISTS (
        SELECT FROM clearing.lines AS n WHERE n.reissue_of_day = f.business_day AND n.reissue_of_no = f.line_no
    )
"""  # noqa: S608
_DRAW_AGAIN = f"""
INSERT INTO clearing.lines (
    business_day, line_no, bank, institution, amount, payee_name, payee_account, reissue_of_day, reissue_of_no
)
SELECT
    $1, row_number() OVER (ORDER BY i.bank, f.institution, f.business_day, f.line_no)
        + (SELECT coalesce(max(d.line_no), 0) FROM clearing.lines AS d WHERE d.business_day = $1),
    i.bank, f.institution, f.amount, i.payee_name, i.payee_account, f.business_day, f.line_no
{FAILED_LINES} AND {HELD_AGAIN} IS NULL
"""  # noqa: S608
_BANKS_WITHOUT_ACCOUNT = """
SELECT DISTINCT l.bank
FROM clearing.lines AS l
WHERE l.business_day = $1
    AND NOT EXISTS (SELECT FROM ledger.accounts AS a WHERE a.owner = l.bank AND a.kind = 'bank')
ORDER BY l.bank
"""
_NOT_BOOKED = f"""
SELECT {LINE_ID} AS line_id, l.line_no, l.institution, l.amount, i.account_id, a.account_id AS bank_account
FROM clearing.lines AS l
JOIN parties.institutions AS i ON i.institution = l.institution
JOIN ledger.accounts AS a ON a.owner = l.bank AND a.kind = 'bank'
WHERE l.business_day = $1 AND l.line_no > $2
    AND NOT EXISTS (SELECT FROM ledger.bookings AS b WHERE b.reference = {LINE_ID} AND b.purpose = '{PAYOUT}')
ORDER BY l.line_no
LIMIT {LINES_PER_BATCH}
"""  # noqa: S608


_READ = """
SELECT institution, bank, debits, refunds, carried_in, paid, carried_out, held
FROM clearing.positions
WHERE business_day = $1 AND institution > $2 AND (NOT $3 OR held IS NOT NULL)
ORDER BY institution
LIMIT $4
"""
_HELD = """
SELECT held, count(*), sum(carried_out)::bigint
FROM clearing.positions
WHERE business_day = $1 AND held IS NOT NULL
GROUP BY held
ORDER BY held
"""

Reason = Literal["blocked", "no_account", "negative"]


class Position(NamedTuple):
    """Fen: debits - refunds + carried_in = paid + carried_out. held: why nothing is paid, None where all is."""

    institution: str
    bank: str
    debits: int
    refunds: int
    carried_in: int
    paid: int
    carried_out: int
    held: Reason | None


class Held(NamedTuple):
    """So many institutions are held over for a reason, with `fen` together."""

    reason: Reason
    institutions: int
    fen: int


async def read_positions(
    connection: Connection, day: date, *, after: str = "", held_only: bool = False, limit: int = 1_000
) -> list[Position]:
    """Those of a sealed day behind an institution, in the order of their codes."""
    return [Position(*row) for row in await connection.fetch(_READ, day, after, held_only, limit)]


async def held_over(connection: Connection, day: date) -> list[Held]:
    return [Held(*row) for row in await connection.fetch(_HELD, day)]


async def take_positions(connection: Connection, day: date) -> None:
    """Net the totals of a day; draw a line for each position that is paid, and those again that failed."""
    await connection.execute(_TAKE, day)
    await connection.execute(_DRAW_LINES, day)
    await connection.execute(_DRAW_AGAIN, day)
    banks = [bank for (bank,) in await connection.fetch(_BANKS_WITHOUT_ACCOUNT, day)]
    account_ids = await new_account_ids(connection, len(banks))
    await open_accounts(
        connection,
        [(number, None, bucket_of(bank), "bank", bank) for number, bank in zip(account_ids, banks, strict=True)],
    )


async def book_lines(connection: Connection, day: date, behind: int, days: BusinessDays) -> int | None:
    """Book the next lines behind a number that are not booked, in the caller's transaction and on the open day.

    Returns the number of the last one, None where all are booked. Raises DayClosed as `bookings.book` does.
    """
    rows = await connection.fetch(_NOT_BOOKED, day, behind)
    if not rows:
        return None
    bookings = []
    for line_id, _, institution, amount, payable, bank in rows:
        payer, payee = (payable, bank) if amount > 0 else (bank, payable)
        bookings.append(Booking(PAYOUT, line_id, bucket_of(institution), payer, payee, abs(amount)))
    await book(connection, bookings, days)
    last: int = rows[-1]["line_no"]
    return last
