"""Made settlements in a made batch, and receipts of them."""

from datetime import UTC, date, datetime
from typing import Any

from app.ledger.journal import OpenBatch, chain_hash, tree_root
from app.ledger.posting import Transfer, transfers_hash
from app.settlement.leaves import content_text, leaf
from app.settlement.receipts import BatchHead, SealedBatch, receipt, sign
from app.settlement.records import Settlement
from app.signing import SigningKey, new_entry, read_keys
from pydantic import SecretStr

DAY = date(2026, 11, 24)
SETTLED_AT = datetime(2026, 11, 24, 3, 4, 5, 678_901, tzinfo=UTC)
SALT = bytes(range(32))
PREVIOUS = bytes(range(100, 132))
BATCH = 5 * 1024 + 7
ACCOUNT = 987_654_321


def new_key(algorithm: Any = "Ed25519") -> SigningKey:
    key = read_keys(SecretStr(new_entry(algorithm)), "").current
    assert key is not None
    return key


KEY = new_key()


def settlement(position: int, **changes: Any) -> Settlement:
    """A payment by card, of account money of both parts and cash."""
    fields: dict[str, Any] = {
        "batch_id": BATCH, "business_day": DAY, "position": position, "bucket": 200,
        "institution": "H00000000001", "message_id": f"M{position}", "kind": "payment", "person_no": "P1",
        "amount": 1_000, "account_paid": 700, "accumulated_paid": 200, "mutual_aid_paid": 0, "debit_paid": 0,
        "cash_due": 300, "balance_after": 0, "status": "settled", "code": "ok",
        "cert_type": "03", "card_no": "Z1", "card_sn": "SN1", "med_type": "11",
        "occurred_at": datetime(2026, 11, 24, 3, 4, 5, tzinfo=UTC),
        "decline_if_short": False, "use_mutual_aid": True, "use_debit": False,
        "particulars": '{"card_activated":true,"visit":"outpatient"}', "metadata": '{"note":"a|{b","rate":1.50}',
    }  # fmt: skip
    return Settlement(**{**fields, **changes})


def transfers_of(position: int) -> list[Transfer]:
    return [
        Transfer(BATCH, ACCOUNT, 1000, 500, 777_666_200, None, 7, None, DAY, position, 0, 200),
        Transfer(BATCH, ACCOUNT, 1000, 200, 777_666_000, None, 8, None, DAY, position, 1, 200, accumulated=True),
    ]


def sealed(leaves: list[bytes], key: SigningKey = KEY) -> SealedBatch:
    root = tree_root(leaves)
    opened = OpenBatch(BATCH, PREVIOUS, SETTLED_AT, DAY)
    hashes = (root.hex(), PREVIOUS.hex(), chain_hash(opened, len(leaves), root).hex())
    head = BatchHead(BATCH, DAY, len(leaves), SETTLED_AT, *hashes)
    return SealedBatch(head, SALT, leaves, sign(head, key))


def made(row: Settlement, size: int = 300, key: SigningKey = KEY) -> bytes:
    """The receipt of a row in a batch of others."""
    leaves = [bytes([number % 256, number // 256]) * 16 for number in range(size)]
    moved = transfers_of(row.position)
    leaves[row.position] = leaf(row, content_text(row), moved, SALT)
    return receipt(sealed(leaves, key), row, transfers_hash(SALT, row.position, moved))
