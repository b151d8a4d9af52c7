"""Writing one payment file: its lines as they were drawn, in the form of the bank."""

from typing import assert_never

from app.clearing.files.chunks import blocks_of, written
from app.clearing.files.payment import PaymentForm, PaymentHead, Sums
from app.clearing.files.payment_pain001 import Pain001Form
from app.clearing.files.payment_text import TextForm
from app.clearing.files.terms import Terms
from app.clearing.positions import LINE_ID
from app.codes import Code
from app.database import Connection
from app.errors import Refused
from app.progress import Progress
from app.signing import SigningKey

_HEAD = """
SELECT
    f.file_id, f.business_day, d.value_date, f.version, f.drawn_at, s.day_hash, t.bank, t.form, t.encoding,
    t.bank_name, t.bank_no, t.payer_name, t.payer_account, f.credit_count, f.credits, f.debit_count, f.debits
FROM clearing.files AS f
JOIN clearing.business_days AS d USING (business_day)
JOIN clearing.seals AS s USING (business_day)
JOIN clearing.bank_terms AS t ON t.bank = f.bank AND t.filed_at = f.terms_filed_at
WHERE f.file_id = $1
"""
_LINES = f"""
SELECT
    {LINE_ID}, l.amount, l.payee_name, l.payee_account, l.institution,
    coalesce({LINE_ID.replace("l.business_day", "l.reissue_of_day").replace("l.line_no", "l.reissue_of_no")}, '')
FROM clearing.lines AS l
WHERE l.business_day = $1 AND l.bank = $2
ORDER BY l.line_no
"""  # noqa: S608


async def write_payment(
    writer: Connection, reader: Connection, file_id: str, key: SigningKey, progress: Progress
) -> None:
    """Raises Refused, and writes nothing, where the lines are no longer those that were drawn."""
    head = await read_head(reader, file_id)
    form = form_of(head)
    drawn = head.sums
    written_lines = net = 0
    async with written(writer, file_id, key) as chunks:
        await chunks.write(form.opening())
        async with blocks_of(reader, _LINES, head.business_day, head.terms.bank) as blocks:
            async for block in blocks:
                await chunks.write(form.lines(block))
                written_lines += len(block)
                net += sum([line[1] for line in block])
                progress(f"lines of {file_id}", written_lines, drawn.lines)
        if (written_lines, net) != (drawn.lines, drawn.net):
            raise Refused(
                Code.JOURNAL_BROKEN,
                f"{file_id} was drawn with {drawn.lines} lines of {drawn.net} fen net, now there are"
                f" {written_lines} of {net}; it was not written.",
            )
        await chunks.write(form.closing())


async def read_head(connection: Connection, file_id: str) -> PaymentHead:
    row = await connection.fetchrow(_HEAD, file_id)
    assert row is not None
    file_id, business_day, value_date, version, drawn_at, day_hash, *rest = row
    terms, sums = Terms(*rest[:-4]), Sums(*rest[-4:])
    return PaymentHead(file_id, business_day, value_date, version, drawn_at, day_hash, terms, sums)


def form_of(head: PaymentHead) -> PaymentForm:
    match head.terms.form:
        case "text":
            return TextForm(head)
        case "pain.001":
            return Pain001Form(head)
        case unknown:
            assert_never(unknown)
