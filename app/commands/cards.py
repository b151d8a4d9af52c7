"""`medsettle cards …`: what a clerk does to cards."""

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import typer

from app.commands.desk import checked, decide, on_ledger, typed_unseen

if TYPE_CHECKING:
    from app.config import Settings
    from app.database import Connection, Pool
    from app.parties.cards import Occasion

app = typer.Typer(no_args_is_help=True, help="Look at a card and change its state.")

_CARD_NO = typer.Argument(..., help="Number of the card")
_OPERATOR = typer.Option(..., help="The clerk's id; recorded with the change")
_PLACE = typer.Option("", help="Where it was done")
_REFERENCE = typer.Option("", help="Number of the document; no personal data")
_DAY = typer.Option(None, formats=["%Y-%m-%d"], help="Business day; today where it is not given")


class Medium(StrEnum):
    CONTACT = "contact"
    DUAL_INTERFACE = "dual_interface"
    CHIP_AND_STRIPE = "chip_and_stripe"


class Reason(StrEnum):
    DAMAGE = "damage"
    SAME_GENERATION = "same_generation"
    LOSS = "loss"
    NEW_GENERATION = "new_generation"


class DebitAction(StrEnum):
    SWITCH_ON = "switch_on"
    SWITCH_OFF = "switch_off"
    CLOSE = "close"


@app.command()
def show(card_no: str = _CARD_NO) -> None:
    """State, applications and events of a card."""

    async def work(connection: "Connection", _: "Settings") -> str:
        return await _text(connection, card_no)

    decide(work)


@app.command()
def issue(
    card_no: str = _CARD_NO,
    person_no: str = typer.Option(..., help="The holder"),
    card_sn: str = typer.Option(..., help="Identification code of the card"),
    medium: Medium = typer.Option(...),
    bank: str = typer.Option(..., help="Bank that issues it"),
    issued_on: datetime = typer.Option(..., formats=["%Y-%m-%d"]),
    valid_to: datetime = typer.Option(..., formats=["%Y-%m-%d"]),
    operator: str = _OPERATOR,
) -> None:
    """Put a new social security card into the register; it waits for its activation."""
    from app.parties.cards import NewCard, issue_card
    from app.routes.card_bodies import Issue

    body = checked(
        Issue, card_no=card_no, person_no=person_no, card_sn=card_sn, medium=medium.value, bank=bank,
        issued_on=issued_on.date(), valid_to=valid_to.date(),
    )  # fmt: skip
    new = NewCard(**body.model_dump(include=set(NewCard._fields)))

    async def work(connection: "Connection", _: "Settings") -> str:
        changed = await issue_card(connection, new, _occasion("", operator, ""))
        return await _text(connection, card_no, changed=changed)

    decide(work)


@app.command()
def activate(
    card_no: str = _CARD_NO,
    bank: str = typer.Option(..., help="The issuing bank, where the holder is"),
    operator: str = _OPERATOR,
    reference: str = _REFERENCE,
) -> None:
    """Activate a card at its bank. The citizen number is asked for, or read from standard input."""
    from app.parties.outlet import activate_at_outlet
    from app.parties.vault import Vault

    occasion = _occasion(bank, operator, reference)
    citizen_no = typed_unseen("Citizen number on the document")

    async def work(connection: "Connection", settings: "Settings") -> str:
        vault = Vault.of(settings.data_keys)
        changed = await activate_at_outlet(
            connection, vault, card_no, citizen_no, await _today(connection, settings), occasion
        )
        return await _text(connection, card_no, changed=changed)

    decide(work)


@app.command()
def lose(
    card_no: str = _CARD_NO,
    formal: bool = typer.Option(False, "--formal", help="Reported in writing; --reference is the report"),
    operator: str = _OPERATOR,
    place: str = _PLACE,
    reference: str = _REFERENCE,
) -> None:
    """Report a card lost; no payment with it is settled once this has returned."""
    if formal and not reference:
        raise typer.BadParameter("a formal loss needs the number of the written report", param_hint="--reference")
    _change(card_no, "report_loss" if formal else "report_temporary_loss", place, operator, reference)


@app.command()
def recover(
    card_no: str = _CARD_NO, operator: str = _OPERATOR, place: str = _PLACE, reference: str = _REFERENCE
) -> None:
    """Lift a loss: what stood before stands again."""
    _change(card_no, "recover", place, operator, reference)


@app.command(name="lock-pin")
def lock_pin(
    card_no: str = _CARD_NO, operator: str = _OPERATOR, place: str = _PLACE, reference: str = _REFERENCE
) -> None:
    """Lock a card whose PIN was entered wrongly too often."""
    _change(card_no, "lock_pin", place, operator, reference)


@app.command(name="unlock-pin")
def unlock_pin(
    card_no: str = _CARD_NO,
    verified_by: str = typer.Option(..., help="Who or what made sure of the holder; the PIN itself is never told"),
    reference: str = typer.Option(..., help="Number of the document; no personal data"),
    operator: str = _OPERATOR,
    place: str = _PLACE,
) -> None:
    """Unlock a card after its PIN was renewed."""
    _change(card_no, "unlock_pin", place, operator, f"{reference}, verified by {verified_by}")


