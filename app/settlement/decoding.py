"""Bytes → `Message` or `Malformed`: what a message must have, by its kind. Pure."""

import re
from datetime import UTC, datetime
from typing import Any

import msgspec
import orjson

from app.codes import Code
from app.parties.agency import AGENCY
from app.settlement.json_objects import RepeatedKey, count_keys, parse
from app.settlement.messages import (
    DEBIT_KINDS,
    ID_CHARACTER,
    INSTITUTION_KINDS,
    NO_CARD,
    Card,
    Kind,
    Malformed,
    Message,
)

METADATA_BYTES_MAX = 1024


def decode(value: bytes, message_id: str | None = None) -> Message | Malformed:
    """Read one JSON object. Never raises: what cannot be read comes back as Malformed.

    message_id: for a message that has none in itself.
    """
    message = _decode_plain(value)
    if message is not None:
        return message
    try:
        fields = parse(value)
        if message_id is not None and isinstance(fields, dict):
            fields.setdefault("message_id", message_id)
        return read_fields(fields)
    except orjson.JSONDecodeError:
        return Malformed(Code.INVALID_JSON, "The message is not JSON in UTF-8.")


_DECODER = msgspec.json.Decoder(Message)


def _decode_plain(value: bytes) -> Message | None:
    """What most messages are, in one pass: a sound plain payment that repeats no key. None says nothing.

    A struct does not tell which keys were there; but where the text shows no more keys than the struct has fields that
    differ from their defaults, each of those was there once and nothing else was.
    """
    try:
        message = _DECODER.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    card = message.card
    if (
        card is None
        or count_keys(value) != _fields_told(message, card)
        or not _is_plain_payment(message)
        or (card.cert_type != "03" and (card.card_no is not None or card.card_sn is not None))
        or (message.occurred_at is not None and not _has_utc(message.occurred_at))
        or not _has_clean_texts(message)
    ):
        return None
    return message


def _fields_told(message: Message, card: Card) -> int:
    """How many keys a plain payment has at least: five with its card and amount, and its card's."""
    return (
        7
        + (message.med_type is not None)
        + (message.occurred_at is not None)
        + (message.short_balance != "split")
        + (not message.use_mutual_aid)
        + message.use_debit
        + (card.card_no is not None)
        + (card.card_sn is not None)
    )


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
    has_few = _has_what_few_have(message)
    misfit = None if _is_plain_payment(message) and not has_few else _misfit(message)
    if misfit is not None:
        return _malformed(fields, *misfit)
    if message.occurred_at is not None and not _has_utc(message.occurred_at):
        return _malformed(fields, Code.INVALID_FIELD, "Outside the years 1 to 9999 in UTC.", "/occurred_at")
    if message.expires_at is not None and not _has_utc(message.expires_at):
        return _malformed(fields, Code.INVALID_FIELD, "Outside the years 1 to 9999 in UTC.", "/expires_at")
    card = message.card
    if card is not None and card.cert_type != "03" and (card.card_no is not None or card.card_sn is not None):
        message = msgspec.structs.replace(message, card=Card(card.cert_type))
    if not _has_clean_texts(message) or (has_few and any(map(_is_unclean_id, _ids_of_few(message).values()))):
        return _malformed(
            fields, Code.INVALID_FIELD, "Holds a character that is not allowed.", _place_of_unclean_text(message)
        )
    if message.metadata is not None and not _metadata_fits(message.metadata):
        return _malformed(
            fields, Code.INVALID_FIELD, "metadata is longer than 1024 bytes or nested too deep.", "/metadata"
        )
    return message


# What the kinds need, beside what the schema asks of all.

_NAMES_ORIGINAL: frozenset[Kind] = frozenset({"capture", "void", "refund", "reversal"})
_AMOUNT_LEFT_OPEN: frozenset[Kind] = frozenset({"capture", "refund"})
_WITHOUT_AMOUNT: frozenset[Kind] = frozenset({"void", "reversal", "registration"})

_Misfit = tuple[Code, str, str]


