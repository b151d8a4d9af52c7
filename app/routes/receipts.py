"""Receipts, which prove a transaction without the service, and the keys that they are verified with."""

from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from app.codes import Code
from app.database import transaction
from app.routes.contract import problem_answer
from app.routes.guard import GuardedRoute, concerning
from app.routes.problems import problem
from app.routes.services import services_of
from app.settlement.messages import message_key
from app.settlement.receipts import Receipt
from app.signing import Algorithm

router = APIRouter(prefix="/v1", tags=["receipts"], route_class=GuardedRoute)


class PublishedKey(BaseModel):
    """key_id: as receipts name it. signs: new receipts are signed with it. public_key: PEM."""

    key_id: str
    algorithm: Algorithm
    signs: bool
    public_key: str


class PublishedKeys(BaseModel):
    keys: list[PublishedKey]


def _receipt_schema() -> dict[str, Any]:
    """Of the struct, with its parts in their places."""
    _, parts = msgspec.json.schema_components([Receipt], ref_template="{name}")
    schema: dict[str, Any] = parts["Receipt"]
    fields = schema["properties"]
    for name, value in fields.items():
        if "$ref" in value:
            fields[name] = parts[value["$ref"]]
    fields["outcome"] = {"$ref": "#/components/schemas/Outcome"}
    return schema


@router.get(
    "/transactions/{institution}/{message_id}/receipt",
    summary="A receipt that proves the stored outcome offline",
    responses={
        200: {"description": "The receipt.", "content": {"application/json": {"schema": _receipt_schema()}}},
        404: problem_answer("Nothing is recorded under this key."),
        409: problem_answer("The transaction is older than receipts."),
        500: problem_answer("The journal does not prove it: see `code`. Nothing was signed."),
        503: problem_answer("There is no key to sign with, or the ledger is away."),
    },
)
async def get_receipt(institution: str, message_id: str, request: Request) -> Response:
    services = services_of(request)
    async with transaction(services.pool) as connection:
        found = await services.receipt_desk.receipt_of(connection, message_key(institution, message_id))
    if found is None:
        return problem(404, Code.TRANSACTION_NOT_FOUND)
    receipt, person_no = found
    concerning(request, person_no)
    return Response(receipt, 200, media_type="application/json")


@router.get("/keys", summary="Public keys of receipts, the one that signs first")
async def list_keys(request: Request) -> PublishedKeys:
    """All that ever signed, as far as the operator names them; take them over a way that you trust."""
    keys = services_of(request).receipt_desk.keys
    return PublishedKeys(
        keys=[
            PublishedKey(
                key_id=key.key_id,
                algorithm=key.algorithm,
                signs=keys.current is not None and key == keys.current.public,
                public_key=key.pem,
            )
            for key in keys.published
        ]
    )
