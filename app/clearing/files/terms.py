"""How a bank is told what to pay, and out of which account it pays: the form and encoding of its payment file, payer.

The last terms of a bank count for the files that are drawn after them; a file that is drawn keeps its own.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple

from app.clearing.files.characters import is_encodable
from app.codes import Code
from app.database import Connection
from app.errors import Refused
from app.parties.csv_files import ID, PAYEE_ACCOUNT, PAYEE_NAME

Form = Literal["text", "pain.001"]
Encoding = Literal["UTF-8", "GBK"]

_FILE = """
INSERT INTO clearing.bank_terms (bank, form, encoding, bank_name, bank_no, payer_name, payer_account, filed_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_LIST = """
SELECT DISTINCT ON (bank)
    bank, form, encoding, bank_name, bank_no, payer_name, payer_account, filed_by, filed_at
FROM clearing.bank_terms
ORDER BY bank, filed_at DESC
"""
_PATTERNS: Final = {
    "bank": f"{ID}{{1,30}}",
    "bank_name": PAYEE_NAME,
    "bank_no": "[A-Za-z0-9]{1,35}",
    "payer_name": PAYEE_NAME,
    "payer_account": PAYEE_ACCOUNT,
}


class Terms(NamedTuple):
    """bank_no: of the bank in the clearing system. payer: whose account at the bank the money is paid out of."""

    bank: str
    form: Form
    encoding: Encoding
    bank_name: str
    bank_no: str
    payer_name: str
    payer_account: str


class FiledTerms(NamedTuple):
    terms: Terms
    filed_by: str
    filed_at: datetime


async def file_terms(connection: Connection, terms: Terms, *, clerk: str) -> None:
    """For the files that are drawn from now on. Raises Refused where a field is not of its form."""
    for field, pattern in _PATTERNS.items():
        if re.fullmatch(pattern, getattr(terms, field)) is None:
            raise Refused(Code.INVALID_FIELD, f"{field} is empty, too long or has a character it may not.", f"/{field}")
    if terms.encoding == "GBK" and terms.form != "text":
        raise Refused(Code.INVALID_FIELD, "A pain.001 file is UTF-8.", "/encoding")
    if not is_encodable(terms.bank_name + terms.payer_name, terms.encoding):
        raise Refused(Code.INVALID_FIELD, f"A name has a character that {terms.encoding} lacks.", "/encoding")
    await connection.execute(_FILE, *terms, clerk)


async def list_terms(connection: Connection) -> Sequence[FiledTerms]:
    """The last ones of each bank."""
    return [FiledTerms(Terms(*row[:7]), row[7], row[8]) for row in map(tuple, await connection.fetch(_LIST))]
