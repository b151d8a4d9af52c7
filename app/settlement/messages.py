"""Card transactions as they come in: what a message is, and the key by which it is known. Pure.

How bytes become a message stands in `app.settlement.decoding`, what each kind does in docs/transactions.md.
"""

import hashlib
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, NewType

import msgspec

from app.codes import Code

MessageKey = NewType("MessageKey", bytes)

#: The largest amount of the national interface, N16,2 in fen.
AMOUNT_MAX = 9_999_999_999_999_999

#: Printable ASCII that needs no escape in an address, and without the marks that separate fields under a hash.
ID_CHARACTER = "[A-Za-z0-9._:@=+*-]"


def _text(pattern: str, least: int, most: int, description: str = "") -> msgspec.Meta:
    """Lengths are checked in decoding. The pattern is told to clients; checking it there would take six searches a
    message where one does."""
    length = f"{{{least}}}" if least == most else f"{{{least},{most}}}"
    return msgspec.Meta(
        min_length=least,
        max_length=most,
        description=description or None,
        extra_json_schema={"pattern": f"^{pattern}{length}$"},
    )


Institution = Annotated[str, _text("[A-Za-z0-9]", 12, 12, "fixmedins_code")]
MessageId = Annotated[str, _text(ID_CHARACTER, 1, 30, "the sender's msgid")]
PersonNo = Annotated[str, _text(ID_CHARACTER, 1, 30, "psn_no")]
CardNo = Annotated[str, _text(ID_CHARACTER, 1, 50)]
CardSn = Annotated[str, _text(ID_CHARACTER, 1, 32)]
MedType = Annotated[str, _text("[0-9]", 2, 6, "11 outpatient, 21 inpatient, 41 pharmacy …")]
InsuranceType = Annotated[str, _text("[0-9]", 3, 6, "insutype; 310, the employee scheme, where it is not given")]
TreatmentId = Annotated[str, _text(ID_CHARACTER, 1, 30, "mdtrt_id")]
Amount = Annotated[int, msgspec.Meta(gt=0, le=AMOUNT_MAX, description="fen")]
TotalFee = Annotated[int, msgspec.Meta(gt=0, le=AMOUNT_MAX, description="medfee_sumamt, fen")]
Moment = Annotated[datetime, msgspec.Meta(tz=True, description="RFC 3339")]


class Card(msgspec.Struct, frozen=True, gc=False):
    """How the person was identified: 01 e-voucher, 02 identity card, 03 social security card.

    `card_no` and `card_sn` are read for 03 alone. Under 01 and 02 that place can hold a token or a citizen number,
    which must not be kept: it is dropped when the message is decoded.
    """

    cert_type: Literal["01", "02", "03"] | None
    card_no: CardNo | None = None
    card_sn: CardSn | None = None


#: Stands for the card where a message has none, as in a contribution.
NO_CARD = Card(None)


class NamedCard(msgspec.Struct, frozen=True, gc=False):
    """A card beside the payer's own: the old medical card at a first use, the payee's card of a transfer."""

    card_no: CardNo
    card_sn: CardSn | None = None


Kind = Literal[
    "payment", "authorization", "capture", "void", "refund", "reversal", "registration",
    "deposit", "withdrawal", "transfer", "purchase",
    "contribution", "retiree_credit", "claw_back", "adjustment", "carry_over", "interest",
]  # fmt: skip
#: What institutions may send. Money comes in by the agency's own way alone.
INSTITUTION_KINDS: frozenset[Kind] = frozenset({
    "payment", "authorization", "capture", "void", "refund", "reversal", "registration",
    "deposit", "withdrawal", "transfer", "purchase",
})  # fmt: skip
#: What the card's bank application does.
DEBIT_KINDS: frozenset[Kind] = frozenset({"deposit", "withdrawal", "transfer", "purchase"})


class Message(msgspec.Struct, frozen=True, gc=False):
    """One card transaction. Unknown fields are ignored. `amount` is needed where the kind moves money of its own.

    `visit` says that the person is registered for one, at a hospital; `old_card` that it came before the new card, at
    a pharmacy. Either makes this the first use of a card that is not yet active. `original_message_id` names an
    earlier message of the same institution. `final` marks the last capture of a hold. `direction` is the agency's.
    `total_fee` is what the care cost, of which `amount` is the person's share; absent, the same. `use_account: false`
    settles a payment without the personal account and the family's.
    """

    institution: Institution
    message_id: MessageId
    kind: Kind
    person_no: PersonNo
    amount: Amount = 0
    card: Card | None = None
    med_type: MedType | None = None
    short_balance: Literal["split", "decline"] = "split"
    use_mutual_aid: bool = True
    use_debit: bool = False
    occurred_at: Moment | None = None
    metadata: dict[str, Any] | None = None
    visit: Literal["outpatient", "inpatient"] | None = None
    old_card: NamedCard | None = None
    original_message_id: MessageId | None = None
    expires_at: Moment | None = None
    final: bool = False
    payee_card: NamedCard | None = None
    direction: Literal["credit", "debit"] | None = None
    insurance_type: InsuranceType | None = None
    total_fee: TotalFee | None = None
    treatment_id: TreatmentId | None = None
    use_account: bool = True

    @property
    def particulars(self) -> dict[str, Any]:
        """What only some messages have, under the names that the sender knows and as JSON keeps it."""
        named: dict[str, Any] = {
            "visit": self.visit,
            "original_message_id": self.original_message_id,
            "expires_at": None if self.expires_at is None else self.expires_at.astimezone(UTC).isoformat(),
            "final": self.final or None,
            "direction": self.direction,
            "insurance_type": self.insurance_type,
            "total_fee": self.total_fee,
            "treatment_id": self.treatment_id,
            "use_account": None if self.use_account else False,
        }
        if self.old_card is not None:
            named |= {"old_card.card_no": self.old_card.card_no, "old_card.card_sn": self.old_card.card_sn}
        if self.payee_card is not None:
            named |= {"payee_card.card_no": self.payee_card.card_no, "payee_card.card_sn": self.payee_card.card_sn}
        return {name: value for name, value in named.items() if value is not None}


class Malformed(msgspec.Struct, frozen=True, gc=False):
    """What could not be read as a message. `institution` and `message_id` are set together or not at all."""

    code: Code
    detail: str
    pointer: str = ""
    institution: str | None = None
    message_id: str | None = None
    person_no: str | None = None

    @property
    def answerable(self) -> bool:
        """Whether a sender can be told; otherwise it is a dead letter."""
        return self.institution is not None


def message_key(institution: str, message_id: str) -> MessageKey:
    """The idempotency key as 16 bytes: half the index of the two texts, and evenly spread."""
    return MessageKey(hashlib.blake2b(f"{institution}|{message_id}".encode(), digest_size=16).digest())


def original_key(message: Message) -> MessageKey | None:
    """The key of the message that this one names, None where it names none."""
    if message.original_message_id is None:
        return None
    return message_key(message.institution, message.original_message_id)
