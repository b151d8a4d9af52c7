"""To which bank account an institution's money is paid."""

import re

from app.codes import Code
from app.database import Connection
from app.errors import Refused
from app.parties.csv_files import PAYEE_ACCOUNT, PAYEE_NAME

_CHANGE = """
WITH changed AS (
    UPDATE parties.institutions SET payee_name = $2, payee_account = $3 WHERE institution = $1 RETURNING institution
)
INSERT INTO parties.payee_changes (institution, payee_name, payee_account, actor)
SELECT institution, $2, $3, $4 FROM changed
"""


async def change_payee(connection: Connection, institution: str, name: str, account: str, *, operator: str) -> None:
    """For the days that are sealed from now on. Raises Refused for an unknown institution or a bad name or account."""
    for value, pattern, pointer in ((name, PAYEE_NAME, "/name"), (account, PAYEE_ACCOUNT, "/account")):
        if re.fullmatch(pattern, value) is None:
            raise Refused(
                Code.INVALID_FIELD, f"{pointer[1:]} is empty, too long or has a character it may not.", pointer
            )
    if await connection.execute(_CHANGE, institution, name, account, operator) == "INSERT 0 0":
        raise Refused(Code.INSTITUTION_UNKNOWN, "No designated institution has this code.")
