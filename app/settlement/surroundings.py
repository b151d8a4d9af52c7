"""What only some batches need: the family's accounts, originals with their holds and returns, what a region asks for.

Plain payments cost one look-up here, which tells whose accounts are locked beside the payers' own.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from asyncpg import Record

from app.database import Connection, LostRace
from app.ledger.posting import Transfer
from app.settlement.books import Books, Hold, PharmacyDay, Returns
from app.settlement.decide.originals import parent_of
from app.settlement.messages import DEBIT_KINDS, Message, MessageKey, message_key
from app.settlement.records import Recorded
from app.settlement.register import Place, Registers, read_settlements

# Before the locks: whose accounts the batch touches


class Touched(NamedTuple):
    """Owners of the accounts that a batch may change, beside those of the messages' own persons."""

    persons: set[str]
    debit_owners: set[str]


_GRANTERS = """
SELECT g.granter
FROM parties.mutual_aid_grants AS g
WHERE g.beneficiary = ANY (string_to_array($1, '|')) AND g.ended_at IS NULL
"""
# Whose card it is, and their account at its bank.
_HOLDERS = """
SELECT c.person_no, c.bank || '/' || c.person_no
FROM unnest($1::text[]) AS wanted (card_no)
JOIN parties.cards AS c ON c.card_no = wanted.card_no
"""
# What an original moved never changes, so it may be read before the locks. Here and below OFFSET 0 keeps a look-up by
# key one, however few rows there are when the plan is made.
_OWNERS = """
SELECT DISTINCT held.owner, held.kind
FROM unnest($1::bytea[]) AS wanted (message_key)
CROSS JOIN LATERAL (
    SELECT k.batch_id, k.business_day, k.position
    FROM settlement.message_keys AS k
    WHERE k.message_key = wanted.message_key
    OFFSET 0
) AS k
CROSS JOIN LATERAL (
    SELECT t.debit_account, t.credit_account
    FROM ledger.transfers AS t
    WHERE t.batch_id = k.batch_id AND t.business_day = k.business_day AND t.position = k.position
    OFFSET 0
) AS moved
CROSS JOIN LATERAL (
    SELECT a.owner, a.kind
    FROM ledger.accounts AS a
    WHERE a.account_id IN (moved.debit_account, moved.credit_account) AND a.balance IS NOT NULL
    OFFSET 0
) AS held
"""


async def read_touched(
    connection: Connection, messages: Sequence[Message], originals: Collection[MessageKey]
) -> Touched:
    touched = Touched(set(), set())
    beneficiaries = {each.person_no for each in messages if each.use_mutual_aid and each.kind == "payment"}
    if beneficiaries:
        rows = await connection.fetch(_GRANTERS, "|".join(beneficiaries))
        touched.persons.update([granter for (granter,) in rows])
    cards = [
        card.card_no
        for message in messages
        if message.use_debit or message.kind in DEBIT_KINDS
        for card in (message.card, message.payee_card)
        if card is not None and card.card_no is not None
    ]
    if cards:
        for person_no, owner in await connection.fetch(_HOLDERS, cards):
            touched.persons.add(person_no)
            touched.debit_owners.add(owner)
    if originals:
        for owner, kind in await connection.fetch(_OWNERS, list(originals)):
            (touched.persons if kind == "personal" else touched.debit_owners).add(owner)
    return touched


# Under the locks


_GRANTS = """
SELECT beneficiary, granter
FROM parties.mutual_aid_grants
WHERE granter = ANY ($1::text[]) AND ended_at IS NULL
ORDER BY beneficiary, place, grant_id
"""
_SUSPENDED = """
SELECT person_no FROM parties.insurances
WHERE person_no = ANY ($1::text[]) AND insurance = 'medical' AND state = 'suspended'
"""
_PHARMACY_DAYS = """
SELECT account_id, paid, payments FROM settlement.pharmacy_days
WHERE account_id = ANY ($1::bigint[]) AND business_day = $2
"""
_LATE = """
SELECT message_key, late_batch_id, late_business_day, late_position FROM settlement.tombstones
WHERE message_key = ANY ($1::bytea[]) AND late_batch_id IS NOT NULL
"""
_TRANSFERS = f"""
SELECT moved.*
FROM unnest($1::bigint[], $2::date[], $3::smallint[]) AS place (batch_id, business_day, position)
CROSS JOIN LATERAL (
    SELECT {", ".join(f"t.{column}" for column in Transfer._fields)}
    FROM ledger.transfers AS t
    WHERE t.batch_id = place.batch_id AND t.business_day = place.business_day AND t.position = place.position
    OFFSET 0
) AS moved
ORDER BY moved.batch_id, moved.position, moved.leg
"""  # noqa: S608
_HOLD = "SELECT message_key, account_id, bucket, amount, held, expires_at, state FROM settlement.holds"
_HOLDS = f"{_HOLD} WHERE message_key = ANY ($1::bytea[])"
_DUE_HOLDS = f"{_HOLD} WHERE account_id = ANY ($1::bigint[]) AND state = 'open' AND expires_at <= $2"
_RETURNS = """
SELECT message_key, amount, by_part, is_reversed FROM settlement.returns WHERE message_key = ANY ($1::bytea[])
"""


