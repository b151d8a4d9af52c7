"""Payment files that banks have, and what they answer to them in either form."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from app.clearing.acknowledgments.pain002 import NAMESPACE
from app.clearing.acknowledgments.taking import Acknowledgment, take
from app.database import Pool
from tests.builders import MIDNIGHT, Database
from tests.clearing_days import yesterday
from tests.filing import write


class PaidLine(NamedTuple):
    """A line of a payment file; signed fen."""

    line_id: str
    amount: int
    payee_account: str


class SentFile(NamedTuple):
    """A payment file that a bank has."""

    file_id: str
    business_day: date
    bank: str
    lines: list[PaidLine]

    @property
    def total(self) -> int:
        return sum(line.amount for line in self.lines)


async def send_file(pool: Pool, database: Database, bank: str = "BANK01", day: date | None = None) -> SentFile:
    """Write the files of a sealed day; the payment file of a bank that is told."""
    day = day or yesterday()
    await write(database, day)
    file_id = await pool.fetchval(
        "SELECT file_id FROM clearing.files WHERE business_day = $1 AND bank = $2 AND kind = 'payment'", day, bank
    )
    rows = await pool.fetch(
        "SELECT to_char(business_day, 'YYYYMMDD') || '-' || lpad(line_no::text, 7, '0'), amount, payee_account"
        " FROM clearing.lines WHERE business_day = $1 AND bank = $2 ORDER BY line_no",
        day, bank,
    )  # fmt: skip
    return SentFile(file_id, day, bank, [PaidLine(*row) for row in rows])


def yuan(fen: int) -> str:
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02}"


def return_file(
    file: SentFile,
    marker: str,
    lines: Sequence[PaidLine],
    *,
    code: str = "",
    reason: str = "",
    encoding: str = "utf-8",
    header: dict[int, str] | None = None,
) -> bytes:
    """A return file of the text form: marker 0 of lines that were paid, 1 of those that failed.

    header: fields of the header that are to say something else.
    """
    fields = [
        marker, file.file_id, str(len(lines)), str(sum(line.amount for line in lines)), str(len(file.lines)),
        str(file.total),
    ]  # fmt: skip
    for field, text in (header or {}).items():
        fields[field] = text
    rows = [f"{line.line_id}|{line.amount}|{line.payee_account}|{code}|{reason}" for line in lines]
    return "".join(f"{row}\n" for row in ["|".join(fields), *rows]).encode(encoding)


def status_report(
    file: SentFile,
    group_status: str | None = None,
    transactions: Sequence[tuple[str, str]] = (),
    *,
    group: dict[str, str] | None = None,
    group_rest: str = "",
    each_rest: str = "",
    payment_rest: str = "",
    before: str = "",
) -> bytes:
    """A pain.002 of line ids and statuses. group: texts of the group that are to say something else, '' none at all."""
    texts: dict[str, str | None] = {
        "OrgnlMsgId": file.file_id.removesuffix(".xml"),
        "OrgnlMsgNmId": "pain.001.001.09",
        "OrgnlNbOfTxs": str(len(file.lines)),
        "OrgnlCtrlSum": yuan(file.total),
        "GrpSts": group_status,
        **(group or {}),
    }
    told = "".join(f"<{name}>{text}</{name}>" for name, text in texts.items() if text)
    listed = "".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{line_id}</OrgnlEndToEndId><TxSts>{status}</TxSts>{each_rest}</TxInfAndSts>"
        for line_id, status in transactions
    )
    payment = ""
    if listed or payment_rest:
        payment = f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>1</OrgnlPmtInfId>{payment_rest}{listed}</OrgnlPmtInfAndSts>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{before}<Document xmlns="{NAMESPACE}"><CstmrPmtStsRpt>'
        f"<GrpHdr><MsgId>R1</MsgId><CreDtTm>2026-11-25T09:00:00+08:00</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts>{told}{group_rest}</OrgnlGrpInfAndSts>{payment}</CstmrPmtStsRpt></Document>\n"
    ).encode()


async def answer(database: Database, file: SentFile, content: bytes) -> Acknowledgment:
    """Send an acknowledgment of a file as its bank."""
    return await take(database.app_url, MIDNIGHT, file.file_id, content, by=file.bank)


async def results(pool: Pool) -> dict[str, str]:
    """What is known of each line, by its id: paid, failed, or both in the order in which they came."""
    rows = await pool.fetch(
        "SELECT to_char(business_day, 'YYYYMMDD') || '-' || lpad(line_no::text, 7, '0') AS line_id,"
        " string_agg(outcome, ', ' ORDER BY ack_id) AS outcomes"
        " FROM clearing.line_results GROUP BY business_day, line_no"
    )
    return {row["line_id"]: row["outcomes"] for row in rows}
