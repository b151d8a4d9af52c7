"""Cards in the register: issued, read, replaced, and changed by events.

All of it runs in the caller's transaction and under the lock of the holder's personal account, which every payment of
the holder takes before it looks at the card. So once the caller's transaction is committed, the next payment on any
path sees the change.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, NamedTuple

from app.codes import Code
from app.database import Connection, Pool, transaction
from app.errors import Refused
from app.ledger.accounts import Account, lock_personal_accounts
from app.parties.card_states import LOSSES, STANDING, card_after, debit_application_of_ended
from app.parties.person_events import locked_account

ReplacementReason = Literal["damage", "same_generation", "loss", "new_generation"]

_SWEEP_CARDS = 5_000


class NewCard(NamedTuple):
    """A card as it is issued."""

    card_no: str
    person_no: str
    card_sn: str
    kind: str
    medium: str
    bank: str
    issued_on: date
    valid_to: date


class Card(NamedTuple):
    """A card as it stands, in the order of `_COLUMNS`."""

    card_no: str
    person_no: str
    card_sn: str
    kind: str
    medium: str
    bank: str
    issued_on: date | None
    valid_to: date
    state: str
    activated_at: datetime | None
    activation_channel: str | None
    debit_application: str
    state_before_loss: str | None
    replaced_by: str | None


class CardEvent(NamedTuple):
    event: str
    from_state: str
    to_state: str
    place: str
    actor: str
    reference: str
    happened_at: datetime


class Occasion(NamedTuple):
    """Where something was done to a card, by which clerk, and on what document."""

    place: str
    actor: str
    reference: str


_COLUMNS = ", ".join(Card._fields)
_READ_CARD = f"SELECT {_COLUMNS} FROM parties.cards WHERE card_no = $1"  # noqa: S608
_READ_EVENTS = f"""
SELECT {", ".join(CardEvent._fields)} FROM parties.card_events WHERE card_no = $1 ORDER BY event_id
"""  # noqa: S608
_WRITE_EVENT = """
INSERT INTO parties.card_events (card_no, person_no, event, from_state, to_state, place, actor, reference)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""


async def read_card(connection: Connection, card_no: str) -> Card:
    """Raises Refused (card_unknown)."""
    row = await connection.fetchrow(_READ_CARD, card_no)
    if row is None:
        raise Refused(Code.CARD_UNKNOWN, "No card has this number.")
    return Card(*row)


async def read_events(connection: Connection, card_no: str) -> list[CardEvent]:
    """What happened to the card, oldest first."""
    return [CardEvent(*row) for row in await connection.fetch(_READ_EVENTS, card_no)]


async def lock_card(connection: Connection, card_no: str) -> tuple[Card, Account]:
    """Lock the account of the card's holder, then read the card. Raises Refused (card_unknown, person_unknown)."""
    holder = (await read_card(connection, card_no)).person_no
    account = await locked_account(connection, holder)
    return await read_card(connection, card_no), account


async def write_event(
    connection: Connection, card: Card | NewCard, event: str, from_state: str, to_state: str, occasion: Occasion
) -> None:
    await connection.execute(_WRITE_EVENT, card.card_no, card.person_no, event, from_state, to_state, *occasion)


# Issue


async def issue_card(connection: Connection, new: NewCard, occasion: Occasion) -> bool:
    """Put a new card into the register, False where it is there already.

    A social security card waits for its activation; an old medical card has none and is active at once. Raises Refused
    (person_unknown, card_exists; illegal_transition where the person has another social security card).
    """
    await locked_account(connection, new.person_no)
    stored = await connection.fetchrow(_READ_CARD, new.card_no)
    if stored is None:
        return await _insert(connection, new, occasion)
    _check_same(Card(*stored), new)
    return False


async def _insert(connection: Connection, new: NewCard, occasion: Occasion) -> Literal[True]:
    if new.kind == "social_security":
        await _check_only_card(connection, new.person_no)
    state = "active" if new.kind == "medical" else "issued"
    inserted = await connection.fetchval(
        f"INSERT INTO parties.cards ({', '.join(NewCard._fields)}, state)"  # noqa: S608
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING true",
        *new,
        state,
    )
    if not inserted:
        raise Refused(Code.CARD_EXISTS, "A card of another person was issued under this number.")
    await write_event(connection, new, "issue", "", state, occasion)
    return True


def _check_same(stored: Card, new: NewCard) -> None:
    differing = [name for name, value in new._asdict().items() if getattr(stored, name) != value]
    if differing:
        raise Refused(Code.CARD_EXISTS, f"The card of this number differs in {', '.join(differing)}.")


async def _check_only_card(connection: Connection, person_no: str) -> None:
    state = await connection.fetchval(
        "SELECT state FROM parties.cards"
        " WHERE person_no = $1 AND kind = 'social_security' AND state = ANY($2::text[]) LIMIT 1",
        person_no,
        STANDING,
    )
    if state is not None:
        raise Refused(
            Code.ILLEGAL_TRANSITION, f"The person has a social security card in state {state}; a new one replaces it."
        )


