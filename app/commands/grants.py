"""`medsettle grants …`: mutual aid, who lets whom pay out of their account."""

from typing import TYPE_CHECKING

import typer

from app.commands.desk import checked, decide

if TYPE_CHECKING:
    from app.config import Settings
    from app.database import Connection
    from app.parties.mutual_aid import Grant

app = typer.Typer(no_args_is_help=True, help="Mutual aid grants between members of a family.")

_BENEFICIARY = typer.Argument(..., help="Who may pay out of the other one's account")
_OPERATOR = typer.Option(..., help="The clerk's id; recorded with the change")


@app.command()
def authorise(
    beneficiary: str = _BENEFICIARY,
    granter: str = typer.Argument(..., help="Whose account it is"),
    relation: str = typer.Option(..., help="What the granter is: spouse, parent, child, sibling, grandparent, …"),
    operator: str = _OPERATOR,
) -> None:
    """Let a person pay out of another one's account, behind the grants that are open."""
    from app.parties import mutual_aid
    from app.routes.agency import Clerk
    from app.routes.mutual_aid import Authorisation

    body = checked(Authorisation, beneficiary=beneficiary, granter=granter, relation=relation)
    clerk = checked(Clerk, operator=operator)

    async def work(connection: "Connection", _: "Settings") -> str:
        return _text(
            await mutual_aid.authorise(connection, beneficiary, granter, body.relation, operator=clerk.operator)
        )

    decide(work)


@app.command(name="list")
def list_(beneficiary: str = _BENEFICIARY) -> None:
    """The open grants of a beneficiary, in the order in which they are used."""
    from app.parties.mutual_aid import grants_to

    async def work(connection: "Connection", _: "Settings") -> str:
        return "\n".join(map(_text, await grants_to(connection, beneficiary))) or "no open grant"

    decide(work)


@app.command()
def unbind(grant_id: int = typer.Argument(..., help="Number of the grant"), operator: str = _OPERATOR) -> None:
    """End a grant."""
    from app.parties import mutual_aid

    async def work(connection: "Connection", _: "Settings") -> str:
        grant, is_ended_now = await mutual_aid.unbind(connection, grant_id, operator=operator)
        return f"{_text(grant)}, {'ended' if is_ended_now else 'ended already'}"

    decide(work)


def _text(grant: "Grant") -> str:
    return f"grant {grant.grant_id}: {grant.beneficiary} pays out of the account of {grant.granter}, {grant.relation}"
