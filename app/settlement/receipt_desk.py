"""Gives receipts: reads a batch, proves it against its root and signs it. Settling knows nothing of it.

The rows of a batch are read and hashed once for the receipts of all of them; the batches last asked for are kept.
"""

from collections import OrderedDict
from typing import NamedTuple

from app import logs
from app.codes import Code
from app.database import Connection
from app.errors import Refused
from app.ledger.journal import LANES, chain_hash, tree_root
from app.ledger.posting import Transfer, transfers_hash
from app.settlement.leaves import content_text, leaf_over
from app.settlement.messages import MessageKey
from app.settlement.receipts import BatchHead, SealedBatch, receipt, sign
from app.settlement.records import Settlement
from app.settlement.register import find_settlement
from app.signing import SigningKey, SigningKeys

_log = logs.get(__name__)

_BATCHES_KEPT = 64  # of 160 KB at most
_ROWS_PER_READ = 500  # some milliseconds of hashing, so that other requests get their turn between

_READ_BATCH = f"""
SELECT
    b.business_day, b.size, b.settled_at, b.tree_root, b.chain_hash, b.salt,
    coalesce(
        before.chain_hash, sha256(convert_to('medsettle lane ' || b.batch_id % {LANES}, 'UTF8'))
    ) AS previous_hash
FROM ledger.batches AS b
LEFT JOIN ledger.batches AS before ON before.batch_id = b.batch_id - {LANES}
WHERE b.batch_id = $1
"""  # noqa: S608

_PLACES = "WHERE batch_id = $1 AND business_day = $2 AND position >= $3 AND position < $4"
_READ_SETTLEMENTS = f"""
SELECT {", ".join(Settlement.__struct_fields__)} FROM settlement.settlements {_PLACES} ORDER BY position
"""  # noqa: S608
_READ_TRANSFERS = f"""
SELECT {", ".join(Transfer._fields)} FROM ledger.transfers {_PLACES} ORDER BY position, leg
"""  # noqa: S608


class ReceiptDesk:
    """The keys of this process and the batches that it proved last."""

    def __init__(self, keys: SigningKeys) -> None:
        self.keys = keys
        self._kept: OrderedDict[int, SealedBatch] = OrderedDict()

    async def receipt_of(self, connection: Connection, message_key: MessageKey) -> tuple[bytes, str] | None:
        """The receipt as JSON, and whose it is; None where nothing is recorded under this key.

        Raises Refused where there is no key to sign with, the journal does not prove the settlement, or the settlement
        is older than receipts.
        """
        key = self.keys.current
        if key is None:
            raise Refused(Code.SIGNING_KEY_MISSING, "The service has no key to sign receipts with.")
        found = await find_settlement(connection, message_key)
        if found is None:
            return None
        row = found.row
        batch = self._kept.get(row.batch_id) or await _prove(connection, row.batch_id, key)
        self._keep(batch)
        # Read anew: what is kept is the batch, not what one of its rows says now.
        read = await _read_rows(connection, batch.head, batch.salt, row.position, row.position + 1)
        if [each.leaf for each in read] != batch.leaves[row.position : row.position + 1] or not read:
            raise _broken(row.batch_id)
        return receipt(batch, read[0].row, read[0].transfers_hash), row.person_no

    def _keep(self, batch: SealedBatch) -> None:
        self._kept[batch.head.batch_id] = batch
        self._kept.move_to_end(batch.head.batch_id)
        if len(self._kept) > _BATCHES_KEPT:
            self._kept.popitem(last=False)


class _Read(NamedTuple):
    row: Settlement
    transfers_hash: bytes
    leaf: bytes


async def _prove(connection: Connection, batch_id: int, key: SigningKey) -> SealedBatch:
    """Raises Refused where the rows do not make the root, or the root does not make the chain hash."""
    stored = await connection.fetchrow(_READ_BATCH, batch_id)
    if stored is None:
        raise _broken(batch_id)
    if stored["salt"] is None:
        raise Refused(Code.RECEIPT_UNAVAILABLE, "It was settled by a release that gave no receipts.")
    head = BatchHead(
        batch_id,
        stored["business_day"],
        stored["size"],
        stored["settled_at"],
        stored["tree_root"].hex(),
        stored["previous_hash"].hex(),
        stored["chain_hash"].hex(),
    )
    leaves: list[bytes] = []
    for first in range(0, head.size, _ROWS_PER_READ):
        read = await _read_rows(connection, head, stored["salt"], first, min(first + _ROWS_PER_READ, head.size))
        if [each.row.position for each in read] != list(range(first, first + len(read))):
            raise _broken(batch_id)
        leaves += [each.leaf for each in read]
    root = tree_root(leaves)
    if root != stored["tree_root"] or chain_hash(head.opened, len(leaves), root) != stored["chain_hash"]:
        raise _broken(batch_id)
    return SealedBatch(head, stored["salt"], leaves, sign(head, key))


async def _read_rows(connection: Connection, head: BatchHead, salt: bytes, first: int, end: int) -> list[_Read]:
    """The rows of a batch from one position to before another, with what their hashes are now."""
    places = (head.batch_id, head.business_day, first, end)
    transfers: dict[int, list[Transfer]] = {}
    for transfer in map(Transfer._make, await connection.fetch(_READ_TRANSFERS, *places)):
        transfers.setdefault(transfer.position, []).append(transfer)
    read = []
    for fields in await connection.fetch(_READ_SETTLEMENTS, *places):
        row = Settlement(*fields)
        moved = transfers_hash(salt, row.position, transfers.get(row.position, ()))
        read.append(_Read(row, moved, leaf_over(row, content_text(row), moved.hex())))
    return read


def _broken(batch_id: int) -> Refused:
    _log.error("journal_broken", batch_id=batch_id)
    return Refused(
        Code.JOURNAL_BROKEN, f"The rows of batch {batch_id} do not prove this settlement, so nothing was signed."
    )