# Events


async def change_card(connection: Connection, card_no: str, event: str, occasion: Occasion) -> bool:
    """Apply report_temporary_loss, report_loss, recover, lock_pin, unlock_pin or cancel; False where it is so already.

    Raises Refused (card_unknown, illegal_transition).
    """
    card, _ = await lock_card(connection, card_no)
    after = card_after(card.state, event, kind=card.kind, before_loss=card.state_before_loss)
    if after is None:
        return False
    await _write_state(connection, card, event, after, occasion)
    return True


async def replace_card(
    connection: Connection, card_no: str, new: NewCard, reason: ReplacementReason, occasion: Occasion
) -> bool:
    """Issue `new` to the holder in place of a card; False where just this was done already.

    Reason loss goes with a formal loss and with nothing else. Raises Refused (card_unknown, card_exists,
    illegal_transition).
    """
    card, _ = await lock_card(connection, card_no)
    new = new._replace(person_no=card.person_no)
    if card_after(card.state, "replace") is None:
        if card.replaced_by != new.card_no:
            raise Refused(Code.ILLEGAL_TRANSITION, "A card in state replaced does not allow replace by another card.")
        _check_same(await read_card(connection, new.card_no), new)
        return False
    if (reason == "loss") != (card.state == "lost"):
        raise Refused(Code.ILLEGAL_TRANSITION, f"A card in state {card.state} does not allow replace for {reason}.")
    because = occasion._replace(reference=f"{reason} {occasion.reference}".rstrip())
    await _write_state(connection, card, "replace", "replaced", because, replaced_by=new.card_no)
    if await connection.fetchval("SELECT true FROM parties.cards WHERE card_no = $1", new.card_no):
        raise Refused(Code.CARD_EXISTS, "The new card's number is issued already.")
    return await _insert(connection, new, because)


async def _write_state(
    connection: Connection, card: Card, event: str, after: str, occasion: Occasion, *, replaced_by: str | None = None
) -> None:
    before_loss = card.state_before_loss if card.state in LOSSES else card.state
    has_ended = after in ("replaced", "cancelled")
    application = debit_application_of_ended(card.debit_application, card.kind) if has_ended else card.debit_application
    await connection.execute(
        "UPDATE parties.cards SET state = $2, state_before_loss = $3, debit_application = $4, replaced_by = $5"
        " WHERE card_no = $1",
        card.card_no,
        after,
        before_loss if after in LOSSES else None,
        application,
        replaced_by,
    )
    await write_event(connection, card, event, card.state, after, occasion)
    if application != card.debit_application:
        await write_event(connection, card, "close", card.debit_application, application, occasion)


# Expiry. Payments refuse a card by its date; the sweep lets the register say so too.


_READ_DUE = """
WITH next AS (
    SELECT card_no, person_no, state, valid_to FROM parties.cards WHERE card_no > $1 ORDER BY card_no LIMIT $4
)
SELECT
    max(card_no) AS last_card,
    coalesce(array_agg(card_no) FILTER (WHERE valid_to < $2 AND state = ANY($3)), '{}') AS cards,
    coalesce(array_agg(person_no) FILTER (WHERE valid_to < $2 AND state = ANY($3)), '{}') AS persons
FROM next
"""
_EXPIRE = """
WITH due AS (
    SELECT c.card_no, c.state
    FROM unnest($1::text[]) AS wanted (card_no)
    JOIN parties.cards AS c ON c.card_no = wanted.card_no
    WHERE c.valid_to < $2 AND c.state = ANY($3::text[])
), expired AS (
    UPDATE parties.cards AS c
    SET state = 'expired', state_before_loss = NULL
    FROM due
    WHERE c.card_no = due.card_no
    RETURNING c.card_no, c.person_no, due.state
), told AS (
    INSERT INTO parties.card_events (card_no, person_no, event, from_state, to_state, place, actor, reference)
    SELECT card_no, person_no, 'expire', state, 'expired', '', $4, '' FROM expired
    RETURNING card_no
)
SELECT count(*) FROM told
"""


async def expire_cards(pool: Pool, today: date, *, operator: str) -> int:
    """Set every standing card to expired whose validity passed before `today`; how many. Batches commit apart."""
    count, last_card = 0, ""
    while True:
        async with transaction(pool) as connection:
            row = await connection.fetchrow(_READ_DUE, last_card, today, STANDING, _SWEEP_CARDS)
            if row is None or row["last_card"] is None:
                return count
            count += await _expire(connection, row["cards"], row["persons"], today, operator)
            last_card = row["last_card"]


async def _expire(
    connection: Connection, cards: Sequence[str], persons: Sequence[str], today: date, operator: str
) -> int:
    if not cards:
        return 0
    await lock_personal_accounts(connection, persons)
    expired: int = await connection.fetchval(_EXPIRE, cards, today, STANDING, operator)
    return expired
