"""The result file (table 201 of the interface): a zip with one text, a row a break, made anew whenever it is asked for.

Columns, separated by TAB, `null` where empty: psn_no, mdtrt_id, setl_id, msgid, stmt_rslt, refd_setl_flag, memo,
medfee_sumamt, fund_pay_sumamt, acct_pay. The amounts are the centre's, and the institution's where the centre has
none. Where the centre has more, mdtrt_id and setl_id are null and msgid is the message to reverse (omsgid of 2601).
"""

import asyncio
import zipfile
from collections.abc import Sequence
from typing import IO, Final

from app.clearing.reconciliation.breaks import Break, Kind, breaks_of
from app.clearing.reconciliation.runs import read_run
from app.clearing.reconciliation.scope import yuan
from app.codes import Code
from app.database import Pool
from app.errors import Refused

#: stmt_rslt. The code table of the interface has no word for what may still arrive: 4 is ours, and an institution that
#: does not know it leaves the row alone, which is right.
RESULTS: Final[dict[Kind, str]] = {"centre_more": "1", "institution_more": "2", "differs": "3", "not_arrived": "4"}
#: The same in the six digits of newer regions.
WIDE_RESULTS: Final[dict[Kind, str]] = {kind: f"00010{result}" for kind, result in RESULTS.items()}

NAME: Final = "result.txt"
_PAGE_ROWS = 5_000
_MEMO_MAX = 500
# A zip holds the time of each file; without one the same run gives the same bytes.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


async def write_result(pool: Pool, run_id: int, target: IO[bytes], *, results: dict[Kind, str] = RESULTS) -> None:
    """Raises Refused where the run is unknown or was not compared to its end."""
    run = await read_run(pool, run_id)
    if run.kind != "details" or run.rows is None:
        raise Refused(Code.RECONCILIATION_NOT_DONE, f"The reconciliation is one of {run.kind} and {run.state}.")
    after = 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo(NAME, _NO_TIME)
        entry.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(entry, "w", force_zip64=False) as member:
            while page := await breaks_of(pool, run_id, after=after, limit=_PAGE_ROWS):
                after = page[-1].break_id
                await asyncio.to_thread(member.write, _text(page, results))


def _text(page: Sequence[Break], results: dict[Kind, str]) -> bytes:
    return "".join([_line(each, results[each.kind]) for each in page]).encode()


def _line(found: Break, result: str) -> str:
    is_ours = found.kind == "centre_more"
    has_ours = found.medfee is not None
    cells = (
        found.person_no,
        None if is_ours else found.treatment_id,
        None if is_ours else found.settlement_id,
        found.message_id,
        result,
        str(int(found.gives_back)),
        memo(found)[:_MEMO_MAX],
        _yuan(found.medfee if has_ours else found.their_medfee),
        _yuan(found.fund_pay if has_ours else found.their_fund_pay),
        _yuan(found.account_pay if has_ours else found.their_account_pay),
    )
    return "\t".join(["null" if cell is None else cell for cell in cells]) + "\n"


def memo(found: Break) -> str:
    """What is to be known of a break, in a few words."""
    match found.kind:
        case "centre_more":
            return "the institution does not have it"
        case "not_arrived":
            return f"line {found.line}: not arrived yet; do nothing, compare again when the day is over"
        case "institution_more":
            return f"line {found.line}: {found.reason}"
        case "differs":
            return f"line {found.line}: {', '.join(_difference(found, field) for field in found.fields)}"


def _difference(found: Break, field: str) -> str:
    if field not in ("medfee", "fund_pay", "account_pay"):
        return field
    return f"{field} {_yuan(getattr(found, f'their_{field}'))} here {_yuan(getattr(found, field))}"


def _yuan(fen: int | None) -> str | None:
    return None if fen is None else yuan(fen)
