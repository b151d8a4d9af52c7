"""What the agency and the issuing banks do with cards, and what a card says of itself."""

from typing import Any

from fastapi import APIRouter, Request, Response

from app.database import Connection, transaction
from app.parties import cards, outlet
from app.parties.card_states import debit_usable
from app.parties.cards import NewCard, Occasion
from app.routes.agency import CardNo, problems
from app.routes.card_bodies import (
    ActivationAtOutlet,
    Applications,
    CardAnswer,
    CardBody,
    DebitApplication,
    Deed,
    EventAnswer,
    Issue,
    Loss,
    Replacement,
    Unlocking,
)
from app.routes.guard import GuardedRoute, caller_of, concerning
from app.routes.services import services_of

router = APIRouter(prefix="/v1/cards", tags=["cards"], route_class=GuardedRoute)

_CHANGE: dict[str, Any] = {"responses": problems(400, 404, 409, 422)}


@router.post(
    "", summary="Issue a card", status_code=201, responses={200: {"model": CardAnswer}, **_CHANGE["responses"]}
)
async def issue(body: Issue, request: Request, response: Response) -> CardAnswer:
    """201 for a new card, 200 where the same is issued already."""
    services = services_of(request)
    new = _new_card(body, body.person_no, body.kind)
    async with transaction(services.pool) as connection:
        is_new = await cards.issue_card(connection, new, _occasion(body, request))
        if not is_new:
            response.status_code = 200
        return await _answer(request, connection, body.card_no, is_new)


@router.get("/{card_no}", summary="State, applications and events of a card", responses=problems(404, 422))
async def read(card_no: CardNo, request: Request) -> CardAnswer:
    services = services_of(request)
    async with transaction(services.pool) as connection:
        return await _answer(request, connection, card_no)


@router.post("/{card_no}/activation", summary="Activate a card at an outlet of its bank", **_CHANGE)
async def activate(card_no: CardNo, body: ActivationAtOutlet, request: Request) -> CardAnswer:
    services = services_of(request)
    occasion = Occasion(body.bank, caller_of(request), body.reference)
    async with transaction(services.pool) as connection:
        changed = await outlet.activate_at_outlet(
            connection, services.vault, card_no, body.citizen_no, await services.rules.today(connection), occasion
        )
        return await _answer(request, connection, card_no, changed)


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
        changed = await cards.replace_card(connection, card_no, new, body.reason, _occasion(body, request))
        return await _answer(request, connection, card_no, changed)


@router.post("/{card_no}/debit-application", summary="Switch the debit application on or off, or close it", **_CHANGE)
async def debit_application(card_no: CardNo, body: DebitApplication, request: Request) -> CardAnswer:
    services = services_of(request)
    occasion = Occasion(body.bank, caller_of(request), body.reference)
    async with transaction(services.pool) as connection:
        if body.citizen_no is not None and body.action == "switch_on":
            changed = await outlet.switch_debit_on(
                connection, services.vault, card_no, body.citizen_no, await services.rules.today(connection), occasion,
                currency=body.currency, credit=body.credit,
            )  # fmt: skip
        else:
            changed = await outlet.change_debit_application(connection, card_no, body.action, occasion)
        return await _answer(request, connection, card_no, changed)


async def _change(card_no: str, event: str, body: Deed, request: Request) -> CardAnswer:
    services = services_of(request)
    async with transaction(services.pool) as connection:
        changed = await cards.change_card(connection, card_no, event, _occasion(body, request))
        return await _answer(request, connection, card_no, changed)


def _occasion(body: Issue | Deed, request: Request) -> Occasion:
    return Occasion(body.place, caller_of(request), body.reference)


def _new_card(body: CardBody, person_no: str = "", kind: str = "social_security") -> NewCard:
    return NewCard(body.card_no, person_no, body.card_sn, kind, body.medium, body.bank, body.issued_on, body.valid_to)


async def _answer(request: Request, connection: Connection, card_no: str, changed: bool = True) -> CardAnswer:
    card = await cards.read_card(connection, card_no)
    concerning(request, card.person_no)
    is_valid = card.valid_to >= await services_of(request).rules.today(connection)
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
