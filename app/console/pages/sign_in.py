"""Signing in by a key or token, signing out, and how pages are wanted."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app import metrics
from app.access import audit
from app.access.policy import PAGES
from app.codes import Code
from app.console.door import PageRoute, form_of
from app.console.sessions import end_session, open_session
from app.console.view import home_of, page
from app.console.visitor import THEMES, give_token, give_view, visitor_of
from app.console.words import LANGUAGES
from app.errors import Unauthenticated
from app.routes.guard import admit
from app.routes.services import services_of

router = APIRouter(prefix="/console", route_class=PageRoute, include_in_schema=False)

_SIGN_IN = "POST /console/sign-in"


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
    return page(request, "sign_in.html", to=_own(request.query_params.get("to", "")), is_refused=False)


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
        return page(request, "sign_in.html", 401, to=to, is_refused=True)
    await admit(request, proved.principal, PAGES["POST /console/sign-out"])
    token = await open_session(services.pool, proved)
    await audit.record(services.pool, proved.principal, audit.Deed(_SIGN_IN, "", "", ""), 303, None)
    response = RedirectResponse(to or home_of(proved.principal), 303)
    give_token(request, response, token)
    return response


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
