"""Mutual aid between members of a family: authorise, list, order, unbind."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from app.codes import Code
from app.database import transaction
from app.errors import Refused
from app.parties import mutual_aid
from app.parties.mutual_aid import Grant, Relation
from app.routes.agency import Body, PersonNo, example, problems
from app.routes.guard import GuardedRoute, caller_of, concerning
from app.routes.services import services_of

router = APIRouter(prefix="/v1/mutual-aid-grants", tags=["mutual aid"], route_class=GuardedRoute)

GrantId = Annotated[int, Field(ge=1, le=2**63 - 1)]
_GRANTS_MAX = 1_000


class Authorisation(Body):
    """relation: what the granter is to the beneficiary."""

    model_config = example(beneficiary="P00000001", granter="P00000002", relation="spouse")

    beneficiary: PersonNo
    granter: PersonNo
    relation: Relation


class Order(Body):
    """grant_ids: every open grant of the beneficiary once, the first to be used first."""

    model_config = example(beneficiary="P00000001", grant_ids=[12, 7])

    beneficiary: PersonNo
    grant_ids: Annotated[list[GrantId], Field(max_length=_GRANTS_MAX)]


class GrantAnswer(BaseModel):
    """place: grants of a beneficiary are used by rising place. already: it was ended before this request."""

    grant_id: int
    beneficiary: str
    granter: str
    relation: str
    place: int
    authorised_by: str
    authorised_at: datetime
    ended_by: str | None
    ended_at: datetime | None
    already: bool = False


class Grants(BaseModel):
    grants: list[GrantAnswer]
    already: bool = False


@router.post("", summary="Let a family member pay out of one's account", status_code=201,
             responses=problems(400, 404, 409, 422))  # fmt: skip
async def authorise(body: Authorisation, request: Request) -> GrantAnswer:
    concerning(request, body.beneficiary)
    async with transaction(services_of(request).pool) as connection:
        grant = await mutual_aid.authorise(
            connection, body.beneficiary, body.granter, body.relation, operator=caller_of(request)
        )
    return _answer(grant)


@router.get("", summary="Open grants to a beneficiary, in their order, or by a granter", responses=problems(422))
async def list_grants(
    request: Request,
    beneficiary: Annotated[PersonNo | None, Query()] = None,
    granter: Annotated[PersonNo | None, Query()] = None,
) -> Grants:
    async with transaction(services_of(request).pool) as connection:
        if beneficiary is not None and granter is None:
            found = await mutual_aid.grants_to(connection, beneficiary)
        elif granter is not None and beneficiary is None:
            found = await mutual_aid.grants_by(connection, granter)
        else:
            raise Refused(Code.INVALID_FIELD, "Ask either by beneficiary or by granter.", "/query")
    return Grants(grants=[_answer(grant) for grant in found])


@router.put("/order", summary="Set the order in which grants are used", responses=problems(400, 404, 409, 422))
async def reorder(body: Order, request: Request) -> Grants:
    concerning(request, body.beneficiary)
    async with transaction(services_of(request).pool) as connection:
        changed = await mutual_aid.reorder(connection, body.beneficiary, body.grant_ids, operator=caller_of(request))
        found = await mutual_aid.grants_to(connection, body.beneficiary)
    return Grants(grants=[_answer(grant) for grant in found], already=not changed)


@router.post("/{grant_id}/unbinding", summary="End a grant", responses=problems(404, 422))
async def unbind(grant_id: Annotated[GrantId, Path()], request: Request) -> GrantAnswer:
    async with transaction(services_of(request).pool) as connection:
        grant, changed = await mutual_aid.unbind(connection, grant_id, operator=caller_of(request))
    concerning(request, grant.beneficiary)
    return _answer(grant, already=not changed)


def _answer(grant: Grant, *, already: bool = False) -> GrantAnswer:
    return GrantAnswer(**grant._asdict(), already=already)
