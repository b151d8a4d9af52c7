"""Proves what settlements say against the ledger, the journal's hashes and the registry of message keys.

Reads parties, settlements and the ledger's tables; what the ledger can tell by itself stands in `app.ledger.verify`.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass

from app.database import Connection
from app.ledger.accounts import CARRY_OVER_ACCOUNT, FUND_ACCOUNT
from app.ledger.journal import MARK_BYTES, TREE_FAN_OUT
from app.ledger.verify import VIOLATIONS_MAX, Check, Violation
from app.settlement.messages import message_key
from app.settlement.records import fingerprint

_ROWS_PER_FETCH = 10_000

# `records.content_text` as SQL.
_CONTENT = """concat_ws(
    '|', s.institution, s.message_id, s.kind, s.person_no, s.amount, coalesce(s.cert_type, '~'),
    coalesce(s.card_no, '~'), coalesce(s.card_sn, '~'), coalesce(s.med_type, '~'), s.decline_if_short::int,
    s.use_mutual_aid::int, s.use_debit::int, coalesce(trunc(extract(epoch FROM s.occurred_at) * 1000000)::text, '~')
)"""

# `decide.is_debit`, and payments.
_IS_DEBIT = """
    s.kind IN ('payment', 'claw_back') OR s.kind = 'adjustment' AND s.particulars::jsonb ->> 'direction' = 'debit'
"""

_STRAYS = """
SELECT
    format('transfer batch %s position %s leg %s', t.batch_id, t.position, t.leg) AS broken_row,
    'no settlement of its day and bucket stands there' AS detail
