"""What the agency and the issuing banks do with cards, and what a card says of itself."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, StringConstraints, model_validator

from app.database import Connection, transaction
from app.ledger.journal import business_day
from app.parties import cards, outlet
from app.parties.card_states import debit_usable
from app.parties.cards import NewCard, Occasion, ReplacementReason
from app.parties.csv_files import ID
from app.routes.agency import Body, CardNo, CardSn, Operator, PersonNo, problems
from app.routes.services import Services, services_of

router = APIRouter(prefix="/v1/cards", tags=["cards"])

Bank = Annotated[str, StringConstraints(pattern=f"^{ID}{{1,30}}$")]
CitizenNo = Annotated[str, StringConstraints(pattern="^[0-9]{17}[0-9Xx]$"), Field(description="Compared, never kept")]
_Text = r"^[^\x00-\x1f\x7f]*$"
Place = Annotated[str, StringConstraints(max_length=64, pattern=_Text), Field(description="Where it was done")]
Reference = Annotated[
    str, StringConstraints(max_length=200, pattern=_Text), Field(description="Number of the document; no personal data")
]
Document = Annotated[Reference, Field(min_length=1)]


# What is sent


class CardBody(Body):
    """A card as it is made. kind medical: an old medical card, which has no applications."""

    card_no: CardNo
    card_sn: CardSn
    medium: Literal["contact", "dual_interface", "chip_and_stripe"]
    bank: Bank
    issued_on: date
    valid_to: date

    @model_validator(mode="after")
    def _is_valid_after_issue(self) -> Self:
        if self.valid_to <= self.issued_on:
            raise ValueError("valid_to must be later than issued_on")
        return self


class Issue(CardBody):
    person_no: PersonNo
    kind: Literal["social_security", "medical"] = "social_security"
    operator: Operator
    place: Place = ""
    reference: Reference = ""


class Deed(Body):
    operator: Operator
    place: Place = ""
    reference: Reference = ""


class Loss(Deed):
    """formal: reported in writing; `reference` is the number of the report."""

    kind: Literal["temporary", "formal"]

    @model_validator(mode="after")
    def _formal_is_written(self) -> Self:
        if self.kind == "formal" and not self.reference:
            raise ValueError("a formal loss needs the reference of the written report")
        return self


class Unlocking(Deed):
    """The PIN itself is never sent. verified_by: who or what made sure of it, such as a terminal."""

    verified_by: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=_Text)]
    reference: Document


class ActivationAtOutlet(Body):
    """citizen_no: as the original identity document says."""

    bank: Bank
    citizen_no: CitizenNo
    operator: Operator
    reference: Reference = ""


class Replacement(Deed):
    """loss: of a card that is formally lost; the other reasons: of one that is not."""

    reason: ReplacementReason
    new_card: CardBody


class DebitApplication(Body):
    """switch_on is done in person: it needs the original identity document."""

    action: Literal["switch_on", "switch_off", "close"]
    bank: Bank
    citizen_no: CitizenNo | None = None
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")] = "CNY"
    credit: bool = False
    operator: Operator
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
    valid_to: date
    state: str
    activated_at: datetime | None
    activation_channel: str | None
    replaced_by: str | None
    applications: Applications
    events: list[EventAnswer]
    already: bool = False


_CHANGE: dict[str, Any] = {"responses": problems(400, 404, 409, 422)}


@router.post(
    "", summary="Issue a card", status_code=201, responses={200: {"model": CardAnswer}, **_CHANGE["responses"]}
)
async def issue(body: Issue, request: Request, response: Response) -> CardAnswer:
    """201 for a new card, 200 where the same is issued already."""
    services = services_of(request)
    new = _new_card(body, body.person_no, body.kind)
    async with transaction(services.pool) as connection:
        is_new = await cards.issue_card(connection, new, _occasion(body))
        if not is_new:
            response.status_code = 200
        return await _answer(services, connection, body.card_no, is_new)


@router.get("/{card_no}", summary="State, applications and events of a card", responses=problems(404, 422))
async def read(card_no: CardNo, request: Request) -> CardAnswer:
    services = services_of(request)
    async with transaction(services.pool) as connection:
        return await _answer(services, connection, card_no)


@router.post("/{card_no}/activation", summary="Activate a card at an outlet of its bank", **_CHANGE)
async def activate(card_no: CardNo, body: ActivationAtOutlet, request: Request) -> CardAnswer:
    services = services_of(request)
    occasion = Occasion(body.bank, body.operator, body.reference)
    async with transaction(services.pool) as connection:
        changed = await outlet.activate_at_outlet(
            connection, services.vault, card_no, body.citizen_no, _today(services), occasion
        )
        return await _answer(services, connection, card_no, changed)


@router.post("/{card_no}/loss", summary="Report a card lost", **_CHANGE)
async def lose(card_no: CardNo, body: Loss, request: Request) -> CardAnswer:
    """Once this is answered, no payment with the card is settled any more."""
    event = "report_loss" if body.kind == "formal" else "report_temporary_loss"
    return await _change(card_no, event, body, request)


@router.post("/{card_no}/recovery", summary="Lift a loss", **_CHANGE)
async def recover(card_no: CardNo, body: Deed, request: Request) -> CardAnswer:
    """What stood before the loss stands again, both applications with it."""
    return await _change(card_no, "recover", body, request)


@router.post("/{card_no}/cancellation", summary="Cancel a card for good", **_CHANGE)
async def cancel(card_no: CardNo, body: Deed, request: Request) -> CardAnswer:
    return await _change(card_no, "cancel", body, request)


@router.post("/{card_no}/pin-lock", summary="Lock a card whose PIN was entered wrongly", **_CHANGE)
async def lock_pin(card_no: CardNo, body: Deed, request: Request) -> CardAnswer:
    return await _change(card_no, "lock_pin", body, request)


@router.post("/{card_no}/pin-unlock", summary="Unlock a card after its PIN was renewed", **_CHANGE)
async def unlock_pin(card_no: CardNo, body: Unlocking, request: Request) -> CardAnswer:
    verified = body.model_copy(update={"reference": f"verified by {body.verified_by}: {body.reference}"})
    return await _change(card_no, "unlock_pin", verified, request)


@router.post("/{card_no}/replacement", summary="Replace a card by a new one", **_CHANGE)
async def replace(card_no: CardNo, body: Replacement, request: Request) -> CardAnswer:
    """Answers the old card; the new one is issued and waits for its activation."""
    services = services_of(request)
    new = _new_card(body.new_card)
    async with transaction(services.pool) as connection:
        changed = await cards.replace_card(connection, card_no, new, body.reason, _occasion(body))
        return await _answer(services, connection, card_no, changed)


@router.post("/{card_no}/debit-application", summary="Switch the debit application on or off, or close it", **_CHANGE)
async def debit_application(card_no: CardNo, body: DebitApplication, request: Request) -> CardAnswer:
    services = services_of(request)
    occasion = Occasion(body.bank, body.operator, body.reference)
    async with transaction(services.pool) as connection:
        if body.citizen_no is not None and body.action == "switch_on":
            changed = await outlet.switch_debit_on(
                connection, services.vault, card_no, body.citizen_no, _today(services), occasion,
                currency=body.currency, credit=body.credit,
            )  # fmt: skip
        else:
            changed = await outlet.change_debit_application(connection, card_no, body.action, occasion)
        return await _answer(services, connection, card_no, changed)


async def _change(card_no: str, event: str, body: Deed, request: Request) -> CardAnswer:
    services = services_of(request)
    async with transaction(services.pool) as connection:
        changed = await cards.change_card(connection, card_no, event, _occasion(body))
        return await _answer(services, connection, card_no, changed)


def _occasion(body: Issue | Deed) -> Occasion:
    return Occasion(body.place, body.operator, body.reference)


def _new_card(body: CardBody, person_no: str = "", kind: str = "social_security") -> NewCard:
    return NewCard(body.card_no, person_no, body.card_sn, kind, body.medium, body.bank, body.issued_on, body.valid_to)


async def _answer(services: Services, connection: Connection, card_no: str, changed: bool = True) -> CardAnswer:
    card = await cards.read_card(connection, card_no)
    is_valid = card.valid_to >= _today(services)
    applications = Applications(
        social_security_usable=card.kind == "social_security" and card.state == "active" and is_valid,
        debit=card.debit_application,
        debit_usable=debit_usable(card.state, card.debit_application) and is_valid,
    )
    events = [
        EventAnswer(operator=event.actor, **{name: value for name, value in event._asdict().items() if name != "actor"})
        for event in await cards.read_events(connection, card_no)
    ]
    shown = {name: value for name, value in card._asdict().items() if name in CardAnswer.model_fields}
    return CardAnswer(**shown, applications=applications, events=events, already=not changed)


def _today(services: Services) -> date:
    """By the day that payments are judged by."""
    return business_day(datetime.now(UTC), services.settings.cut_off)
