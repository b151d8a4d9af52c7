"""Settlement files: what there is for a bank, and pulling it."""

from base64 import b64encode
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from app.clearing.files.store import File, Kind, digest_file, list_files, read_file, successors
from app.codes import Code
from app.database import Connection, transaction
from app.errors import Refused
from app.routes.agency import problems
from app.routes.contract import problem_answer
from app.routes.file_content import attachment, content_answer
from app.routes.guard import GuardedRoute, foreign, principal_of, refuse_foreign
from app.routes.services import services_of
from app.routes.times import Day

router = APIRouter(prefix="/v1/settlement-files", tags=["settlement files"], route_class=GuardedRoute)

_NAME = r"^[A-Za-z0-9._-]{1,100}$"

FileId = Annotated[str, Path(pattern=_NAME, description="The file's name")]

_EXAMPLE: dict[str, Any] = {
    "file_id": "20261129_BANK01_payment_v1.txt",
    "business_day": "2026-11-29",
    "bank": "BANK01",
    "kind": "payment",
    "institution": None,
    "version": 1,
    "superseded_by": None,
    "written_at": "2026-11-29T16:00:09.123456Z",
    "size": 48211,
    "sha256": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    "signature": "m2XnXYvV0Wc6b8tcnHqV3u3fTGpbi3xqD9r2o8KxEoTTd1xv3mX7p3QH4d9pD7qkF5cdH8nBq2JbS1y0wq0iCg==",
    "key_id": "8a9bbd2b1a3c4d5e",
    "credit_count": 412,
    "credits": 93108250,
    "debit_count": 0,
    "debits": 0,
}


