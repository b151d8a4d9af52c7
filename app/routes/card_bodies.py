"""What is sent to the routes of cards and what they answer."""

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, StringConstraints, model_validator

from app.parties.cards import ReplacementReason
from app.parties.csv_files import ID
from app.routes.agency import Body, CardNo, CardSn, PersonNo, example
from app.routes.times import Day

Bank = Annotated[str, StringConstraints(pattern=f"^{ID}{{1,30}}$")]
CitizenNo = Annotated[str, StringConstraints(pattern="^[0-9]{17}[0-9Xx]$"), Field(description="Compared, never kept")]
_Text = r"^[^\x00-\x1f\x7f]*$"
Place = Annotated[str, StringConstraints(max_length=64, pattern=_Text), Field(description="Where it was done")]
Reference = Annotated[
    str, StringConstraints(max_length=200, pattern=_Text), Field(description="Number of the document; no personal data")
]
Document = Annotated[Reference, Field(min_length=1)]


_CARD = {
    "card_no": "Z00000001",
    "card_sn": "999999D15600000500000000000000AB",
    "medium": "dual_interface",
    "bank": "BANK01",
    "issued_on": "2026-03-01",
    "valid_to": "2036-03-01",
}
_DONE = {"place": "BANK01/0042", "reference": "F-2026-000123"}
_IN_PERSON = {"bank": "BANK01", "citizen_no": "11010519491231002X", "reference": "F-2026-000123"}


# What is sent


class CardBody(Body):
    """A card as it is made. kind medical: an old medical card, which has no applications."""

    card_no: CardNo
    card_sn: CardSn
    medium: Literal["contact", "dual_interface", "chip_and_stripe"]
    bank: Bank
    issued_on: Day
    valid_to: Day

    @model_validator(mode="after")
    def _is_valid_after_issue(self) -> Self:
        if self.valid_to <= self.issued_on:
            raise ValueError("valid_to must be later than issued_on")
        return self


class Issue(CardBody):
    model_config = example(**_CARD, person_no="P00000001")

    person_no: PersonNo
    kind: Literal["social_security", "medical"] = "social_security"
    place: Place = ""
    reference: Reference = ""


class Deed(Body):
    model_config = example(**_DONE)

    place: Place = ""
    reference: Reference = ""


class Loss(Deed):
    """formal: reported in writing; `reference` is the number of the report."""

    model_config = example(kind="formal", **_DONE)

    kind: Literal["temporary", "formal"]

    @model_validator(mode="after")
    def _formal_is_written(self) -> Self:
        if self.kind == "formal" and not self.reference:
            raise ValueError("a formal loss needs the reference of the written report")
        return self


class Unlocking(Deed):
    """The PIN itself is never sent. verified_by: who or what made sure of it, such as a terminal."""

    model_config = example(verified_by="TERMINAL-7", **_DONE)

    verified_by: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=_Text)]
    reference: Document


class ActivationAtOutlet(Body):
    """citizen_no: as the original identity document says."""

    model_config = example(**_IN_PERSON)

    bank: Bank
    citizen_no: CitizenNo
    reference: Reference = ""


class Replacement(Deed):
    """loss: of a card that is formally lost; the other reasons: of one that is not."""

    model_config = example(reason="damage", new_card={**_CARD, "card_no": "Z00000002"}, **_DONE)

    reason: ReplacementReason
    new_card: CardBody


class DebitApplication(Body):
    """switch_on is done in person: it needs the original identity document."""

    model_config = example(action="switch_on", **_IN_PERSON)

    action: Literal["switch_on", "switch_off", "close"]
    bank: Bank
    citizen_no: CitizenNo | None = None
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")] = "CNY"
    credit: bool = False
    reference: Reference = ""

    @model_validator(mode="after")
    def _switched_on_in_person(self) -> Self:
        if self.action == "switch_on" and self.citizen_no is None:
            raise ValueError("switch_on needs citizen_no")
        return self


# What is answered


class EventAnswer(BaseModel):
    event: str
    from_state: str
    to_state: str
    place: str
    operator: str
    reference: str
    happened_at: datetime


class Applications(BaseModel):
    """usable: the card is active and within its validity; for debit the application is also on."""

    social_security_usable: bool
    debit: str
    debit_usable: bool


class CardAnswer(BaseModel):
    """already: it was so before this request, which changed nothing."""

    card_no: str
    person_no: str
    kind: str
    medium: str
    bank: str
    issued_on: date | None
    valid_to: Day
    state: str
    activated_at: datetime | None
    activation_channel: str | None
    replaced_by: str | None
    applications: Applications
    events: list[EventAnswer]
    already: bool = False
