"""Dead letters: what could not be read, sent again or discarded, one or many, and first on trial."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.codes import Code
from app.console.door import PageRoute, all_of, form_of, required_reason
from app.console.view import may, page
from app.errors import Refused
from app.routes.dead_letters import State
from app.routes.guard import caller_of, principal_of
from app.routes.services import services_of
from app.settlement import dead_letter_desk as desk
from app.settlement.dead_letter_desk import Done
from app.settlement.dead_letter_register import LETTER_NO_MAX, Filter

router = APIRouter(prefix="/console/dead-letters", route_class=PageRoute, include_in_schema=False)

_PAGE = 50
_AT_ONCE_MAX = 1_000
LetterNo = Annotated[int, Path(ge=1, le=LETTER_NO_MAX)]


@router.get("")
async def list_dead_letters(
    request: Request,
    state: Annotated[State | None, Query()] = "open",
    code: Annotated[Code | None, Query()] = None,
    before: Annotated[int, Query(ge=1, le=LETTER_NO_MAX)] = LETTER_NO_MAX,
) -> Response:
    pool = services_of(request).pool
    found = await desk.list_letters(pool, Filter(state, code), before=before, limit=_PAGE)
    return page(
        request,
        "dead_letters.html",
        letters=found,
        open_by_code=await desk.count_open(pool),
        state=state,
        code=code,
        next_before=found[-1].letter_no if len(found) == _PAGE else None,
        may_act=may(principal_of(request), "POST /console/dead-letters/replay"),
    )


@router.post("/replay")
async def replay_many(request: Request) -> Response:
    """On trial first; the page of the trial asks for the reason."""
    return await _many(request, "replay")


@router.post("/discard")
async def discard_many(request: Request) -> Response:
    return await _many(request, "discard")


@router.get("/{letter_no}")
async def show_dead_letter(request: Request, letter_no: LetterNo) -> Response:
    services = services_of(request)
    shown = await desk.show(services.pool, services.vault, letter_no)
    may_act = may(principal_of(request), "POST /console/dead-letters/{letter_no}/replay")
    return page(request, "dead_letter.html", shown=shown, letter=shown.letter, may_act=may_act)


@router.post("/{letter_no}/replay")
async def replay_one(request: Request, letter_no: LetterNo) -> Response:
    return _back_to(letter_no, await _replay(request, Filter(letters=(letter_no,)), required_reason(request)))


@router.post("/{letter_no}/discard")
async def discard_one(request: Request, letter_no: LetterNo) -> Response:
    return _back_to(letter_no, await _discard(request, Filter(letters=(letter_no,)), required_reason(request)))


async def _many(request: Request, act: str) -> Response:
    is_trial = form_of(request).get("trial") == "yes"
    reason = "" if is_trial else required_reason(request)
    wanted = _wanted(request)
    do = _replay if act == "replay" else _discard
    done = await do(request, wanted, reason, is_trial=is_trial)
    return page(request, "dead_letters_done.html", act=act, is_trial=is_trial, done=done, wanted=wanted)


def _wanted(request: Request) -> Filter:
    """Those that are ticked, or all that are open of one code. Raises Refused where it is neither."""
    code, ticked = form_of(request).get("code", ""), all_of(request, "letters")
    if form_of(request).get("all") == "yes" and code:
        return Filter(code=_code(code))
    letters = tuple(int(each) for each in ticked if each.isascii() and each.isdigit() and len(each) < 19)
    if not letters or len(letters) != len(ticked):
        raise Refused(Code.INVALID_FIELD, "Tick at least one dead letter.", "/letters")
    return Filter(letters=letters)


def _code(text: str) -> Code:
    try:
        return Code(text)
    except ValueError:
        raise Refused(Code.INVALID_FIELD, "There is no such code.", "/code") from None


async def _replay(request: Request, wanted: Filter, reason: str, *, is_trial: bool = False) -> Done:
    services = services_of(request)
    return await desk.replay(
        services.pool, services.vault, services.resender, wanted, operator=caller_of(request), reason=reason,
        dry_run=is_trial, limit=_AT_ONCE_MAX,
    )  # fmt: skip


async def _discard(request: Request, wanted: Filter, reason: str, *, is_trial: bool = False) -> Done:
    return await desk.discard(
        services_of(request).pool, wanted, operator=caller_of(request), reason=reason, dry_run=is_trial,
        limit=_AT_ONCE_MAX,
    )  # fmt: skip


def _back_to(letter_no: int, done: Done) -> Response:
    """Raises Refused where nothing was done about it."""
    for number, code in done.left:
        raise desk.refusal(number, code)
    return RedirectResponse(f"/console/dead-letters/{letter_no}", 303)
