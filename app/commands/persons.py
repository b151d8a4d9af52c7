"""`medsettle persons …`: the register of people at a clerk's desk. Names and citizen numbers are never arguments."""

from typing import TYPE_CHECKING

import typer

from app.commands.desk import checked, decide, on_ledger, typed_unseen

if TYPE_CHECKING:
    from app.config import Settings
    from app.database import Connection, Pool

app = typer.Typer(no_args_is_help=True, help="Register, find and show persons, and change what is known of them.")

_PERSON_NO = typer.Argument(..., help="Number of the person")
_OPERATOR = typer.Option(..., help="The clerk's id; recorded with the change")
_STATUS = typer.Option(None, help="employed, unemployed or retired")
_REGION = typer.Option(None, help="Insured region, whose rules hold")


@app.command()
def register(
    person_no: str = _PERSON_NO, status: str | None = _STATUS, region: str | None = _REGION, operator: str = _OPERATOR
) -> None:
    """Register a person. Citizen number and name are asked for, or read as two lines of standard input."""
    from app.parties import persons
    from app.parties.vault import Vault
    from app.routes.agency import Clerk
    from app.routes.persons import Registration, new_person

    citizen_no, name = typed_unseen("Citizen number"), typed_unseen("Name")
    body = checked(
        Registration, person_no=person_no, citizen_no=citizen_no, name=name, personal_status=status,
        region=region or "",
    )  # fmt: skip
    clerk = checked(Clerk, operator=operator)

    async def work(pool: "Pool", settings: "Settings") -> str:
        vault = Vault.of(settings.data_keys)
        is_new = await persons.register(pool, vault, new_person(body), operator=clerk.operator)
        return await _text(pool, settings, person_no) + ("" if is_new else ", already")

    on_ledger(work)


@app.command()
def show(person_no: str = _PERSON_NO) -> None:
    """A person, masked."""

    async def work(pool: "Pool", settings: "Settings") -> str:
        return await _text(pool, settings, person_no)

    on_ledger(work)


@app.command()
def find() -> None:
    """Find a person by citizen number, which is asked for, or read from standard input."""
    from app.parties.persons import find_by_citizen_no
    from app.parties.vault import Vault

    citizen_no = typed_unseen("Citizen number")

    async def work(connection: "Connection", settings: "Settings") -> str:
        return await find_by_citizen_no(connection, Vault.of(settings.data_keys), citizen_no)

    decide(work)


@app.command()
def change(
    person_no: str = _PERSON_NO, status: str | None = _STATUS, region: str | None = _REGION, operator: str = _OPERATOR
) -> None:
    """Change personal status or region; in force for the very next payment."""
    from app.parties import persons
    from app.parties.persons import Changes
    from app.parties.vault import Vault
    from app.routes.agency import Clerk
    from app.routes.persons import Change

    body, clerk = checked(Change, personal_status=status, region=region), checked(Clerk, operator=operator)

    async def work(pool: "Pool", settings: "Settings") -> str:
        changes = Changes(None, body.personal_status, body.region)
        await persons.change(pool, Vault.of(settings.data_keys), person_no, changes, operator=clerk.operator)
        return await _text(pool, settings, person_no)

    on_ledger(work)


async def _text(pool: "Pool", settings: "Settings", person_no: str) -> str:
    from app.database import transaction
    from app.parties.persons import read_person
    from app.parties.vault import Vault

    async with transaction(pool) as connection:
        person = await read_person(connection, Vault.of(settings.data_keys), person_no)
    known = (person.name_masked, person.citizen_no_masked, person.gender, person.personal_status, person.region)
    return f"person {person.person_no}: " + ", ".join(each for each in known if each)
