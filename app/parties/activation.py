"""Activation as it is written down, by whichever of the three channels: at a bank, at a hospital, at a pharmacy."""

from collections.abc import Sequence
from typing import NamedTuple

from app.database import Connection
from app.ledger.buckets import bucket_of


class Activation(NamedTuple):
    """An activation that is decided.

    place: the bank or institution. reference: a document, or the settlement that did it. retired_card_no: the old
    medical card that went before it at a pharmacy. actor: the clerk; where there is none, the place itself acted.
    """

    card_no: str
    person_no: str
    channel: str
    place: str
    reference: str
    retired_card_no: str | None
    actor: str | None = None


# One statement for all of it. `before` reads what stood: the rows are locked by the persons' accounts, and a statement
# sees none of its own changes. Frozen and closed accounts stay as they are.
_RECORD = """
WITH activation AS (
    SELECT * FROM unnest(
        $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::smallint[]
    ) AS a (card_no, person_no, channel, place, reference, retired_card_no, actor, bucket)
), activated AS (
    UPDATE parties.cards AS c
    SET state = 'active', activated_at = clock_timestamp(), activation_channel = a.channel, state_before_loss = NULL
    FROM activation AS a
    JOIN parties.cards AS before ON before.card_no = a.card_no
    WHERE c.card_no = a.card_no
    RETURNING c.card_no, before.state
), retired AS (
    UPDATE parties.cards AS c
    SET state = 'replaced', replaced_by = a.card_no
    FROM activation AS a
    JOIN parties.cards AS before ON before.card_no = a.retired_card_no
    WHERE c.card_no = a.retired_card_no
    RETURNING c.card_no, before.state
), woken AS (
    UPDATE ledger.accounts AS o
    SET state = 'normal'
    FROM (SELECT DISTINCT ON (person_no) * FROM activation) AS a
    WHERE o.owner = a.person_no AND o.kind = 'personal' AND o.bucket = a.bucket AND o.state = 'dormant'
    RETURNING o.owner
), told_of_accounts AS (
    INSERT INTO parties.account_events (person_no, event, from_state, to_state, actor, reason)
    SELECT DISTINCT ON (a.person_no) a.person_no, 'activate', 'dormant', 'normal', a.actor, 'card activated'
    FROM activation AS a
    JOIN woken ON woken.owner = a.person_no
)
INSERT INTO parties.card_events (card_no, person_no, event, from_state, to_state, place, actor, reference)
SELECT a.card_no, a.person_no, 'activate', activated.state, 'active', a.place, a.actor, a.reference
FROM activation AS a
JOIN activated ON activated.card_no = a.card_no
UNION ALL
SELECT a.retired_card_no, a.person_no, 'replace', retired.state, 'replaced', a.place, a.actor, a.reference
FROM activation AS a
JOIN retired ON retired.card_no = a.retired_card_no
"""


async def record_activations(connection: Connection, activations: Sequence[Activation]) -> None:
    """Write decided activations down, any number of them, one a card.

    The caller holds the lock of each person's account and has found, under it, the card issued and the old card good.
    """
    if not activations:
        return
    cards, persons, channels, places, references, retired, _ = zip(*activations, strict=True)
    actors = [activation.actor or activation.place for activation in activations]
    buckets = [bucket_of(person_no) for person_no in persons]
    await connection.execute(_RECORD, cards, persons, channels, places, references, retired, actors, buckets)
