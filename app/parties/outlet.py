"""What the holder does in person at an outlet of the issuing bank: activation (channel a) and the debit application.

The holder brings the card and the original identity document. What is read off the document is compared and forgotten.
"""

from datetime import date

from app.codes import Code
from app.database import Connection
from app.errors import Refused
from app.ledger.accounts import new_account_ids, open_accounts
from app.ledger.buckets import bucket_of
from app.parties.activation import Activation, record_activations
from app.parties.card_states import account_after, card_after, debit_application_after
from app.parties.cards import Card, Occasion, lock_card, write_event
from app.parties.persons import identity_matches
from app.parties.vault import Vault

_DEBIT_ACCOUNT = "SELECT true FROM ledger.accounts WHERE owner = $1 AND kind = 'debit' AND bucket = $2"


async def activate_at_outlet(
    connection: Connection, vault: Vault, card_no: str, citizen_no: str, today: date, occasion: Occasion
) -> bool:
    """Activate the card, with it a dormant account; False where it is active already. `occasion.place` is the bank.

    Raises Refused (card_unknown, wrong_bank, identity_mismatch, illegal_transition).
    """
    card, account = await lock_card(connection, card_no)
    await _check_holder(connection, vault, card, citizen_no, occasion)
    if card_after(card.state, "activate", kind=card.kind) is None:
        return False
    _check_validity(card, "activate", today)
    account_after(account.state, "activate")
    bank, clerk, reference = occasion
    activation = Activation(card_no, card.person_no, "bank", bank, reference, retired_card_no=None, actor=clerk)
    await record_activations(connection, [activation])
    return True


async def switch_debit_on(
    connection: Connection,
    vault: Vault,
    card_no: str,
    citizen_no: str,
    today: date,
    occasion: Occasion,
    *,
    currency: str,
    credit: bool,
) -> bool:
    """Switch the debit application on, with it open the holder's account at the bank; False where it is on already.

    Raises Refused (credit_not_supported, card_unknown, wrong_bank, identity_mismatch, illegal_transition).
    """
    if credit or currency != "CNY":
        raise Refused(Code.CREDIT_NOT_SUPPORTED, "The bank application of a card is debit in CNY only.")
    card, _ = await lock_card(connection, card_no)
    await _check_holder(connection, vault, card, citizen_no, occasion)
    if not await _write_debit_application(connection, card, "switch_on", occasion):
        return False
    _check_validity(card, "switch_on", today)
    await _open_debit_account(connection, card)
    return True


async def change_debit_application(connection: Connection, card_no: str, event: str, occasion: Occasion) -> bool:
    """Apply switch_off or close; False where it is so already. The money stays in the holder's account at the bank.

    Raises Refused (card_unknown, wrong_bank, illegal_transition).
    """
    card, _ = await lock_card(connection, card_no)
    _check_bank(card, occasion)
    return await _write_debit_application(connection, card, event, occasion)


async def _check_holder(connection: Connection, vault: Vault, card: Card, citizen_no: str, occasion: Occasion) -> None:
    _check_bank(card, occasion)
    if not await identity_matches(connection, vault, card.person_no, citizen_no):
        raise Refused(Code.IDENTITY_MISMATCH, "The identity document is not the card holder's.")


def _check_bank(card: Card, occasion: Occasion) -> None:
    if card.bank != occasion.place:
        raise Refused(Code.WRONG_BANK, "Another bank issued the card.")


def _check_validity(card: Card, event: str, today: date) -> None:
    if card.valid_to < today:
        raise Refused(Code.ILLEGAL_TRANSITION, f"A card whose validity has passed does not allow {event}.")


async def _write_debit_application(connection: Connection, card: Card, event: str, occasion: Occasion) -> bool:
    after = debit_application_after(card.debit_application, event, card_state=card.state, kind=card.kind)
    if after is None:
        return False
    await connection.execute("UPDATE parties.cards SET debit_application = $2 WHERE card_no = $1", card.card_no, after)
    await write_event(connection, card, event, card.debit_application, after, occasion)
    return True


async def _open_debit_account(connection: Connection, card: Card) -> None:
    """The account at the bank, unless an earlier card of the same bank opened it. The person's lock keeps it single."""
    owner, bucket = f"{card.bank}/{card.person_no}", bucket_of(card.person_no)
    if await connection.fetchval(_DEBIT_ACCOUNT, owner, bucket):
        return
    [account_id] = await new_account_ids(connection, 1)
    await open_accounts(connection, [(account_id, 0, bucket, "debit", owner)])
