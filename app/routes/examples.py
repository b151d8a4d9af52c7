"""A transaction and what it came to, as the OpenAPI document shows them."""

from typing import Any

EXAMPLE_MESSAGE: dict[str, Any] = {
    "institution": "H00000000001",
    "message_id": "H00000000001202611221030000001",
    "kind": "payment",
    "person_no": "99000000000001",
    "card": {"cert_type": "03", "card_no": "Z00000001", "card_sn": "999999D15600000500000000000000AB"},
    "med_type": "11",
    "amount": 10500,
    "short_balance": "split",
    "occurred_at": "2026-11-22T10:30:00+08:00",
}
EXAMPLE_OUTCOME: dict[str, Any] = {
    "settlement_id": "2026112200000000000010240003",
    "institution": "H00000000001",
    "message_id": "H00000000001202611221030000001",
    "kind": "payment",
    "person_no": "99000000000001",
    "status": "settled",
    "code": "ok",
    "amount": 10500,
    "account_paid": 10000,
    "mutual_aid_paid": 0,
    "debit_paid": 0,
    "cash_due": 500,
    "balance_after": 0,
    "parts": [{"source": "account", "amount": 10000, "part": "current"}, {"source": "cash", "amount": 500}],
    "business_day": "2026-11-22",
    "settled_at": "2026-11-22T02:30:00.123456Z",
    "original_message_id": None,
    "expires_at": None,
    "card_activated": False,
    "replayed": False,
    "differing_fields": [],
    "detail": None,
    "metadata": None,
}
