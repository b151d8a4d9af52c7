"""Who looks at a page: the session behind the cookie, and how the page is wanted."""

from dataclasses import dataclass, replace
from typing import Literal

from fastapi import Request, Response

from app.access.principal import Principal
from app.console.sessions import TOKEN_LENGTH, find_session, form_token, new_guest
from app.console.words import LANGUAGES, language_of
from app.routes.services import services_of

COOKIE = "medsettle_console"
VIEW_COOKIE = "medsettle_view"
ATTEMPT_COOKIE = "medsettle_sign_in"
_PATH = "/console"
_ATTEMPT_PATH = "/console/sign-in/provider"
_ATTEMPT_SECONDS_MAX = 600
_VIEW_SECONDS = 365 * 86_400
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_VISITOR = "medsettle.visitor"

Theme = Literal["auto", "light", "dark"]
THEMES: tuple[Theme, ...] = ("auto", "light", "dark")


@dataclass(frozen=True, slots=True)
class Visitor:
    """token: of the session, or of a guest whose principal is None. is_new: the browser does not have it yet."""

    token: str
    principal: Principal | None
    language: str
    theme: Theme
    is_new: bool = False

    @property
    def form_token(self) -> str:
        return form_token(self.token)


async def meet(request: Request, *, is_use: bool) -> Visitor:
    """Whoever it is. is_use: the request counts against the session's idle end."""
    token = request.cookies.get(COOKIE, "")
    principal = None
    is_new = len(token) != TOKEN_LENGTH or not token.isascii()
    if is_new:
        token = new_guest()
    else:
        principal = await find_session(services_of(request).pool, token, is_use=is_use)
    language, theme = _view(request)
    visitor = Visitor(token, principal, language, theme, is_new)
    request.scope[_VISITOR] = visitor
    return visitor


def meet_guest(request: Request) -> Visitor:
    """Somebody of whom nothing can be known now, so that they can be told at all."""
    language, theme = _view(request)
    visitor = Visitor(new_guest(), None, language, theme)
    request.scope[_VISITOR] = visitor
    return visitor


def visitor_of(request: Request) -> Visitor:
    visitor: Visitor = request.scope[_VISITOR]
    return visitor


def is_met(request: Request) -> bool:
    return _VISITOR in request.scope


def give_token(request: Request, response: Response, token: str) -> None:
    """For as long as the browser runs; the database ends it sooner."""
    response.set_cookie(COOKIE, token, path=_PATH, secure=_is_far(request), httponly=True, samesite="strict")


def become(request: Request, response: Response, token: str) -> None:
    """The session that was opened; the browser's earlier token counts no more."""
    give_token(request, response, token)
    request.scope[_VISITOR] = replace(visitor_of(request), token=token, is_new=False)


def give_attempt(request: Request, response: Response, content: str) -> None:
    """What the browser keeps while it is at the provider, and brings along when the provider sends it back."""
    response.set_cookie(
        ATTEMPT_COOKIE, content, max_age=_ATTEMPT_SECONDS_MAX, path=_ATTEMPT_PATH, secure=_is_far(request),
        httponly=True, samesite="lax",
    )  # fmt: skip


def end_attempt(response: Response) -> None:
    response.delete_cookie(ATTEMPT_COOKIE, path=_ATTEMPT_PATH)


def give_view(request: Request, response: Response, language: str, theme: Theme) -> None:
    response.set_cookie(
        VIEW_COOKIE, f"{language}.{theme}", max_age=_VIEW_SECONDS, path=_PATH, secure=_is_far(request),
        httponly=True, samesite="strict",
    )  # fmt: skip


def _view(request: Request) -> tuple[str, Theme]:
    language, _, theme = request.cookies.get(VIEW_COOKIE, "").partition(".")
    if language not in LANGUAGES:
        language = language_of(request.headers.get("accept-language", ""))
    return language, next((each for each in THEMES if each == theme), "auto")


def _is_far(request: Request) -> bool:
    """Browsers keep no Secure cookie of plain http; only on this machine that is allowed."""
    return request.url.hostname not in _LOOPBACK
