"""The first use of a card, by which a message activates it: a registration at a hospital (the founding text's second
way), or at a pharmacy the old medical card first and then the new card of the same person (its third).
"""

from datetime import date

from app.codes import Code
from app.parties.card_check import RegisteredCard, card_refusal
from app.settlement.books import Books, RegisteredInstitution
from app.settlement.decide.decision import Activate, Decision, declined, refuse_parties
from app.settlement.messages import Message


def decide_registration(message: Message, books: Books) -> Decision:
    """A registration moves no money. With a card that is active, or with no card, there is nothing to activate."""
    institution, account = books.institutions.get(message.institution), books.personal.get(message.person_no)
    refusal = refuse_parties(institution, account)
    if refusal is not None:
        return refusal
    assert institution is not None
    assert account is not None
    if account.state == "closed":
        return declined(Code.ACCOUNT_CLOSED)
    activates = False
    if message.card is not None and message.card.card_no is not None:
        card = books.cards.get(message.card.card_no)
        activates = card is not None and card.state == "issued"
        code = card_refusal(card, message.person_no, message.card.card_sn, books.business_day, activates=activates)
        if code is not None:
            return declined(code)
    code = refuse_first_use(message, institution, books, activates=activates)
    if code is not None:
        return declined(code)
    return Decision("settled", Code.OK, effects=(Activate(),) if activates else (), tells_balance_of=account)


def brings_first_use(message: Message) -> bool:
    return message.visit is not None or message.old_card is not None


def refuse_first_use(
    message: Message, institution: RegisteredInstitution, books: Books, *, activates: bool
) -> Code | None:
    """Why this institution cannot activate a card this way. The old card is looked at where it activates one."""
    if institution.kind == "hospital":
        return Code.OLD_CARD_AT_HOSPITAL if message.visit is None else None
    if message.old_card is None:
        return Code.REGISTRATION_AT_PHARMACY
    if not activates:
        return None
    return _refuse_old_card(old_card_of(message, books), message.person_no, books.business_day)


def old_card_of(message: Message, books: Books) -> RegisteredCard | None:
    """The old medical card that a message names, if its numbers are right."""
    named = message.old_card
    if named is None:
        return None
    card = books.cards.get(named.card_no)
    return None if card is None or named.card_sn not in (None, card.card_sn) else card


def _refuse_old_card(old_card: RegisteredCard | None, person_no: str, today: date) -> Code | None:
    if old_card is None:
        return Code.OLD_CARD_UNKNOWN
    if old_card.person_no != person_no:
        return Code.OLD_CARD_OF_ANOTHER_PERSON
    is_usable = old_card.kind == "medical" and old_card.state == "active" and old_card.valid_to >= today
    return None if is_usable else Code.OLD_CARD_NOT_USABLE
