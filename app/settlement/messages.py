"""Card transactions as they come in: the schema, and bytes → `Message` or `Malformed`. Pure."""

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, NewType

import msgspec
import orjson

from app.codes import Code
from app.parties.agency import AGENCY

MessageKey = NewType("MessageKey", bytes)

#: The largest amount of the national interface, N16,2 in fen.
AMOUNT_MAX = 9_999_999_999_999_999
METADATA_BYTES_MAX = 1024

# Printable ASCII that needs no escape in an address, and without the marks that separate fields
# under a hash.
_ID = "[A-Za-z0-9._:@=+*-]"


def _text(pattern: str, least: int, most: int, description: str = "") -> msgspec.Meta:
    """Lengths are checked in decoding. The pattern is told to clients; checking it there would take six searches a
    message where `_has_clean_texts` takes one."""
    length = f"{{{least}}}" if least == most else f"{{{least},{most}}}"
    return msgspec.Meta(
        min_length=least,
        max_length=most,
        description=description or None,
        extra_json_schema={"pattern": f"^{pattern}{length}$"},
    )


Institution = Annotated[str, _text("[A-Za-z0-9]", 12, 12, "fixmedins_code")]
MessageId = Annotated[str, _text(_ID, 1, 30, "the sender's msgid")]
PersonNo = Annotated[str, _text(_ID, 1, 30, "psn_no")]
CardNo = Annotated[str, _text(_ID, 1, 50)]
CardSn = Annotated[str, _text(_ID, 1, 32)]
MedType = Annotated[str, _text("[0-9]", 2, 6, "11 outpatient, 21 inpatient, 41 pharmacy …")]
Amount = Annotated[int, msgspec.Meta(gt=0, le=AMOUNT_MAX, description="fen")]
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


class OldCard(msgspec.Struct, frozen=True, gc=False):
    """The old medical card, which comes before the new card at the first use in a pharmacy."""

    card_no: CardNo
    card_sn: CardSn | None = None


Kind = Literal[
    "payment", "registration",
    "contribution", "retiree_credit", "claw_back", "adjustment", "carry_over", "interest",
]  # fmt: skip
#: What institutions may send. Money comes in by the agency's own way alone.
INSTITUTION_KINDS: frozenset[Kind] = frozenset({"payment", "registration"})


