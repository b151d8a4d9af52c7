"""Freeze, unfreeze and close the account of a person."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, StringConstraints

from app.database import transaction
from app.parties import account_states
from app.routes.agency import Body, PersonNo, problems
from app.routes.guard import GuardedRoute, caller_of
from app.routes.services import services_of

router = APIRouter(prefix="/v1/persons", tags=["accounts"], route_class=GuardedRoute)


class AccountChange(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Court order 7/2026"}]})

    reason: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class AccountState(BaseModel):
    """already: it was so before this request, which changed nothing."""

    person_no: str
    state: str
    already: bool


@router.post("/{person_no}/account/{event}", summary="Freeze, unfreeze or close an account",
             responses=problems(400, 404, 409, 422))  # fmt: skip
async def change_account(
    person_no: PersonNo, event: Literal["freeze", "unfreeze", "close"], body: AccountChange, request: Request
) -> AccountState:
    """Once a freeze is answered, no payment out of the account is settled; money still comes in. Close: when empty."""
    async with transaction(services_of(request).pool) as connection:
        change = await account_states.change_account(
            connection, person_no, event, operator=caller_of(request), reason=body.reason
        )
    return AccountState(person_no=person_no, state=change.state, already=change.already)