class SettlementFile(BaseModel):
    """A file, which never changes. Counts and sums, in fen, are those of its lines; of details of the transactions.

    `signature`: base64 of 64 bytes, over the bytes of `…/digest`, by the key `key_id` of `GET /v1/keys`; null where the
    service had no signing key. `superseded_by`: the newest version, where this is older. `institution`: of details.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    file_id: str
    business_day: date
    bank: str
    kind: Kind
    institution: str | None
    version: int
    superseded_by: str | None
    written_at: datetime
    size: int
    sha256: str
    signature: str | None
    key_id: str | None
    credit_count: int
    credits: int
    debit_count: int
    debits: int


class SettlementFiles(BaseModel):
    """In the order of their names, which begin with the day. `next_after` asks for the next page; null on the last."""

    files: list[SettlementFile]
    next_after: str | None


@router.get("", summary="Settlement files that lie ready", responses=problems(422))
async def list_settlement_files(
    request: Request,
    bank: Annotated[
        str | None,
        Query(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$", description="A bank sees its own alone"),
    ] = None,
    day: Annotated[Day | None, Query(description="The business day")] = None,
    institution: Annotated[
        str | None, Query(pattern="^[A-Za-z0-9]{12}$", description="Details of this institution")
    ] = None,
    after: Annotated[
        str, Query(pattern=r"^[A-Za-z0-9._-]{0,100}$", description="The last file of the page before")
    ] = "",
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> SettlementFiles:
    """A file appears whole. An institution sees the details of its own transactions."""
    caller = principal_of(request)
    if bank is not None and caller.is_held_from_bank(bank):
        raise foreign()
    if institution is not None:
        refuse_foreign(request, institution)
    async with transaction(services_of(request).pool) as connection:
        found = await list_files(
            connection,
            bank=caller.bank or bank,
            day=day,
            institution=caller.institution or institution,
            after=after,
            limit=limit,
        )
        newer = await successors(connection, found)
    return SettlementFiles(
        files=[_answer(file, newer) for file in found],
        next_after=found[-1].file_id if len(found) == limit else None,
    )


@router.get("/{file_id}", summary="A settlement file's size, sums, digest and signature", responses=problems(404, 422))
async def get_settlement_file(file_id: FileId, request: Request) -> SettlementFile:
    async with transaction(services_of(request).pool) as connection:
        file = await own_file(connection, request, file_id)
        return _answer(file, await successors(connection, [file]))


_BYTES: dict[str, Any] = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_TEXT: dict[str, Any] = {"schema": {"type": "string"}}
_HEADERS: dict[str, Any] = {
    "ETag": {"description": "The SHA-256 in hex, quoted", **_TEXT},
    "Accept-Ranges": {"description": "bytes", **_TEXT},
    "Content-Disposition": {"description": "The file's name", **_TEXT},
    "Repr-Digest": {"description": "RFC 9530: the SHA-256 of the whole file", **_TEXT},
}
_CONTENT_RANGE = {"Content-Range": {"description": "Which bytes, and how many the file has", **_TEXT}}
_RANGES: dict[str, Any] = {
    "parameters": [
        {"name": name, "in": "header", "required": False, "description": meaning, **_TEXT}
        for name, meaning in (
            ("Range", "One range of bytes; several, and what is malformed, are passed over."),
            ("If-Range", "An ETag: the range counts if the file is that one, else all of it comes."),
            ("If-None-Match", "ETags: 304 if the file is one of them."),
        )
    ]
}
_CONTENT: dict[int | str, dict[str, Any]] = {
    200: {"description": "All of it.", "headers": _HEADERS, "content": _BYTES},
    206: {"description": "The range.", "headers": {**_HEADERS, **_CONTENT_RANGE}, "content": _BYTES},
    304: {"description": "The caller has it already.", "headers": _HEADERS},
    416: {**problem_answer("The file ends before the range begins."), "headers": _CONTENT_RANGE},
    **problems(404, 422),
}
_NO_CONTENT = {status: {name: value for name, value in answer.items() if name != "content"}
               for status, answer in _CONTENT.items()}  # fmt: skip


@router.get("/{file_id}/content", summary="Pull a settlement file", response_class=Response, responses=_CONTENT,
            openapi_extra=_RANGES)  # fmt: skip
async def get_file_content(file_id: FileId, request: Request) -> Response:
    """The same bytes each time. A download that broke off goes on by `Range`. Each one stands in the audit log; a key
    may have 8 at once, and a reader that stands still for a minute is let go."""
    return await _content(request, file_id)


@router.head("/{file_id}/content", summary="What a pull would answer, without the bytes", response_class=Response,
             responses=_NO_CONTENT, openapi_extra=_RANGES)  # fmt: skip
async def head_file_content(file_id: FileId, request: Request) -> Response:
    return await _content(request, file_id)


@router.get("/{file_id}/digest", summary="The side file .sha256, as sha256sum writes it", response_class=Response,
            responses={200: {"description": "`sha256sum -c` reads it.", "content": {"text/plain": _TEXT}},
                       **problems(404, 422)})  # fmt: skip
async def get_file_digest(file_id: FileId, request: Request) -> Response:
    async with transaction(services_of(request).pool) as connection:
        file = await own_file(connection, request, file_id)
    return Response(digest_file(file), media_type="text/plain", headers=attachment(f"{file_id}.sha256"))


@router.get("/{file_id}/signature", summary="The side file .sig: 64 bytes over the side file .sha256",
            response_class=Response,
            responses={200: {"description": "openssl verifies it with a key of `GET /v1/keys`.", "content": _BYTES},
                       **problems(404, 422)})  # fmt: skip
async def get_file_signature(file_id: FileId, request: Request) -> Response:
    async with transaction(services_of(request).pool) as connection:
        file = await own_file(connection, request, file_id)
    if file.signature is None:
        raise Refused(Code.FILE_NOT_SIGNED, "The file was written while the service had no signing key.")
    return Response(file.signature, media_type="application/octet-stream", headers=attachment(f"{file_id}.sig"))


async def _content(request: Request, file_id: str) -> Response:
    async with transaction(services_of(request).pool) as connection:
        file = await own_file(connection, request, file_id)
    return await content_answer(request, file)


async def own_file(connection: Connection, request: Request, file_id: str) -> File:
    """Raises Refused where there is none, Forbidden where it is another's."""
    file = await read_file(connection, file_id)
    caller = principal_of(request)
    if caller.is_held_from_bank(file.bank) or caller.is_held_from(file.institution):
        raise foreign()
    return file


def _answer(file: File, newer: dict[str, str]) -> SettlementFile:
    shown = file._asdict()
    del shown["terms_filed_at"], shown["drawn_at"]
    return SettlementFile(
        **shown
        | {
            "institution": file.institution or None,
            "superseded_by": newer.get(file.file_id),
            "sha256": file.sha256.hex(),
            "signature": None if file.signature is None else b64encode(file.signature).decode(),
        }
    )