def _is_plain_payment(message: Message) -> bool:
    """What most messages are, where it has nothing that only some have. False says nothing."""
    card = message.card
    return (
        message.kind == "payment"
        and message.amount > 0
        and card is not None
        and (card.card_no is not None if card.cert_type == "03" else card.cert_type is not None)
        and message.institution != AGENCY
    )


def _has_what_few_have(message: Message) -> bool:
    return not (
        message.visit is None and message.old_card is None and message.original_message_id is None
        and message.expires_at is None and message.payee_card is None and message.direction is None
        and message.treatment_id is None and message.total_fee is None and message.insurance_type is None
        and message.use_account and not message.final
    )  # fmt: skip


def _misfit(message: Message) -> _Misfit | None:
    """What a message lacks or has too much of for its kind."""
    kind = message.kind
    if message.institution == AGENCY:
        return Code.INVALID_FIELD, "This code is the agency's own.", "/institution"
    if kind not in INSTITUTION_KINDS:
        return Code.KIND_UNKNOWN, f"Institutions send no {kind}.", "/kind"
    if kind in _WITHOUT_AMOUNT:
        if message.amount:
            return Code.INVALID_AMOUNT, f"Kind {kind} has no amount of its own.", "/amount"
    elif not message.amount and kind not in _AMOUNT_LEFT_OPEN:
        return Code.INVALID_AMOUNT, "Object missing required field `amount`", "/amount"
    if kind != "payment":
        misfit = _misfit_of_reference(message)
        if misfit is not None:
            return misfit
    elif message.original_message_id is not None:
        return Code.INVALID_FIELD, "A payment names no original.", "/original_message_id"
    elif message.payee_card is not None:
        return Code.INVALID_FIELD, "A payment names no payee.", "/payee_card"
    if message.expires_at is not None and kind != "authorization":
        return Code.INVALID_FIELD, "Only an authorization expires.", "/expires_at"
    if message.final and kind != "capture":
        return Code.INVALID_FIELD, "Only a capture is final.", "/final"
    if message.direction is not None:
        return Code.INVALID_FIELD, "Only the agency adjusts.", "/direction"
    return _misfit_of_care(message) or _misfit_of_first_use(message) or _misfit_of_card(message)


def _misfit_of_care(message: Message) -> _Misfit | None:
    """What is told of the care that was paid for. Who names an original has insurance and fee from it."""
    kind = message.kind
    if message.insurance_type is not None:
        if kind not in ("payment", "authorization", "registration"):
            return Code.INVALID_FIELD, f"Kind {kind} has no insurance_type of its own.", "/insurance_type"
        if not message.insurance_type.isdecimal():
            return Code.INVALID_FIELD, "An insurance_type is digits.", "/insurance_type"
    if message.total_fee is not None:
        if kind not in ("payment", "authorization"):
            return Code.INVALID_FIELD, f"Kind {kind} has no total_fee of its own.", "/total_fee"
        if message.total_fee < message.amount:
            return Code.INVALID_FIELD, "The person's share exceeds the total_fee.", "/total_fee"
    if message.treatment_id is not None and kind in DEBIT_KINDS:
        return Code.INVALID_FIELD, f"Kind {kind} is of no treatment.", "/treatment_id"
    if not message.use_account:
        if kind != "payment":
            return Code.INVALID_FIELD, "Only a payment goes without the account.", "/use_account"
        if message.short_balance == "decline" and not message.use_debit:
            return Code.INVALID_FIELD, "Without the account all of it is cash.", "/short_balance"
    return None


def _misfit_of_reference(message: Message) -> _Misfit | None:
    kind = message.kind
    if kind in _NAMES_ORIGINAL:
        if message.original_message_id is None:
            return Code.INVALID_FIELD, f"Kind {kind} names its original.", "/original_message_id"
        if message.original_message_id == message.message_id:
            return Code.INVALID_FIELD, "A message is not its own original.", "/original_message_id"
    elif message.original_message_id is not None:
        return Code.INVALID_FIELD, f"Kind {kind} names no original.", "/original_message_id"
    if (message.payee_card is not None) != (kind == "transfer"):
        return Code.INVALID_FIELD, "A transfer, and nothing else, names the payee's card.", "/payee_card"
    return None