FROM ledger.transfers AS t
WHERE NOT EXISTS (
    SELECT FROM settlement.settlements AS s
    WHERE s.batch_id = t.batch_id AND s.position = t.position
      AND s.business_day = t.business_day AND s.bucket = t.bucket
)
ORDER BY t.batch_id, t.position, t.leg
"""

# A row at the position after the last one of each batch shows what is missing at the end.
_POSITIONS = """
WITH places AS (
    SELECT batch_id, position, false AS is_end, business_day FROM settlement.settlements
    UNION ALL
    SELECT batch_id, size, true, business_day FROM ledger.batches
), steps AS (
    SELECT
        *,
        lag(position, 1, -1::smallint) OVER batch AS position_before,
        lag(is_end, 1, false) OVER batch AS is_past_end
    FROM places
    WINDOW batch AS (PARTITION BY batch_id ORDER BY position, is_end DESC, business_day)
), looked_at AS (
    SELECT
        p.batch_id,
        p.position,
        CASE
            WHEN b.batch_id IS NULL OR p.is_past_end OR p.position <= p.position_before + 1 THEN p.position
            ELSE p.position_before + 1
        END AS broken,
        CASE
            WHEN b.batch_id IS NULL THEN 'belongs to no batch'
            WHEN p.is_past_end THEN format('stands past the %s settlements of its batch', b.size)
            WHEN p.position > p.position_before + 1 THEN 'missing'
            WHEN p.is_end THEN NULL
            WHEN p.position <= p.position_before THEN 'stands at a taken position'
            WHEN p.business_day <> b.business_day
                THEN format('is booked on %s, its batch on %s', p.business_day, b.business_day)
        END AS detail
    FROM steps AS p
    LEFT JOIN ledger.batches AS b ON b.batch_id = p.batch_id
)
SELECT format('settlement batch %s position %s', batch_id, broken) AS broken_row, detail
FROM looked_at
WHERE detail IS NOT NULL
ORDER BY batch_id, position
"""

# A field that held a mark that separates fields, or the one for NULL, could let two rows have one hashed text.
_FIELDS = f"""
SELECT format('settlement batch %s position %s', batch_id, position) AS broken_row, detail
FROM (
    SELECT
        batch_id,
        position,
        CASE
            WHEN kind NOT IN (
                    'payment', 'registration', 'contribution', 'retiree_credit', 'claw_back', 'adjustment',
                    'carry_over', 'interest'
                ) OR status NOT IN ('settled', 'declined', 'rejected')
                OR (status = 'settled') <> (code = 'ok') THEN 'no settlement has this kind, status and code'
            WHEN concat(institution, message_id, code, person_no, cert_type, card_no, card_sn, med_type) ~ '[|~]'
                OR metadata NOT LIKE '{{%' OR particulars NOT LIKE '{{%'
                THEN 'a field holds a mark that separates fields'
            WHEN (amount <= 0) <> (kind IN ('registration', 'carry_over')) OR amount < 0
                THEN format('a %s is not of %s fen', kind, amount)
            WHEN least(account_paid, accumulated_paid, mutual_aid_paid, debit_paid, cash_due) < 0
                THEN 'an amount is negative'
            WHEN accumulated_paid > account_paid THEN 'more of its account part is accumulated than there is'
            WHEN account_paid::numeric + mutual_aid_paid + debit_paid + cash_due
                <> CASE WHEN status = 'settled' AND is_debit THEN amount ELSE 0 END
                THEN format('its parts do not suit a %s %s of %s fen', status, kind, amount)
        END AS detail
    FROM settlement.settlements AS s, LATERAL (SELECT {_IS_DEBIT} AS is_debit) AS kinds
) AS looked_at
WHERE detail IS NOT NULL
ORDER BY batch_id, position
"""  # noqa: S608

# Money moves once, between the two accounts that the message names; a settlement that is not settled moves none. What
# the year's end carries over before it stays within the account (`app.ledger.verify`).
_MOVEMENTS = f"""
WITH moved AS (
    SELECT
        batch_id, position, business_day, bucket, debit_account, credit_account,
        sum(amount) AS fen,
        coalesce(sum(amount) FILTER (WHERE accumulated), 0) AS accumulated,
        coalesce(min(debit_balance_after), max(credit_balance_after)) AS balance_after
    FROM ledger.transfers
    WHERE debit_account <> {CARRY_OVER_ACCOUNT} AND credit_account <> {CARRY_OVER_ACCOUNT}
    GROUP BY batch_id, position, business_day, bucket, debit_account, credit_account
), stated AS (
    SELECT
        s.batch_id, s.position, s.business_day, s.bucket, s.balance_after,
        CASE WHEN s.status <> 'settled' THEN 0 WHEN is_debit THEN s.account_paid ELSE s.amount END AS fen,
        CASE WHEN s.kind = 'interest' AND s.status = 'settled' THEN s.amount ELSE s.accumulated_paid END AS accumulated,
        CASE WHEN is_debit THEN person.account_id ELSE {FUND_ACCOUNT} END AS debit_account,
        CASE
            WHEN s.kind = 'payment' THEN i.account_id
            WHEN is_debit THEN {FUND_ACCOUNT}
            ELSE person.account_id
        END AS credit_account,
        person.bucket AS bucket_due
    FROM settlement.settlements AS s
    CROSS JOIN LATERAL (SELECT {_IS_DEBIT} AS is_debit) AS kinds
    LEFT JOIN ledger.accounts AS person ON person.owner = s.person_no AND person.kind = 'personal'
    LEFT JOIN parties.institutions AS i ON i.institution = s.institution
), looked_at AS (
    SELECT
        s.batch_id,
        s.position,
        CASE
            WHEN s.fen <> coalesce(m.fen, 0)
                THEN format('says that %s fen moved, its transfers move %s', s.fen, coalesce(m.fen, 0))
            WHEN m.fen IS NOT NULL
                AND (m.debit_account, m.credit_account) IS DISTINCT FROM (s.debit_account, s.credit_account)
                THEN format('its money moved from account %s to %s, not from %s to %s',
                            m.debit_account, m.credit_account,
                            coalesce(s.debit_account::text, 'none'), coalesce(s.credit_account::text, 'none'))
            WHEN s.accumulated <> coalesce(m.accumulated, 0)
                THEN format('says that %s fen are of the accumulated part, its transfers moved %s',
                            s.accumulated, coalesce(m.accumulated, 0))
            WHEN m.fen IS NOT NULL AND s.balance_after IS DISTINCT FROM m.balance_after
                THEN format('says that %s fen were left, its transfers left %s', s.balance_after, m.balance_after)
            WHEN s.bucket <> s.bucket_due
                THEN format('stands in bucket %s, its account in %s', s.bucket, s.bucket_due)
        END AS detail
    FROM stated AS s
    LEFT JOIN moved AS m ON m.batch_id = s.batch_id AND m.position = s.position
        AND m.business_day = s.business_day AND m.bucket = s.bucket
)
SELECT format('settlement batch %s position %s', batch_id, position) AS broken_row, detail
FROM looked_at
WHERE detail IS NOT NULL
ORDER BY batch_id, position
"""  # noqa: S608

# `records.leaf` and `journal.tree_root` as SQL: a leaf is the text of the settlement, its transfers, its particulars
# and its metadata.
# The root proves the batch, the marks tell the row.
_TREE = f"""
WITH pieces AS (
    SELECT s.batch_id, s.position, -1 AS place, concat_ws(
        '|', {_CONTENT}, s.status, s.code, s.account_paid, s.mutual_aid_paid, s.debit_paid, s.cash_due,
        coalesce(s.balance_after::text, '~'), s.bucket,
        CASE WHEN s.accumulated_paid <> 0 THEN 'accumulated ' || s.accumulated_paid END
    ) AS piece
    FROM settlement.settlements AS s
    UNION ALL
    SELECT batch_id, position, leg, concat_ws(
        '|', '', leg, debit_account, credit_account, amount, coalesce(debit_balance_after::text, '~'),
        coalesce(credit_balance_after::text, '~'), coalesce(debit_entry::text, '~'), coalesce(credit_entry::text, '~'),
        CASE WHEN accumulated THEN 'accumulated' END
    )
    FROM ledger.transfers
    UNION ALL
    SELECT batch_id, position, 32768, '|particulars ' || particulars
    FROM settlement.settlements WHERE particulars IS NOT NULL
    UNION ALL
    SELECT batch_id, position, 32769, '|' || metadata FROM settlement.settlements WHERE metadata IS NOT NULL
), leaves AS (
    SELECT batch_id, position, sha256(convert_to(string_agg(piece, '' ORDER BY place), 'UTF8')) AS hash
    FROM pieces GROUP BY batch_id, position
), twigs AS (
    SELECT
        batch_id, position / {TREE_FAN_OUT} AS position, sha256(string_agg(hash, ''::bytea ORDER BY position)) AS hash
    FROM leaves GROUP BY batch_id, position / {TREE_FAN_OUT}
), branches AS (
    SELECT
        batch_id, position / {TREE_FAN_OUT} AS position, sha256(string_agg(hash, ''::bytea ORDER BY position)) AS hash
    FROM twigs GROUP BY batch_id, position / {TREE_FAN_OUT}
), marks AS (
    SELECT batch_id, string_agg(substring(hash FROM 1 FOR {MARK_BYTES}), ''::bytea ORDER BY position) AS marks
    FROM leaves GROUP BY batch_id
), roots AS (
    SELECT batch_id, sha256(string_agg(hash, ''::bytea ORDER BY position)) AS hash
    FROM branches GROUP BY batch_id
)
SELECT
    CASE
        WHEN l.batch_id IS NULL THEN format('batch %s', b.batch_id)
        ELSE format('settlement batch %s position %s', b.batch_id, l.position)
    END AS broken_row,
    CASE
        WHEN l.batch_id IS NULL THEN 'its settlements and their transfers do not hash to its tree root'
        ELSE 'it or its transfers were changed: they do not hash to their leaf'
    END AS detail