@app.command()
def debit(
    card_no: str = _CARD_NO,
    action: DebitAction = typer.Argument(...),
    bank: str = typer.Option(..., help="The issuing bank"),
    operator: str = _OPERATOR,
    reference: str = _REFERENCE,
) -> None:
    """Switch the bank debit application (RMB) on or off, or close it. on asks for the citizen number."""
    from app.parties.outlet import change_debit_application, switch_debit_on
    from app.parties.vault import Vault

    occasion = _occasion(bank, operator, reference)
    citizen_no = typed_unseen("Citizen number on the document") if action is DebitAction.SWITCH_ON else ""

    async def work(connection: "Connection", settings: "Settings") -> str:
        if action is DebitAction.SWITCH_ON:
            vault, today = Vault.of(settings.data_keys), await _today(connection, settings)
            changed = await switch_debit_on(
                connection, vault, card_no, citizen_no, today, occasion, currency="CNY", credit=False
            )
        else:
            changed = await change_debit_application(connection, card_no, action.value, occasion)
        return await _text(connection, card_no, changed=changed)

    decide(work)


@app.command()
def cancel(
    card_no: str = _CARD_NO, operator: str = _OPERATOR, place: str = _PLACE, reference: str = _REFERENCE
) -> None:
    """Cancel a card for good."""
    _change(card_no, "cancel", place, operator, reference)


@app.command()
def replace(
    card_no: str = _CARD_NO,
    new_card_no: str = typer.Option(..., help="Number of the new card"),
    card_sn: str = typer.Option(..., help="Identification code of the new card"),
    medium: Medium = typer.Option(...),
    bank: str = typer.Option(..., help="Bank that issues the new card"),
    issued_on: datetime = typer.Option(..., formats=["%Y-%m-%d"]),
    valid_to: datetime = typer.Option(..., formats=["%Y-%m-%d"]),
    reason: Reason = typer.Option(...),
    operator: str = _OPERATOR,
    place: str = _PLACE,
    reference: str = _REFERENCE,
) -> None:
    """Issue a new card in place of an old one; it waits for its activation."""
    from app.parties.cards import NewCard, replace_card
    from app.routes.card_bodies import CardBody

    made = checked(
        CardBody, card_no=new_card_no, card_sn=card_sn, medium=medium.value, bank=bank, issued_on=issued_on.date(),
        valid_to=valid_to.date(),
    )  # fmt: skip
    new = NewCard(person_no="", kind="social_security", **made.model_dump())
    occasion = _occasion(place, operator, reference)

    async def work(connection: "Connection", _: "Settings") -> str:
        changed = await replace_card(connection, card_no, new, reason.value, occasion)
        return await _text(connection, card_no, changed=changed)

    decide(work)


@app.command()
def expire(operator: str = _OPERATOR, day: datetime | None = _DAY) -> None:
    """Set every card to expired whose validity has passed; payments refuse them by their date anyway."""
    from app.parties.cards import expire_cards

    clerk = _occasion("", operator, "").actor

    async def work(pool: "Pool", settings: "Settings") -> str:
        today = await _today_of(pool, settings) if day is None else day.date()
        return f"{await expire_cards(pool, today, operator=clerk):,} cards expired"

    on_ledger(work)


def _change(card_no: str, event: str, place: str, operator: str, reference: str) -> None:
    from app.parties.cards import change_card

    occasion = _occasion(place, operator, reference)

    async def work(connection: "Connection", _: "Settings") -> str:
        changed = await change_card(connection, card_no, event, occasion)
        return await _text(connection, card_no, changed=changed)

    decide(work)


def _occasion(place: str, operator: str, reference: str) -> "Occasion":
    from app.parties.cards import Occasion
    from app.routes.agency import Clerk
    from app.routes.card_bodies import Deed

    deed, clerk = checked(Deed, place=place, reference=reference), checked(Clerk, operator=operator)
    return Occasion(deed.place, clerk.operator, deed.reference)


async def _text(connection: "Connection", card_no: str, *, changed: bool = True) -> str:
    from app.parties.cards import read_card, read_events

    card = await read_card(connection, card_no)
    lines = [
        f"card {card.card_no} of {card.person_no}: {card.state}{'' if changed else ' already'}",
        f"  {card.kind}, {card.medium}, bank {card.bank or '-'}, valid to {card.valid_to}",
        f"  debit application: {card.debit_application}",
    ]
    if card.replaced_by is not None:
        lines.append(f"  replaced by {card.replaced_by}")
    for event in await read_events(connection, card_no):
        states = f"{event.from_state or '-'} to {event.to_state}"
        lines.append(f"  {event.happened_at:%Y-%m-%d %H:%M:%S%z} {event.event}: {states}, by {event.actor}")
    return "\n".join(lines)


async def _today_of(pool: "Pool", settings: "Settings") -> date:
    from app.database import transaction

    async with transaction(pool) as connection:
        return await _today(connection, settings)


async def _today(connection: "Connection", settings: "Settings") -> date:
    from app.settlement.rules import RuleBook

    return await RuleBook(settings.cut_off).today(connection)
