"""The texts under the hashes: a message's content, and the leaf of its settlement in the hash tree of its batch. Pure.

Fields are joined by `|`, NULL is `~`, truth 1 or 0, times are microseconds since 1970. No field can hold any of these
marks but the JSON of particulars and metadata, which stands last and is told apart by what it begins with. What came
with later releases adds to a text only where it is there. `verify` builds the same texts in SQL.

A leaf goes into receipts, and the leaves beside it with it. Its text therefore holds the transfers only as a hash
under the batch's secret salt: without the salt nobody can try which account and balance of somebody else fits it, nor
whether a leaf beside theirs is of a settlement that they guess.
"""

from collections.abc import Sequence
from hashlib import blake2b, sha256

from app.ledger.journal import epoch_us
from app.ledger.posting import Transfer, transfers_hash
from app.settlement.records import Settlement


def content_text(row: Settlement) -> str:
    """The message's content without its particulars and metadata."""
    return (
        f"{row.institution}|{row.message_id}|{row.kind}|{row.person_no}|{row.amount}|{row.cert_type or '~'}"
        f"|{row.card_no or '~'}|{row.card_sn or '~'}|{row.med_type or '~'}|{row.decline_if_short:d}"
        f"|{row.use_mutual_aid:d}|{row.use_debit:d}"
        f"|{'~' if row.occurred_at is None else epoch_us(row.occurred_at)}"
    )


def fingerprint(content: str) -> int:
    """64 bits of a message's content, as a Postgres bigint."""
    return int.from_bytes(blake2b(content.encode(), digest_size=8).digest(), "big", signed=True)


def leaf(row: Settlement, content: str, transfers: Sequence[Transfer], salt: bytes) -> bytes:
    """Hash of a settlement with its transfers. Batch, day and time are under the batch's own hash."""
    return leaf_over(row, content, transfers_hash(salt, row.position, transfers).hex())


def leaf_over(row: Settlement, content: str, transfers_hash: str) -> bytes:
    """The same from the hash of the transfers in hex, which is all that a receipt shows of them."""
    text = (
        f"{content}|{row.status}|{row.code}|{row.account_paid}|{row.mutual_aid_paid}|{row.debit_paid}|{row.cash_due}"
        f"|{'~' if row.balance_after is None else row.balance_after}|{row.bucket}"
        f"{f'|accumulated {row.accumulated_paid}' if row.accumulated_paid else ''}|{transfers_hash}"
    )
    if row.particulars is not None:
        text += f"|particulars {row.particulars}"
    if row.metadata is not None:
        text += f"|{row.metadata}"
    return sha256(text.encode()).digest()
