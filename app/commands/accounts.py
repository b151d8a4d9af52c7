"""`medsettle accounts …`: what a clerk does to the state of a person's account."""

from typing import TYPE_CHECKING

import typer

from app.commands.desk import checked, decide

if TYPE_CHECKING:
    from app.config import Settings
    from app.database import Connection

app = typer.Typer(no_args_is_help=True, help="Freeze and unfreeze the account of a person.")

_PERSON_NO = typer.Argument(..., help="Number of the person")
_OPERATOR = typer.Option(..., help="The clerk's id; recorded with the change")
_REASON = typer.Option(..., help="Recorded with the change; no personal data")


@app.command()
def freeze(person_no: str = _PERSON_NO, operator: str = _OPERATOR, reason: str = _REASON) -> None:
    """Freeze an account: nothing is paid out of it once this has returned, and money still comes in."""
    _change(person_no, "freeze", operator, reason)


@app.command()
def unfreeze(person_no: str = _PERSON_NO, operator: str = _OPERATOR, reason: str = _REASON) -> None:
    """Lift the freeze of an account."""
    _change(person_no, "unfreeze", operator, reason)


def _change(person_no: str, event: str, operator: str, reason: str) -> None:
    from app.parties.account_states import change_account
    from app.routes.account_states import AccountChange
    from app.routes.agency import Clerk

    body, clerk = checked(AccountChange, reason=reason), checked(Clerk, operator=operator)

    async def work(connection: "Connection", _: "Settings") -> str:
        change = await change_account(connection, person_no, event, operator=clerk.operator, reason=body.reason)
        return f"account of {person_no}: {change.state}{' already' if change.already else ''}"

    decide(work)
