"""Dead letters for operators: look, send again, discard."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field, StringConstraints

from app.codes import Code
from app.errors import Refused
from app.routes.agency import Body, example, problems
from app.routes.guard import GuardedRoute, caller_of
from app.routes.services import services_of
from app.routes.times import Moment
from app.settlement import dead_letter_desk as desk
from app.settlement.dead_letter_register import LETTER_NO_MAX, Filter, Letter

router = APIRouter(prefix="/v1/dead-letters", tags=["dead letters"], route_class=GuardedRoute)

State = Literal["open", "replayed", "discarded"]
LetterNo = Annotated[int, Field(ge=1, le=LETTER_NO_MAX)]
Place = Annotated[LetterNo, Path(description="As the list tells it")]
Institution = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9]{12}$")]
Partition = Annotated[int, Field(ge=0, le=2**31 - 1)]
_TEXT = r"[^\x00-\x1f\x7f]*"
Reason = Annotated[str, StringConstraints(max_length=200, pattern=rf"^{_TEXT}[^\x00-\x20\x7f]{_TEXT}$")]
Note = Annotated[str, StringConstraints(max_length=200, pattern=f"^{_TEXT}$")]


class DeadLetter(BaseModel):
    """institution, message_id: as the message names itself, null where that cannot be read.

    is_kept: its bytes are here, whole, and can be replayed. replay_of: the letter that was replayed and came back as
    this one.
    """

    letter_no: int
    state: State
    code: Code
    detail: str
    topic: str
    partition: int
    offset: int
    sent_at: datetime | None
    failed_at: datetime
    institution: str | None
    message_id: str | None
    value_bytes: int
    is_kept: bool
    replay_of: int | None


class DeadLetters(BaseModel):
    """next_before: null on the last page."""

    letters: list[DeadLetter]
    open_by_code: Annotated[dict[Code, int], Field(description="Of all open letters that the filter finds")]
    next_before: int | None


class DeadLetterHeader(BaseModel):
    name: str
    value: str


class DeadLetterAct(BaseModel):
    """place: partition/offset to which a replay was sent."""

    act: Literal["replayed", "discarded"]
    operator: str
    reason: str
    place: str | None
    acted_at: datetime


class DeadLetterContent(BaseModel):
    """What came, masked. reads_as: what this release makes of it: `ok` is a message, other codes come back.

    settlement_id: what stands under its institution and message_id, whichever way that came.
    """

    letter: DeadLetter
    key: str | None
    value: str | None
    headers: list[DeadLetterHeader]
    reads_as: Code | None
    reads_as_detail: str
    settlement_id: str | None
    acts: list[DeadLetterAct]
    came_back_as: list[int]


class ReplayNote(Body):
    model_config = example(reason="The new release reads it")

    reason: Note = ""


class DiscardReason(Body):
    model_config = example(reason="A test of the vendor's, no payment")

    reason: Reason


class Selection(Body):
    """Open letters by number, or by what else is known of them; at least one of it. since, until: when it failed."""

    letters: Annotated[list[LetterNo], Field(min_length=1, max_length=1_000)] | None = None
    code: Annotated[Code | None, Field(strict=False)] = None
    institution: Institution | None = None
    partition: Partition | None = None
    since: Annotated[Moment | None, Field(strict=False)] = None
    until: Annotated[Moment | None, Field(strict=False)] = None
    dry_run: bool = False
    limit: Annotated[int, Field(ge=1, le=1_000)] = 1_000

    def filter(self) -> Filter:
        """Raises Refused where it would find everything by mistake."""
        wanted = Filter(
            code=self.code,
            institution=self.institution,
            partition=self.partition,
            since=self.since,
            until=self.until,
            letters=None if self.letters is None else tuple(self.letters),
        )
        if wanted == Filter():
            raise Refused(Code.INVALID_FIELD, "Say which letters: by number, code, institution, partition or time.", "")
        return wanted


class Replays(Selection):
    model_config = example(code="invalid_field", since="2026-11-29T00:00:00+08:00", dry_run=True)

    reason: Note = ""


class Discards(Selection):
    model_config = example(letters=[17, 18], reason="Tests of the vendor's, no payments")

    reason: Reason


class LetterLeft(BaseModel):
    letter_no: int
    code: Code


class DeadLettersDone(BaseModel):
    """done: letters that were closed, or in a dry run would be. left: the first hundred of those that were not.

    reads_as: of a dry run of a replay, what this release makes of them. more: further letters are open behind `limit`.
    """

    done: int
    left_count: int
    left: list[LetterLeft]
    reads_as: dict[Code, int]
    more: bool


@router.get("", summary="Dead letters, newest first", responses=problems(422))
async def list_dead_letters(
    request: Request,
    state: Annotated[State | None, Query(description="Absent: whatever became of them")] = None,
    code: Code | None = None,
    institution: Annotated[Institution | None, Query()] = None,
    partition: Annotated[Partition | None, Query()] = None,
    since: Annotated[Moment | None, Query(description="Failed then or later")] = None,
    until: Annotated[Moment | None, Query(description="Failed before")] = None,
    before: Annotated[LetterNo, Query(description="`next_before` of the page before")] = LETTER_NO_MAX,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> DeadLetters:
    pool = services_of(request).pool
    wanted = Filter(state, code, institution, None, partition, since, until)
    found = await desk.list_letters(pool, wanted, before=before, limit=limit)
    return DeadLetters(
        letters=[_letter(each) for each in found],
        open_by_code={Code(code): count for code, count in (await desk.count_open(pool, wanted)).items()},
        next_before=found[-1].letter_no if len(found) == limit else None,
    )


@router.post("/replay", summary="Send many dead letters again", responses=problems(400, 422))
async def replay_dead_letters(asked: Replays, request: Request) -> DeadLettersDone:
    """Oldest first, through the same path as all messages: what was settled meanwhile is answered as a repeat.

    Sent again after a failure it is harmless. With `dry_run` nothing is sent.
    """
    services = services_of(request)
    done = await desk.replay(
        services.pool, services.vault, services.resender, asked.filter(), operator=caller_of(request),
        reason=asked.reason, dry_run=asked.dry_run, limit=asked.limit,
    )  # fmt: skip
    return _done(done)


@router.post("/discard", summary="Discard many dead letters", responses=problems(400, 422))
async def discard_dead_letters(asked: Discards, request: Request) -> DeadLettersDone:
    """They are kept, and nothing more is to be done about them. With `dry_run` nothing is changed."""
    done = await desk.discard(
        services_of(request).pool, asked.filter(), operator=caller_of(request), reason=asked.reason,
        dry_run=asked.dry_run, limit=asked.limit,
    )  # fmt: skip
    return _done(done)


@router.get("/{letter_no}", summary="A dead letter with its masked content", responses=problems(404, 422))
async def get_dead_letter(letter_no: Place, request: Request) -> DeadLetterContent:
    services = services_of(request)
    shown = await desk.show(services.pool, services.vault, letter_no)
    return DeadLetterContent(
        letter=_letter(shown.letter),
        key=shown.key,
        value=shown.value,
        headers=[DeadLetterHeader(name=name, value=value) for name, value in shown.headers],
        reads_as=shown.reads_as,
        reads_as_detail=shown.reads_as_detail,
        settlement_id=shown.settlement_id,
        acts=[DeadLetterAct.model_validate(each._asdict()) for each in shown.acts],
        came_back_as=shown.came_back_as,
    )


@router.post("/{letter_no}/replay", summary="Send a dead letter again", responses=problems(400, 404, 409, 422))
async def replay_dead_letter(letter_no: Place, asked: ReplayNote, request: Request) -> DeadLettersDone:
    """Where it still fails it comes back as a new letter, which names this one."""
    services = services_of(request)
    done = await desk.replay(
        services.pool, services.vault, services.resender, Filter(letters=(letter_no,)), operator=caller_of(request),
        reason=asked.reason,
    )  # fmt: skip
    return _done(_of_one(done))


@router.post("/{letter_no}/discard", summary="Discard a dead letter", responses=problems(400, 404, 409, 422))
async def discard_dead_letter(letter_no: Place, asked: DiscardReason, request: Request) -> DeadLettersDone:
    done = await desk.discard(
        services_of(request).pool, Filter(letters=(letter_no,)), operator=caller_of(request), reason=asked.reason
    )
    return _done(_of_one(done))


def _letter(letter: Letter) -> DeadLetter:
    return DeadLetter.model_validate(letter._asdict())


def _done(done: desk.Done) -> DeadLettersDone:
    return DeadLettersDone(
        done=done.done,
        left_count=done.left_count,
        left=[LetterLeft(letter_no=letter_no, code=code) for letter_no, code in done.left],
        reads_as=dict(done.reads_as),
        more=done.more,
    )


def _of_one(done: desk.Done) -> desk.Done:
    """Raises Refused where nothing was done about it."""
    for letter_no, code in done.left:
        raise desk.refusal(letter_no, code)
    return done
