"""What failed goes back: from the bank's account to the institution's; what was to be collected, the other way.

It then goes out again under a new line, with the next day that is sealed (`app.clearing.positions`).
"""

from datetime import date

from app.clearing.positions import LINE_ID, LINES_PER_BATCH, PAYOUT_RETURN
from app.database import Connection
from app.ledger.bookings import Booking, book
from app.ledger.buckets import bucket_of
from app.ledger.business_days import BusinessDays

_NOT_RETURNED = f"""
SELECT {LINE_ID} AS line_id, l.line_no, l.institution, l.amount, i.account_id, a.account_id AS bank_account
FROM clearing.line_results AS r
JOIN clearing.lines AS l ON l.business_day = r.business_day AND l.line_no = r.line_no
JOIN parties.institutions AS i ON i.institution = l.institution
JOIN ledger.accounts AS a ON a.owner = l.bank AND a.kind = 'bank'
WHERE r.business_day = $1 AND r.ack_id = $2 AND r.outcome = 'failed' AND r.line_no > $3
    AND NOT EXISTS (SELECT FROM ledger.bookings AS b WHERE b.reference = {LINE_ID} AND b.purpose = '{PAYOUT_RETURN}')
ORDER BY r.line_no
LIMIT {LINES_PER_BATCH}
"""  # noqa: S608


async def book_returns(connection: Connection, day: date, ack_id: int, behind: int, days: BusinessDays) -> int | None:
    """Book back the next failed lines of an acknowledgment behind a number, in the caller's transaction.

    Returns the number of the last one, None where all are booked. Raises DayClosed as `bookings.book` does.
    """
    rows = await connection.fetch(_NOT_RETURNED, day, ack_id, behind)
    if not rows:
        return None
    bookings = []
    for line_id, _, institution, amount, payable, bank in rows:
        payer, payee = (bank, payable) if amount > 0 else (payable, bank)
        bookings.append(Booking(PAYOUT_RETURN, line_id, bucket_of(institution), payer, payee, abs(amount)))
    await book(connection, bookings, days)
    last: int = rows[-1]["line_no"]
    return last
