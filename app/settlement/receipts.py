"""A receipt: the outcome of one settlement and all that proves it without the service. Pure.

It holds the settlement's row, from which both the outcome and the leaf of the batch's hash tree follow; the path of
hashes from that leaf to the tree's root; the batch with its place in the hash chain; and a signature over the batch.
`app.settlement.receipt_check` verifies it. Hashes and signatures are lower-case hex.

The signed text is `medsettle receipt 1|batch_id|business_day|size|settled_at|tree_root|previous_hash|chain_hash`, with
settled_at in microseconds since 1970. It is the same for every receipt of a batch.
"""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Final, Literal

import msgspec

from app.ledger.journal import TREE_FAN_OUT, OpenBatch, epoch_us
from app.settlement.records import Settlement, outcome
from app.signing import Algorithm, SigningKey

#: Raised with any change of the document, of `Outcome` or of a leaf's text, since older receipts are kept for years.
VERSION: Final = 1

Hash = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$", max_length=64)]
Path = tuple[tuple[Hash, ...], tuple[Hash, ...], tuple[Hash, ...]]

# No field may hold the marks that separate fields under a hash, or be empty where that stands for NULL.
_Text = Annotated[str, msgspec.Meta(pattern="^[^|~]+$")]
_Json = Annotated[str, msgspec.Meta(pattern="^\\{", description="A JSON object as text")]
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]
_Position = Annotated[int, msgspec.Meta(ge=0)]


class Evidence(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The settlement's row; its place stands beside it. Amounts in fen.

    transfers: a hash with a secret salt, which stands for the movements and shows nothing of whose they are.
    """

    institution: _Text
    message_id: _Text
    kind: _Text
    person_no: _Text
    amount: int
    cert_type: _Text | None
    card_no: _Text | None
    card_sn: _Text | None
    med_type: _Text | None
    decline_if_short: bool
    use_mutual_aid: bool
    use_debit: bool
    occurred_at: _Moment | None
    status: _Text
    code: _Text
    account_paid: int
    accumulated_paid: int
    mutual_aid_paid: int
    debit_paid: int
    cash_due: int
    balance_after: int | None
    bucket: int
    transfers: Hash
    particulars: _Json | None
    metadata: _Json | None


class BatchHead(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A batch of the journal: what was settled in one transaction. previous_hash: the chain hash of the one before."""

    batch_id: int
    business_day: date
    size: int
    settled_at: _Moment
    tree_root: Hash
    previous_hash: Hash
    chain_hash: Hash

    @property
    def opened(self) -> OpenBatch:
        return OpenBatch(self.batch_id, bytes.fromhex(self.previous_hash), self.settled_at, self.business_day)


class Signature(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """key_id: the first 16 hex digits of the SHA-256 of the public key's bytes."""

    algorithm: Algorithm
    key_id: str
    value: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{128}$", max_length=128)]


class Receipt(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """path: the hashes beside the settlement's own at each level of the tree, the leaves' level first."""

    format: Literal["medsettle receipt"]
    version: Literal[1]
    outcome: msgspec.Raw
    evidence: Evidence
    position: _Position
    path: Path
    batch: BatchHead
    signature: Signature


class SealedBatch(msgspec.Struct, frozen=True, gc=False):
    """A batch whose rows were found to hash to its root, ready for a receipt of any of them."""

    head: BatchHead
    salt: bytes
    leaves: Sequence[bytes]
    signature: Signature


def sign(head: BatchHead, key: SigningKey) -> Signature:
    return Signature(key.public.algorithm, key.public.key_id, key.sign(statement(head)).hex())


def statement(head: BatchHead) -> bytes:
    """What is signed."""
    return (
        f"medsettle receipt {VERSION}|{head.batch_id}|{head.business_day}|{head.size}|{epoch_us(head.settled_at)}"
        f"|{head.tree_root}|{head.previous_hash}|{head.chain_hash}"
    ).encode()


def receipt(batch: SealedBatch, row: Settlement, transfers_hash: bytes) -> bytes:
    """The receipt as JSON."""
    return msgspec.json.encode(
        Receipt(
            "medsettle receipt",
            VERSION,
            outcome_json(row, batch.head),
            _evidence(row, transfers_hash),
            row.position,
            path_of(batch.leaves, row.position),
            batch.head,
            batch.signature,
        )
    )


def outcome_json(row: Settlement, head: BatchHead) -> msgspec.Raw:
    """What a query shows, but not as a replay."""
    return msgspec.Raw(msgspec.json.encode(outcome(row, head.settled_at, replayed=False)))


def _evidence(row: Settlement, transfers_hash: bytes) -> Evidence:
    fields = msgspec.structs.asdict(row)
    for place in ("batch_id", "business_day", "position"):
        del fields[place]
    return Evidence(**fields, transfers=transfers_hash.hex())


def row_of(shown: Receipt) -> Settlement:
    fields = msgspec.structs.asdict(shown.evidence)
    del fields["transfers"]
    return Settlement(
        **fields, batch_id=shown.batch.batch_id, business_day=shown.batch.business_day, position=shown.position
    )


# The tree of `journal.tree_root`: two levels in groups of TREE_FAN_OUT, and the root over what remains.


def path_of(leaves: Sequence[bytes], position: int) -> Path:
    """The hashes beside a leaf and beside the nodes above it."""
    nodes, place = leaves, position
    levels = []
    for _ in range(2):
        first = place - place % TREE_FAN_OUT
        levels.append(_beside(nodes[first : first + TREE_FAN_OUT], place - first))
        nodes = [_node(nodes[start : start + TREE_FAN_OUT]) for start in range(0, len(nodes), TREE_FAN_OUT)]
        place //= TREE_FAN_OUT
    return levels[0], levels[1], _beside(nodes, place)


def root_over(leaf: bytes, position: int, size: int, path: Path) -> bytes | None:
    """The root that a leaf and a path make; None where a batch of that size has no such path."""
    node, place, width = leaf, position, size
    for level, beside in enumerate(path):
        first = place - place % TREE_FAN_OUT if level < 2 else 0
        group = min(width - first, TREE_FAN_OUT) if level < 2 else width
        if not 0 <= place - first < group or len(beside) != group - 1:
            return None
        hashes = [bytes.fromhex(each) for each in beside]
        node = _node([*hashes[: place - first], node, *hashes[place - first :]])
        place, width = place // TREE_FAN_OUT, -(-width // TREE_FAN_OUT)
    return node


def _beside(nodes: Sequence[bytes], place: int) -> tuple[Hash, ...]:
    return tuple(node.hex() for at, node in enumerate(nodes) if at != place)


def _node(children: Sequence[bytes]) -> bytes:
    return hashlib.sha256(b"".join(children)).digest()