FROM ledger.batches AS b
LEFT JOIN roots AS r ON r.batch_id = b.batch_id
LEFT JOIN marks AS m ON m.batch_id = b.batch_id
LEFT JOIN leaves AS l ON l.batch_id = b.batch_id
    AND substring(l.hash FROM 1 FOR {MARK_BYTES})
        <> substring(b.leaf_marks FROM l.position * {MARK_BYTES} + 1 FOR {MARK_BYTES})
WHERE b.tree_root IS DISTINCT FROM r.hash OR b.leaf_marks IS DISTINCT FROM m.marks
ORDER BY b.batch_id, l.position
"""  # noqa: S608

_REGISTRY = f"""
SELECT
    coalesce(s.batch_id, k.batch_id), coalesce(s.position, k.position), s.institution, s.message_id, {_CONTENT},
    s.batch_id IS NOT NULL, k.message_key, k.fingerprint
FROM settlement.settlements AS s
FULL JOIN settlement.message_keys AS k
    ON k.batch_id = s.batch_id AND k.position = s.position AND k.business_day = s.business_day
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class RegistryCheck(Check):
    """The registry's hashes are BLAKE2b, which Postgres has not: its rows stream through here, a few at a time."""

    async def violations(self, connection: Connection, looked_at: Callable[[int], None]) -> list[Violation]:
        found: list[tuple[int, int, str, str]] = []
        seen = 0
        cursor = await connection.cursor(self.sql)
        while rows := await cursor.fetch(_ROWS_PER_FETCH):
            broken = [defect for row in rows if (defect := _registry_defect(*row)) is not None]
            found = heapq.nsmallest(VIOLATIONS_MAX, [*found, *broken])
            seen += len(rows)
            looked_at(seen)
        return [Violation(self.name, row, detail) for _, _, row, detail in found]


def _registry_defect(
    batch_id: int,
    position: int,
    institution: str,
    message_id: str,
    content: str,
    is_settlement: bool,
    key: bytes | None,
    registered_fingerprint: int | None,
) -> tuple[int, int, str, str] | None:
    place = f"batch {batch_id} position {position}"
    if not is_settlement:
        return batch_id, position, f"message key of {place}", "no settlement of its day stands there"
    if key is None:
        return batch_id, position, f"settlement {place}", "has no message key: its message would settle again"
    if key != message_key(institution, message_id):
        return batch_id, position, f"settlement {place}", "the message key of its place is another message's"
    if registered_fingerprint != fingerprint(content):
        return batch_id, position, f"settlement {place}", "its content has not the fingerprint of its message key"
    return None


_SETTLEMENTS = "settlement.settlements"

CHECKS = (
    Check("positions", "batches hold what they count, of one day", _SETTLEMENTS, _POSITIONS),
    Check("fields", "settlements are sound in themselves", _SETTLEMENTS, _FIELDS),
    Check("movements", "transfers moved what settlements say", _SETTLEMENTS, _MOVEMENTS),
    Check("strays", "transfers belong to settlements", "ledger.transfers", _STRAYS),
    Check("tree", "rows hash to the tree root of the batch", _SETTLEMENTS, _TREE),
    RegistryCheck("registry", "message keys and fingerprints fit", _SETTLEMENTS, _REGISTRY),
)
