"""Verifies a receipt with nothing but a public key. Pure: no service, no database, no clock."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal

import msgspec
import orjson

from app.errors import UsageError
from app.ledger.journal import chain_hash
from app.settlement.leaves import content_text, leaf_over
from app.settlement.receipts import Receipt, outcome_json, root_over, row_of, statement
from app.signing import PublicKey

Check = Literal["form", "chain hash", "key", "signature", "path", "outcome"]


class NotProved(UsageError):
    """The receipt is no proof; names the first check that failed."""

    def __init__(self, check: Check, reason: str) -> None:
        super().__init__(f"The receipt is not genuine ({check}): {reason}")
        self.check = check


def verify_receipt(document: bytes, keys: Sequence[PublicKey]) -> Receipt:
    """The receipt, proved in every field. Raises NotProved.

    From the batch down to the outcome: what is not proved yet is hashed and compared, and nothing else is done with it.
    """
    receipt, shown = _read(document)
    batch = receipt.batch
    root = bytes.fromhex(batch.tree_root)
    if chain_hash(batch.opened, batch.size, root).hex() != batch.chain_hash:
        raise NotProved("chain hash", "the batch and the hash before it do not make its chain hash.")
    _verify_signature(receipt, keys)
    row = row_of(receipt)
    leaf = leaf_over(row, content_text(row), receipt.evidence.transfers)
    if root_over(leaf, receipt.position, batch.size, receipt.path) != root:
        raise NotProved("path", "the evidence and its path do not lead to the root of the batch.")
    if not _same(shown["outcome"], _parse(outcome_json(row, batch))):
        raise NotProved("outcome", "it does not follow from the evidence.")
    return receipt


def _verify_signature(receipt: Receipt, keys: Sequence[PublicKey]) -> None:
    signature = receipt.signature
    for key in keys:
        if (key.key_id, key.algorithm) == (signature.key_id, signature.algorithm):
            if not key.verifies(bytes.fromhex(signature.value), statement(receipt.batch)):
                raise NotProved("signature", f"key {key.key_id} did not sign this batch.")
            return
    given = ", ".join(f"{key.algorithm} key {key.key_id}" for key in keys)
    raise NotProved("key", f"it names {signature.algorithm} key {signature.key_id}; given: {given}.")


def _read(document: bytes) -> tuple[Receipt, dict[str, Any]]:
    """The receipt as a struct and as plain values. What the two could show differently is refused."""
    try:
        receipt = msgspec.json.decode(document, type=Receipt)
        shown = _parse(document)
        for text in (receipt.evidence.particulars, receipt.evidence.metadata):
            if text is not None:
                orjson.loads(text)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise NotProved("form", f"this is no receipt of a version that is known here: {error}") from None
    moments = (receipt.batch.settled_at, receipt.evidence.occurred_at)
    # Other spellings of a value are refused, so that every reader of the file reads what was proved.
    if any(moment is not None and moment.utcoffset() for moment in moments) or not _same(
        shown, _parse(msgspec.json.encode(receipt))
    ):
        raise NotProved("form", "it is not written as receipts are.")
    return receipt, shown


def _parse(document: bytes) -> Any:
    """JSON with exact numbers. Raises ValueError, also for a repeated key."""
    return json.loads(bytes(document).decode(), object_pairs_hook=_once_each, parse_float=Decimal)


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a field stands twice.")
    return fields


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: in Python True equals 1. Without recursion, since a forged file may be deep."""
    pending = [(one, other)]
    while pending:
        one, other = pending.pop()
        if type(one) is not type(other):
            return False
        if isinstance(one, dict):
            if one.keys() != other.keys():
                return False
            pending += [(value, other[name]) for name, value in one.items()]
        elif isinstance(one, list):
            if len(one) != len(other):
                return False
            pending += zip(one, other, strict=True)
        elif one != other:
            return False
    return True
