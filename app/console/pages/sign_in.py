"""Signing in by a key or token or at an identity provider, signing out, and how pages are wanted."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from app import metrics
from app.access import audit
from app.access.identity_provider import RETURN_PATH, IdentityProvider
from app.access.policy import PAGES
from app.access.tokens import Proved
from app.codes import Code
from app.console.door import PageRoute, form_of
from app.console.sessions import TOKEN_LENGTH, end_session, new_guest, open_session
from app.console.view import home_of, page
from app.console.visitor import ATTEMPT_COOKIE, THEMES, become, end_attempt, give_attempt, give_view, visitor_of
from app.console.words import LANGUAGES
from app.errors import Unauthenticated
from app.routes.guard import admit
from app.routes.services import services_of

router = APIRouter(prefix="/console", route_class=PageRoute, include_in_schema=False)

_SIGN_IN = "POST /console/sign-in"
_SIGN_IN_THERE = f"GET {RETURN_PATH}"


@router.get("")
@router.get("/")
async def get_console(request: Request) -> Response:
    principal = visitor_of(request).principal
    return RedirectResponse("/console/sign-in" if principal is None else home_of(principal), 303)


@router.get("/home")
async def get_home(request: Request) -> Response:
    return page(request, "home.html")


@router.get("/sign-in")
async def get_sign_in(request: Request) -> Response:
    principal = visitor_of(request).principal
    if principal is not None:
        return RedirectResponse(home_of(principal), 303)
    return _sign_in_page(request, 200, _own(request.query_params.get("to", "")), "")


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """The key or token is proved as the API proves it, and not kept."""
    services, form = services_of(request), form_of(request)
    address = "" if request.client is None else request.client.host
    to = _own(form.get("to", ""))
    try:
        proved = await services.authenticator.sign_in(form.get("credential", "").strip(), address)
    except Unauthenticated:
        metrics.ACCESS_REFUSED.labels(Code.UNAUTHENTICATED).inc()
        return _sign_in_page(request, 401, to, "refused")
    response = RedirectResponse(to or home_of(proved.principal), 303)
    await _enter(request, response, proved, _SIGN_IN, 303)
    return response


@router.get("/sign-in/provider")
async def go_to_provider(request: Request) -> Response:
    """The browser signs in at the identity provider, and is sent back with a code."""
    secret = new_guest()
    response = RedirectResponse(await _provider_of(request).address(secret), 303)
    give_attempt(request, response, f"{secret}{_own(request.query_params.get('to', ''))}")
    return response


@router.get("/sign-in/provider/return")
async def return_from_provider(request: Request) -> Response:
    """A page and no redirect: as the way began elsewhere, browsers would not bring the session's cookie along on it."""
    services, asked, attempt = services_of(request), request.query_params, request.cookies.get(ATTEMPT_COOKIE, "")
    secret, to = attempt[:TOKEN_LENGTH], _own(attempt[TOKEN_LENGTH:])
    address = "" if request.client is None else request.client.host
    try:
        with services.authenticator.bounded(address):
            proved = await _provider_of(request).prove(asked.get("code", ""), asked.get("state", ""), secret)
    except Unauthenticated:
        metrics.ACCESS_REFUSED.labels(Code.UNAUTHENTICATED).inc()
        response = _sign_in_page(request, 401, to, "refused_there")
    else:
        response = page(request, "signed_in.html", to=to or home_of(proved.principal))
        await _enter(request, response, proved, _SIGN_IN_THERE, 200)
    end_attempt(response)
    return response


async def _enter(request: Request, response: Response, proved: Proved, deed: str, status: int) -> None:
    services = services_of(request)
    await admit(request, proved.principal, PAGES["POST /console/sign-out"])
    token = await open_session(services.pool, proved)
    await audit.record(services.pool, proved.principal, audit.Deed(deed, "", "", ""), status, None)
    become(request, response, token)


def _provider_of(request: Request) -> IdentityProvider:
    provider = services_of(request).identity_provider
    if provider is None:
        raise HTTPException(404)
    return provider


def _sign_in_page(request: Request, status: int, to: str, why: str) -> Response:
    """why: what is said about an attempt before, empty where there was none."""
    at_provider = services_of(request).identity_provider is not None
    return page(request, "sign_in.html", status, to=to, why=why, at_provider=at_provider)


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    await end_session(services_of(request).pool, visitor_of(request).token)
    return RedirectResponse("/console/sign-in", 303)


@router.post("/preferences")
async def set_preferences(request: Request) -> Response:
    """Language and colours; what is not named stays."""
    form, visitor = form_of(request), visitor_of(request)
    language, theme = form.get("language", visitor.language), form.get("theme", visitor.theme)
    response = RedirectResponse(_own(form.get("back", "")) or "/console/", 303)
    if language in LANGUAGES:
        give_view(request, response, language, next((each for each in THEMES if each == theme), visitor.theme))
    return response


def _own(address: str) -> str:
    """An address of the console's own pages, else nothing: nobody is led elsewhere."""
    is_own = address.startswith("/console/") and address.isascii() and not set(address) & set("\\\r\n")
    return address if is_own else ""
