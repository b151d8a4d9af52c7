"""Whether a card identifies a person: the same answer for a payment and for the card as a certificate. Pure."""

from datetime import date

import msgspec

from app.codes import Code
from app.parties.cards import Card


class RegisteredCard(msgspec.Struct, gc=False):
    """A card as a batch finds it, and as the messages before leave it to those behind."""

    card_no: str
    person_no: str
    card_sn: str
    state: str
    valid_to: date
    kind: str
    bank: str = ""
    debit_application: str = "off"

    @property
    def debit_owner(self) -> str:
        """Whose debit account the card leads to: the holder's at the bank that issued it."""
        return f"{self.bank}/{self.person_no}"


STATE_REFUSALS = {
    "issued": Code.CARD_NOT_ACTIVE,
    "temp_lost": Code.CARD_LOST,
    "lost": Code.CARD_LOST,
    "pin_locked": Code.CARD_PIN_LOCKED,
    "replaced": Code.CARD_REPLACED,
    "cancelled": Code.CARD_CANCELLED,
    "expired": Code.CARD_EXPIRED,
}


def card_refusal(
    card: RegisteredCard | Card | None, person_no: str, card_sn: str | None, today: date, *, activates: bool = False
) -> Code | None:
    """Why a card does not identify a person, None if it does. `activates`: an issued card is as good as active."""
    if card is None:
        return Code.CARD_UNKNOWN
    if card.person_no != person_no:
        return Code.CARD_OF_ANOTHER_PERSON
    if card_sn is not None and card_sn != card.card_sn:
        return Code.CARD_SN_MISMATCH
    if card.state != "active" and not activates:
        return STATE_REFUSALS[card.state]
    if card.valid_to < today:
        return Code.CARD_EXPIRED
    return None
