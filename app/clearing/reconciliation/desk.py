"""What routes, commands and the national interface ask of reconciliation.

Totals (3201) are compared at once. Details take two steps, as in the interface: `uploads.take_in` (9101) takes the rows
in under a number, `reconcile_details` (3202) opens a run over them, which waits until its turn. What it came to is read
by `runs.read_run` and `breaks.breaks_of`; `result_file.write_result` (9102) makes the file.
"""

import asyncio

from app.clearing.reconciliation.runs import Run, open_run, read_run
from app.clearing.reconciliation.scope import Scope, Stated
from app.clearing.reconciliation.session import session
from app.clearing.reconciliation.totals import compare_totals
from app.clearing.reconciliation.uploads import find_upload
from app.codes import Code
from app.database import Pool, transaction
from app.errors import Refused

_POLL_SECONDS = 0.05


async def reconcile_totals(url: str, scope: Scope, stated: Stated, *, requested_by: str) -> Run:
    """3201: the ledger's sums against those stated. Raises Refused, DatabaseUnavailable."""
    async with session(url) as connection, connection.transaction():
        return await compare_totals(connection, scope, stated, requested_by=requested_by)


async def reconcile_details(pool: Pool, upload_id: int, scope: Scope, stated: Stated, *, requested_by: str) -> Run:
    """3202: put the comparison of an upload into the queue. Asked again for the same upload it is the same run.

    Raises Refused where the upload is unknown, of another institution, or compared under another scope or other sums.
    """
    async with transaction(pool) as connection:
        # Two who ask at once: one of them opens the run.
        await connection.execute("SELECT FROM reconciliation.uploads WHERE upload_id = $1 FOR UPDATE", upload_id)
        run_id = await connection.fetchval("SELECT run_id FROM reconciliation.runs WHERE upload_id = $1", upload_id)
        if run_id is None:
            upload = await find_upload(connection, upload_id)
            if upload.institution == scope.institution:
                return await open_run(
                    connection, "details", scope, stated, upload_id=upload_id, requested_by=requested_by
                )
            raise Refused(Code.UPLOAD_UNKNOWN, "No rows of this institution are kept under this number.")
    run = await read_run(pool, run_id)
    if (run.scope, run.stated) != (scope, stated):
        raise Refused(
            Code.UPLOAD_UNKNOWN, "The rows under this number were compared under another scope or with other sums."
        )
    return run


async def settled_run(pool: Pool, run: Run, *, seconds_max: float) -> Run:
    """The run as it is once it waits no more, or after so long."""
    try:
        async with asyncio.timeout(seconds_max):
            while run.state == "waiting":
                await asyncio.sleep(_POLL_SECONDS)
                run = await read_run(pool, run.run_id)
    except TimeoutError:
        pass
    return run