class Message(msgspec.Struct, frozen=True, gc=False):
    """One card transaction. Unknown fields are ignored. `amount` is needed but for kinds that move no money of its own.

    `visit` says that the person is registered for one, at a hospital; `old_card` that it came before the new card, at
    a pharmacy. Either makes this the first use of a card that is not yet active. `direction` is the agency's.
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
    old_card: OldCard | None = None
    direction: Literal["credit", "debit"] | None = None

    @property
    def particulars(self) -> dict[str, Any] | None:
        """What only some messages have, under the names that the sender knows."""
        if self.visit is None and self.old_card is None and self.direction is None:
            return None
        named: dict[str, Any] = {"visit": self.visit, "direction": self.direction}
        if self.old_card is not None:
            named |= {"old_card.card_no": self.old_card.card_no, "old_card.card_sn": self.old_card.card_sn}
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


def decode(value: bytes) -> Message | Malformed:
    """Read one JSON object. Never raises: what cannot be read comes back as Malformed."""
    try:
        return read_fields(parse(value))
    except orjson.JSONDecodeError:
        return Malformed(Code.INVALID_JSON, "The message is not JSON in UTF-8.")


def read_fields(fields: Any) -> Message | Malformed:
    """The same for a parsed value, as an item of an array is."""
    if not isinstance(fields, dict):
        return Malformed(Code.INVALID_JSON, "The message is not a JSON object.")
    if isinstance(fields, RepeatedKey):
        return _malformed(fields, Code.DUPLICATE_KEY, "A key stands twice in one object.")
    try:
        message = msgspec.convert(fields, Message)
    except msgspec.ValidationError as error:
        return _invalid(fields, str(error))
    if message.institution == AGENCY:
        return _malformed(fields, Code.INVALID_FIELD, "This code is the agency's own.", "/institution")
    if message.kind != "payment":
        if message.kind not in INSTITUTION_KINDS:
            return _malformed(fields, Code.KIND_UNKNOWN, f"Institutions send no {message.kind}.", "/kind")
        if message.visit is None and message.old_card is None:
            return _malformed(fields, Code.INVALID_FIELD, "A registration has a visit or an old_card.", "/visit")
        if message.amount:
            return _malformed(
                fields, Code.INVALID_AMOUNT, "A registration moves no money; a payment may have a visit.", "/amount"
            )
    elif not message.amount:
        return _malformed(fields, Code.INVALID_AMOUNT, "Object missing required field `amount`", "/amount")
    if message.direction is not None:
        return _malformed(fields, Code.INVALID_FIELD, "Only the agency adjusts.", "/direction")
    if message.visit is not None and message.old_card is not None:
        return _malformed(fields, Code.INVALID_FIELD, "One message has a visit or an old_card, not both.", "/old_card")
    if message.occurred_at is not None and not _has_utc(message.occurred_at):
        return _malformed(fields, Code.INVALID_FIELD, "Outside the years 1 to 9999 in UTC.", "/occurred_at")
    card = message.card
    if card is None or card.cert_type is None:
        return _malformed(fields, Code.CARD_MISSING, "A payment names the card.", "/card")
    if card.cert_type == "03":
        if card.card_no is None:
            return _malformed(fields, Code.CARD_MISSING, "cert_type 03 needs card_no.", "/card/card_no")
    elif card.card_no is not None or card.card_sn is not None:
        message = msgspec.structs.replace(message, card=Card(card.cert_type))
    if not _has_clean_texts(message):
        return _malformed(
            fields, Code.INVALID_FIELD, "Holds a character that is not allowed.", _place_of_unclean_text(message)
        )
    if message.metadata is not None and not _metadata_fits(message.metadata):
        return _malformed(
            fields, Code.INVALID_FIELD, "metadata is longer than 1024 bytes or nested too deep.", "/metadata"
        )
    return message


_CLEAN = re.compile(rf"[A-Za-z0-9]*\|{_ID}*\|{_ID}*\|[0-9]*\|{_ID}*\|{_ID}*").fullmatch


def _has_clean_texts(message: Message) -> bool:
    card, old_card = message.card or NO_CARD, message.old_card
    if old_card is not None and not _CLEAN(f"||{old_card.card_no}||{old_card.card_sn or ''}|"):
        return False
    return bool(
        _CLEAN(
            f"{message.institution}|{message.message_id}|{message.person_no}|{message.med_type or ''}"
            f"|{card.card_no or ''}|{card.card_sn or ''}"
        )
    )


def _place_of_unclean_text(message: Message) -> str:
    card = message.card or NO_CARD
    id_places = {
        "/message_id": message.message_id,
        "/person_no": message.person_no,
        "/card/card_no": card.card_no,
        "/card/card_sn": card.card_sn,
        "/old_card/card_no": message.old_card and message.old_card.card_no,
        "/old_card/card_sn": message.old_card and message.old_card.card_sn,
    }
    unclean = [place for place, text in id_places.items() if text and not re.fullmatch(f"{_ID}*", text)]
    if not _is_institution(message.institution):
        return "/institution"
    return unclean[0] if unclean else "/med_type"


def _has_utc(moment: datetime) -> bool:
    if 1 < moment.year < 9999:
        return True
    try:
        moment.astimezone(UTC)
    except OverflowError:
        return False
    return True


def _metadata_fits(metadata: dict[str, Any]) -> bool:
    try:
        return len(orjson.dumps(metadata)) <= METADATA_BYTES_MAX
    except orjson.JSONEncodeError:  # its own limit on nesting
        return False


def message_key(institution: str, message_id: str) -> MessageKey:
    """The idempotency key as 16 bytes: half the index of the two texts, and evenly spread."""
    return MessageKey(hashlib.blake2b(f"{institution}|{message_id}".encode(), digest_size=16).digest())


class RepeatedKey(dict[str, Any]):
    """An object in which, or in a part of which, a key stands twice."""


def parse(raw: bytes) -> Any:
    """JSON as orjson reads it, but objects with a repeated key come back as RepeatedKey.

    Parsers keep the last of two equal keys, so two amounts would settle as whichever came last. Without blanks
    every key shows as `":`, so as many of those as there are keys proves that none is repeated; only else is the
    text parsed once more with an eye on pairs. Raises orjson.JSONDecodeError.
    """
    parsed = orjson.loads(raw)
    try:
        if raw.translate(None, b" \t\r\n").count(b'":') == _keys(parsed):
            return parsed
        return json.loads(raw, object_pairs_hook=_watch_keys)
    except RecursionError:
        raise orjson.JSONDecodeError("nested too deep", "", 0) from None


def _keys(parsed: Any) -> int:
    """Keys of an object, or of the objects in an array, at any depth."""
    if type(parsed) is list:
        return sum(map(_keys, parsed))
    if type(parsed) is not dict:
        return 0
    count = len(parsed)
    for value in parsed.values():
        if type(value) is dict or type(value) is list:
            count += _keys(value)
    return count


def _watch_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs) or any(_holds_repeated_key(value) for value in fields.values()):
        return RepeatedKey(fields)
    return fields


def _holds_repeated_key(value: Any) -> bool:
    return isinstance(value, RepeatedKey) or (isinstance(value, list) and any(map(_holds_repeated_key, value)))


_PLACE = re.compile(r"^(.*?)(?: - at `\$?(.*)`)?$", re.DOTALL)
_MISSING = re.compile(r"missing required field `(\w+)`")


def _invalid(fields: dict[str, Any], text: str) -> Malformed:
    """Turn msgspec's words into a code and a JSON pointer."""
    place = _PLACE.match(text)
    reason, path = (place.group(1), place.group(2) or "") if place else (text, "")
    pointer = path.replace(".", "/")
    missing = _MISSING.search(reason)
    if missing:
        pointer = f"{pointer}/{missing.group(1)}"
    if reason.startswith("Invalid enum value"):  # msgspec would repeat what the sender wrote there
        reason = "Not one of the known values"
    code = Code.INVALID_FIELD
    if pointer == "/amount":
        code = Code.INVALID_AMOUNT
    elif pointer == "/kind":
        code = Code.KIND_UNKNOWN
    return _malformed(fields, code, reason, pointer)


_is_institution = re.compile("[A-Za-z0-9]{12}").fullmatch
_is_id = re.compile(f"{_ID}{{1,30}}").fullmatch


def _malformed(fields: dict[str, Any], code: Code, detail: str, pointer: str = "") -> Malformed:
    institution, message_id, person_no = (fields.get(k) for k in ("institution", "message_id", "person_no"))
    if not (
        isinstance(institution, str) and _is_institution(institution)
        and isinstance(message_id, str) and _is_id(message_id)
    ):  # fmt: skip
        return Malformed(Code.MESSAGE_KEY_MISSING, f"No readable institution and message_id. {detail}", pointer)
    known_person = person_no if isinstance(person_no, str) and _is_id(person_no) else None
    return Malformed(code, detail, pointer, institution, message_id, known_person)