async def read_recorded(connection: Connection, books: Books, registers: Registers) -> None:
    """What stands under the keys that were taken before, and which of them lie under a tombstone."""
    if not registers.taken:
        return
    stored = await read_settlements(connection, list(registers.taken.values()))
    books.recorded = {key: stored[place] for key, place in registers.taken.items()}
    tombstones = [key for key, each in books.recorded.items() if _key_of(each) != key]
    if not tombstones:
        return
    for key in tombstones:
        books.tombstones.add(key)
        del books.recorded[key]
    places = {MessageKey(key): Place(*place) for key, *place in await connection.fetch(_LATE, tombstones)}
    late = await read_settlements(connection, list(places.values()))
    for key, place in places.items():
        books.recorded[key] = late[place]


def _key_of(recorded: Recorded) -> MessageKey:
    return message_key(recorded.row.institution, recorded.row.message_id)


async def read_surroundings(
    connection: Connection, books: Books, messages: Sequence[Message], touched: Touched, registers: Registers
) -> None:
    """Fill the books with what these messages ask for beside accounts and registers. Raises LostRace."""
    await _read_family(connection, books, messages, touched)
    await _read_suspended(connection, books)
    await _read_pharmacy_days(connection, books)
    await _read_due_holds(connection, books)
    if books.originals:
        await _read_originals(connection, books, registers)


async def _read_family(connection: Connection, books: Books, messages: Sequence[Message], touched: Touched) -> None:
    """Grants as they stand under the locks; one that came since is of the next payment."""
    if not touched.persons:
        return
    beneficiaries = {each.person_no for each in messages}
    granters: dict[str, list[str]] = {}
    for beneficiary, granter in await connection.fetch(_GRANTS, list(touched.persons)):
        if beneficiary in beneficiaries:
            granters.setdefault(beneficiary, []).append(granter)
    books.granters = {
        beneficiary: [books.personal[each] for each in names if each in books.personal]
        for beneficiary, names in granters.items()
    }


async def _read_suspended(connection: Connection, books: Books) -> None:
    if all(rule.suspended_may_spend for rule in books.rules.values()):
        return
    persons = [each.owner for each in books.personal.values() if not books.rule_of(each).suspended_may_spend]
    if persons:
        books.suspended = {person_no for (person_no,) in await connection.fetch(_SUSPENDED, persons)}


async def _read_pharmacy_days(connection: Connection, books: Books) -> None:
    """Where a cap holds, and where an original may give back what was counted under one."""
    if not books.originals and not any(rule.caps_pharmacies for rule in books.rules.values()):
        return
    accounts = [
        each.account_id for each in books.personal.values() if books.originals or books.rule_of(each).caps_pharmacies
    ]
    if accounts:
        rows = await connection.fetch(_PHARMACY_DAYS, accounts, books.business_day)
        books.pharmacy_days = {account_id: PharmacyDay(account_id, *counts) for account_id, *counts in rows}


async def _read_due_holds(connection: Connection, books: Books) -> None:
    holding = [account.account_id for account in books.personal.values() if account.held]
    if holding:
        _enter_holds(books, await connection.fetch(_DUE_HOLDS, holding, books.now))


def _enter_holds(books: Books, rows: Iterable[Record]) -> None:
    """Those of accounts that are locked: whoever names the hold of another person is refused without it."""
    for row in rows:
        hold = Hold(*row)
        if books.account(hold.account_id) is not None:
            books.holds.setdefault(hold.message_key, hold)


async def _read_originals(connection: Connection, books: Books, registers: Registers) -> None:
    """Originals, what they moved, and the holds and returns of them and of what they themselves go back to."""
    recorded = {key: books.recorded[key] for key in books.originals if key in books.recorded}
    places = {Place(each.row.batch_id, each.row.business_day, each.row.position): key for key, each in recorded.items()}
    rows = await connection.fetch(
        _TRANSFERS,
        [place.batch_id for place in places],
        [place.business_day for place in places],
        [place.position for place in places],
    )
    moved: dict[MessageKey, list[Transfer]] = {}
    for transfer in (Transfer(*row) for row in rows):
        _check_locked(books, transfer)
        moved.setdefault(places[Place(transfer.batch_id, transfer.business_day, transfer.position)], []).append(
            transfer
        )
    books.transfers.update(moved)
    parents = {parent_of(each.row) for each in recorded.values()}
    wanted = [*books.originals, *(parent for parent in parents if parent is not None)]
    _enter_holds(books, await connection.fetch(_HOLDS, wanted))
    for row in await connection.fetch(_RETURNS, wanted):
        books.returns[MessageKey(row["message_key"])] = Returns(*row)


def _check_locked(books: Books, transfer: Transfer) -> None:
    """An original that was settled between the look before the locks and the locks may touch an account not locked."""
    is_locked = (transfer.debit_entry is None or books.account(transfer.debit_account)) and (
        transfer.credit_entry is None or books.account(transfer.credit_account)
    )
    if not is_locked:
        raise LostRace
