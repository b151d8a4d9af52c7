"""Acknowledgments of settlement files: a bank hands them in, and looks at what became of them."""

import asyncio
from datetime import datetime
from tempfile import TemporaryFile
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from app.clearing.acknowledgments.overview import list_acknowledgments
from app.clearing.acknowledgments.taking import BYTES_MAX, take
from app.codes import Code
from app.database import transaction
from app.routes.agency import problems
from app.routes.body import spool_body
from app.routes.contract import problem_answer
from app.routes.guard import GuardedRoute, caller_of
from app.routes.problems import problem
from app.routes.services import services_of
from app.routes.settlement_files import FileId, own_file

router = APIRouter(prefix="/v1/settlement-files", tags=["acknowledgments"], route_class=GuardedRoute)

_EXAMPLE: dict[str, Any] = {
    "ack_id": 17,
    "file_id": "20261129_BANK01_payment_v1.txt",
    "code": "ok",
    "reason": "",
    "paid_count": 411,
    "paid": 93100250,
    "failed_count": 1,
    "failed": 8000,
    "received_by": "BANK01",
    "received_at": "2026-11-30T01:12:44.123456Z",
    "returned_at": "2026-11-30T01:12:44.345678Z",
}


class AcknowledgmentAnswer(BaseModel):
    """`code`: ok where it was taken, else why all of it was refused, which `reason` tells. Fen, signed as in the file.

    Counts and sums are of the results that it brought. `returned_at`: when the money of its failed lines was back.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    ack_id: int
    file_id: str
    code: Code
    reason: str
    paid_count: int
    paid: int
    failed_count: int
    failed: int
    received_by: str
    received_at: datetime
    returned_at: datetime | None


class Acknowledgments(BaseModel):
    """Newest first; also those that were refused. `next_before` asks for the next page; null on the last one."""

    acknowledgments: list[AcknowledgmentAnswer]
    next_before: int | None


_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "In the form that answers the payment file's: see docs/contract/acknowledgments.md.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post("/{file_id}/acknowledgment", summary="Say what became of the lines of a payment file", status_code=201,
             response_model=AcknowledgmentAnswer, openapi_extra=_BODY,
             responses={
                 200: {"description": "The same bytes came before; what became of them.",
                       "model": AcknowledgmentAnswer},
                 201: {"description": "Taken, whole."},
                 **problems(404, 413),
                 422: problem_answer("Refused, whole; `code` and `detail` say why. The same bytes are refused again."),
             })  # fmt: skip
async def post_acknowledgment(file_id: FileId, request: Request) -> Response:
    """Whole or not at all: counts, sums, line ids and accounts must be those of the file. Durable when answered; after
    a timeout send the same bytes again. What was refused is kept with the reason."""
    services = services_of(request)
    async with transaction(services.pool) as connection:
        await own_file(connection, request, file_id)
    with TemporaryFile() as came:
        if not await spool_body(request, came, BYTES_MAX):
            return problem(413, Code.ACKNOWLEDGMENT_TOO_LARGE)
        came.seek(0)
        with services.acknowledgments.taken():
            taken = await take(
                services.settings.database_url.get_secret_value(),
                services.settings.cut_off,
                file_id,
                await asyncio.to_thread(came.read),
                by=caller_of(request),
            )
    if taken.code != Code.OK:
        return problem(422, taken.code, taken.reason)
    answer = AcknowledgmentAnswer(**{name: getattr(taken, name) for name in AcknowledgmentAnswer.model_fields})
    return JSONResponse(answer.model_dump(mode="json"), 200 if taken.replayed else 201)


@router.get("/{file_id}/acknowledgments", summary="What was said of a payment file, and what became of it",
            responses=problems(404, 422))  # fmt: skip
async def list_file_acknowledgments(
    file_id: FileId,
    request: Request,
    before: Annotated[int, Query(ge=1, le=2**63 - 1)] = 2**63 - 1,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> Acknowledgments:
    async with transaction(services_of(request).pool) as connection:
        await own_file(connection, request, file_id)
        found = await list_acknowledgments(connection, file_id=file_id, before=before, limit=limit)
    return Acknowledgments(
        acknowledgments=[
            AcknowledgmentAnswer(**{name: getattr(each, name) for name in AcknowledgmentAnswer.model_fields})
            for each in found
        ],
        next_before=found[-1].ack_id if len(found) == limit else None,
    )
