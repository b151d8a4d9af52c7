"""The institutions of a world: they make messages of drafts, and remember what they sent."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.builders import AGENCY
from tests.model.books import Settlement
from tests.model.drafts import BY_AGENCY, Draft
from tests.model.model import Model
from tests.model.worlds import World, card_of, serial_of

Json = dict[str, Any]


class Sender:
    def __init__(self, world: World) -> None:
        self._world = world
        self._sent: list[Json] = []
        #: Ids that were named as originals and are not sent yet, with their institutions.
        self._unsent: list[tuple[str, str]] = []
        self._ids = 0

    def message(self, draft: Draft, model: Model) -> Json:
        """`model` tells the balances beside which an amount is drawn, and which earlier messages had an effect."""
        if draft["kind"] in ("repeat", "conflict"):
            earlier = self._sent[-1 - draft["back"] % len(self._sent)]
            return dict(earlier) if draft["kind"] == "repeat" else self._changed(earlier, draft["change"])
        message = self._addressed(draft, model)
        if "card" in draft:
            message["card"] = self._card(draft["card"], message["person_no"])
        if "payee" in draft:
            message["payee_card"] = {"card_no": card_of(self.person(draft["payee"]))}
        if draft.get("amount") is not None:
            beside, more = draft["amount"]
            message["amount"] = max(1, _fen_beside(beside, message, model) + more)
        if draft.get("visit") or draft["kind"] == "registration":
            message["visit"] = "outpatient"
        if draft.get("expires", "absent") != "absent":
            message["expires_at"] = (datetime.now(UTC) + _AHEAD[draft["expires"]]).isoformat()
        if draft.get("costs_more"):
            message["total_fee"] = message["amount"] + 7
        if draft.get("without_account"):
            message |= {"use_account": False, "short_balance": "split"}
            draft = {**draft, "short_balance": None}
        as_drawn = (
            "med_type", "short_balance", "use_mutual_aid", "use_debit", "final", "direction", "insurance_type",
            "treatment_id",
        )  # fmt: skip
        message |= {name: draft[name] for name in as_drawn if draft.get(name) is not None}
        self._sent.append(message)
        return message

    def person(self, letter: str) -> str:
        return dict(zip("ABC", self._world.persons, strict=True)).get(letter, "STRANGER")

    def _addressed(self, draft: Draft, model: Model) -> Json:
        """A message with its kind, institution, id, person and original."""
        kind, person_no = draft["kind"], self.person(draft["person"])
        codes = {"H": self._world.hospital, "P": self._world.pharmacy, "?": "X00000000000"}
        institution = AGENCY if kind in BY_AGENCY else codes[draft["institution"]]
        original_id = None
        if "original" in draft:
            institution, original_id, of_person = self._original(draft["original"], institution, model)
            person_no = person_no if draft["of_another"] or of_person is None else of_person
        message_id = None
        if draft["is_late"] and kind not in BY_AGENCY:
            place = next((each for each in self._unsent if original_id is None or each[0] == institution), None)
            if place is not None and place[1] != original_id:
                self._unsent.remove(place)
                institution, message_id = place
        message_id = message_id or self._new_id()
        message = {"kind": kind, "institution": institution, "message_id": message_id, "person_no": person_no}
        return message if original_id is None else {**message, "original_message_id": original_id}

    def _original(self, choice: tuple[str, int], institution: str, model: Model) -> tuple[str, str, str | None]:
        """Institution and id of the message to name, and its person where it was sent."""
        kind, back = choice
        possible = [
            each for each in self._sent if each["institution"] != AGENCY and kind in (each["kind"], "any", "any-effect")
        ]
        if not possible:
            self._unsent.append((institution, self._new_id()))
            return (*self._unsent[-1], None)
        if kind != "any":
            possible = [each for each in possible if _had_effect(_settlement(each, model))] or possible
        earlier = possible[-1 - back % len(possible)]
        return earlier["institution"], earlier["message_id"], earlier["person_no"]

    def _new_id(self) -> str:
        self._ids += 1
        return f"{self._world.hospital}.{self._ids}"

    def _card(self, which: str, person_no: str) -> Json:
        if which == "voucher":
            return {"cert_type": "01"}
        another = next(other for other in self._world.persons if other != person_no)
        number = {"another's": card_of(another), "unknown": "ZNONE"}.get(which, card_of(person_no))
        serial = {"with-its-number": serial_of(person_no), "with a wrong number": "SN0"}.get(which)
        return {"cert_type": "03", "card_no": number, **({"card_sn": serial} if serial else {})}

    def _changed(self, message: Json, change: int) -> Json:
        """The message with one field changed, well-formed still."""
        another = next(other for other in self._world.persons if other != message["person_no"])
        changes: list[Json] = [{"person_no": another}]
        if message["institution"] != AGENCY:
            changes.append({"metadata": {"note": change}})
        if "amount" in message:
            changes.append({"amount": message["amount"] + 1})
        if "original_message_id" in message:
            changes.append({"original_message_id": "ANOTHER"})
        if message["kind"] in ("payment", "authorization"):
            changes.append({"med_type": "12"})
            changes.append({"short_balance": "split" if message["short_balance"] == "decline" else "decline"})
        if message["kind"] == "payment":
            changes.append({"use_mutual_aid": not message["use_mutual_aid"]})
            changes.append({"use_debit": not message["use_debit"]})
            changes.append({"treatment_id": "T9"})
        if message["kind"] == "authorization":
            changes.append({"expires_at": "2099-12-31T00:00:00+00:00"})
        if message["kind"] == "capture":
            changes.append({"final": not message.get("final", False)})
        if message["kind"] == "transfer":
            changes.append({"payee_card": {"card_no": "ZANOTHER"}})
        if message.get("card", {}).get("cert_type") == "01":
            changes.append({"card": {"cert_type": "02"}})
        return {**message, **changes[change % len(changes)]}


_AHEAD = {
    "5-ms": timedelta(milliseconds=5),
    "20-ms": timedelta(milliseconds=20),
    "60-ms": timedelta(milliseconds=60),
    "1-day": timedelta(days=1),
    "past": timedelta(seconds=-1),
    "too far": timedelta(days=366, hours=1),
}


def _settlement(message: Json, model: Model) -> Settlement | None:
    return model.settlements.get((message["institution"], message["message_id"]))


def _had_effect(settlement: Settlement | None) -> bool:
    return settlement is not None and settlement.outcome["status"] in ("settled", "held")


def _fen_beside(beside: str, message: Json, model: Model) -> int:
    now, fen = datetime.now(UTC), 0
    person, card = model.persons.get(message["person_no"]), model.cards.get(card_of(message["person_no"]))
    original = model.settlements.get((message["institution"], message.get("original_message_id", "")))
    if "own" in beside and person is not None:
        fen += person.own.available(now)
    if "family" in beside and person is not None:
        fen += sum(granter.own.available(now) for granter in person.granters)
    if "debit" in beside and card is not None:
        fen += card.debit.balance
    if beside == "still held" and original is not None and original.hold is not None:
        fen += original.hold.held
    if beside == "still refundable" and original is not None:
        fen += sum(leg.left for leg in original.legs)
    return fen
