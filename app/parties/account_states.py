"""Freeze, unfreeze and close a person's account, under its lock: effective for the next payment on any path.

Money comes in to a frozen account as before, and refunds do; only payments out of it are declined.
"""

from typing import NamedTuple

from app.codes import Code
from app.database import Connection
from app.errors import Refused
from app.ledger.accounts import Account
from app.parties.card_states import account_after
from app.parties.person_events import locked_account

_WAS_FROZEN_FROM = """
SELECT from_state FROM parties.account_events WHERE person_no = $1 AND event = 'freeze' ORDER BY event_id DESC LIMIT 1
"""
_HAS_ACTIVATED_CARD = """
SELECT EXISTS (SELECT FROM parties.cards WHERE person_no = $1 AND activated_at IS NOT NULL)
"""


class AccountChange(NamedTuple):
    """The state in which the account now is, and whether it was there already."""

    state: str
    already: bool


async def change_account(
    connection: Connection, person_no: str, event: str, *, operator: str, reason: str
) -> AccountChange:
    """Apply freeze, unfreeze or close in the caller's transaction.

    Raises Refused (person_unknown, illegal_transition; that also for closing an account with money in it).
    """
    account = await locked_account(connection, person_no)
    after = await _after(connection, person_no, account, event)
    if after is None:
        return AccountChange(account.state, already=True)
    await connection.execute(
        "UPDATE ledger.accounts SET state = $3 WHERE account_id = $1 AND bucket = $2",
        account.account_id,
        account.bucket,
        after,
    )
    await connection.execute(
        "INSERT INTO parties.account_events (person_no, event, from_state, to_state, actor, reason)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        person_no,
        event,
        account.state,
        after,
        operator,
        reason,
    )
    return AccountChange(after, already=False)


async def _after(connection: Connection, person_no: str, account: Account, event: str) -> str | None:
    after = account_after(
        account.state,
        event,
        frozen_from=await connection.fetchval(_WAS_FROZEN_FROM, person_no),
        has_activated_card=await connection.fetchval(_HAS_ACTIVATED_CARD, person_no),
    )
    if after == "closed" and (account.balance or account.held):
        raise Refused(Code.ILLEGAL_TRANSITION, f"An account in state {account.state} with money in it is not closed.")
    return after