def _misfit_of_first_use(message: Message) -> _Misfit | None:
    if message.visit is None and message.old_card is None:
        if message.kind == "registration":
            return Code.INVALID_FIELD, "A registration has a visit or an old_card.", "/visit"
    elif message.kind not in ("payment", "registration"):
        return Code.INVALID_FIELD, f"Kind {message.kind} has no visit and no old_card.", "/visit"
    elif message.visit is not None and message.old_card is not None:
        return Code.INVALID_FIELD, "One message has a visit or an old_card, not both.", "/old_card"
    return None


def _misfit_of_card(message: Message) -> _Misfit | None:
    """Who names an original need not show the card again."""
    card = message.card
    if card is None:
        if message.kind in _NAMES_ORIGINAL:
            return None
        return Code.CARD_MISSING, f"Kind {message.kind} names the card.", "/card"
    if card.cert_type is None:
        return Code.CARD_MISSING, "A card has a cert_type.", "/card/cert_type"
    if card.cert_type == "03":
        if card.card_no is None:
            return Code.CARD_MISSING, "cert_type 03 needs card_no.", "/card/card_no"
    elif message.kind in DEBIT_KINDS:
        return Code.CARD_MISSING, f"Kind {message.kind} takes the card itself, cert_type 03.", "/card/cert_type"
    return None


_CLEAN = re.compile(
    rf"[A-Za-z0-9]*\|{ID_CHARACTER}*\|{ID_CHARACTER}*\|[0-9]*\|{ID_CHARACTER}*\|{ID_CHARACTER}*"
).fullmatch
_CLEAN_ID = re.compile(f"{ID_CHARACTER}*").fullmatch


def _has_clean_texts(message: Message) -> bool:
    card = message.card or NO_CARD
    return bool(
        _CLEAN(
            f"{message.institution}|{message.message_id}|{message.person_no}|{message.med_type or ''}"
            f"|{card.card_no or ''}|{card.card_sn or ''}"
        )
    )


def _ids_of_few(message: Message) -> dict[str, str | None]:
    """Ids that only some messages have, by their place."""
    ids: dict[str, str | None] = {}
    if message.original_message_id is not None:
        ids["/original_message_id"] = message.original_message_id
    if message.old_card is not None:
        ids |= {"/old_card/card_no": message.old_card.card_no, "/old_card/card_sn": message.old_card.card_sn}
    if message.payee_card is not None:
        ids |= {"/payee_card/card_no": message.payee_card.card_no, "/payee_card/card_sn": message.payee_card.card_sn}
    if message.treatment_id is not None:
        ids["/treatment_id"] = message.treatment_id
    if message.insurance_type is not None:
        ids["/insurance_type"] = message.insurance_type
    return ids


def _is_unclean_id(text: str | None) -> bool:
    return text is not None and _CLEAN_ID(text) is None


def _place_of_unclean_text(message: Message) -> str:
    if not _is_institution(message.institution):
        return "/institution"
    card = message.card or NO_CARD
    ids = {
        "/message_id": message.message_id,
        "/person_no": message.person_no,
        "/card/card_no": card.card_no,
        "/card/card_sn": card.card_sn,
        **_ids_of_few(message),
    }
    return next((place for place, text in ids.items() if _is_unclean_id(text)), "/med_type")


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
_is_id = re.compile(f"{ID_CHARACTER}{{1,30}}").fullmatch


def _malformed(fields: dict[str, Any], code: Code, detail: str, pointer: str = "") -> Malformed:
    institution, message_id, person_no = (fields.get(k) for k in ("institution", "message_id", "person_no"))
    if not (
        isinstance(institution, str) and _is_institution(institution)
        and isinstance(message_id, str) and _is_id(message_id)
    ):  # fmt: skip
        return Malformed(Code.MESSAGE_KEY_MISSING, f"No readable institution and message_id. {detail}", pointer)
    known_person = person_no if isinstance(person_no, str) and _is_id(person_no) else None
    return Malformed(code, detail, pointer, institution, message_id, known_person)
