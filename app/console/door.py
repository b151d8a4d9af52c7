"""Every page's door: the session, the form's token, the rule of `app.access.policy`, the headers, and what goes wrong.

A router has `route_class=PageRoute`. A page that is not listed in the table cannot be declared.
"""

import math
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlsplit

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from app import logs
from app.access.policy import OPEN_PAGES, PAGES, Rule
from app.codes import Code
from app.console.sessions import is_form_token
from app.console.view import page
from app.console.visitor import give_token, is_met, meet, meet_guest, visitor_of
from app.errors import DatabaseUnavailable, Forbidden, Overloaded, RateLimited, Refused, Unauthenticated
from app.routes.body import read_body
from app.routes.guard import Handler, admit, carry_out, give_reason
from app.routes.problems import status_of

_log = logs.get(__name__)

_FORM = "medsettle.form"
_FORM_BYTES_MAX = 64 << 10
_FIELDS_MAX = 1_200
_REASON_MAX = 200

#: What a page fetches by itself, as a stream or again and again by htmx, keeps nobody signed in.
_STREAM = "/console/overview/stream"

#: Nothing from elsewhere, nothing inline, in no frame.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",  # without it a form would come from nowhere
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class PageRoute(APIRoute):
    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()
        rules = {method: _rule_of(f"{method} {self.path}") for method in self.methods or ()}

        async def entered(request: Request) -> Response:
            try:
                response = await _enter(request, rules[request.method], handle)
            except Exception as error:  # noqa: BLE001 - whatever it is, who looks is told in words
                response = _told(request, error)
            response.headers.update(HEADERS)
            response.headers.setdefault("Cache-Control", "no-store")
            visitor = visitor_of(request)
            if visitor.is_new:
                give_token(request, response, visitor.token)
            return response

        return entered


def form_of(request: Request) -> Mapping[str, str]:
    """The fields of a form that was sent; of one that comes several times the last."""
    return dict(_fields(request))


def all_of(request: Request, name: str) -> list[str]:
    """All values of a field, as of boxes that are ticked."""
    return [value for field, value in _fields(request) if field == name]


def required_reason(request: Request) -> str:
    """Why it is done. Raises Refused where nothing is said."""
    reason = form_of(request).get("reason", "").strip()
    if len(reason) < 3:
        raise Refused(Code.INVALID_FIELD, "Say why, in a few words.", "/reason")
    return reason


async def _enter(request: Request, rule: Rule | None, handle: Handler) -> Response:
    visitor = await meet(request, is_use=request.url.path != _STREAM and "hx-request" not in request.headers)
    if request.method == "POST":
        await _take_form(request)
    if rule is None:
        return await handle(request)
    if visitor.principal is None:
        raise Unauthenticated("Nobody is signed in.")
    await admit(request, visitor.principal, rule)
    return await carry_out(request, rule, handle)


async def _take_form(request: Request) -> None:
    """Raises Forbidden where it is not a form of this session from this very site."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise Forbidden(Code.FORBIDDEN, "The form was sent from another site.")
    body = await read_body(request, _FORM_BYTES_MAX)
    if body is None:
        raise HTTPException(413)
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_FIELDS_MAX)
    except ValueError:
        raise Refused(Code.INVALID_FIELD, "The form cannot be read.") from None
    request.scope[_FORM] = fields
    sent = form_of(request)
    if not is_form_token(visitor_of(request).token, sent.get("form_token", "")):
        raise Forbidden(Code.FORBIDDEN, "The form is not one of this session: open the page anew.")
    if "reason" in sent:
        give_reason(request, sent["reason"][:_REASON_MAX])


def _fields(request: Request) -> list[tuple[str, str]]:
    fields: list[tuple[str, str]] = request.scope[_FORM]
    return fields


def _rule_of(name: str) -> Rule | None:
    """None where it is open to everyone. Raises LookupError where the table does not have it."""
    if name in OPEN_PAGES:
        return None
    if name not in PAGES:
        raise LookupError(f"{name} is not listed in app/access/policy.py: say who may see it")
    return PAGES[name]


# What goes wrong

_CODES: dict[type[Exception], Code] = {
    RateLimited: Code.RATE_LIMITED,
    DatabaseUnavailable: Code.DATABASE_UNAVAILABLE,
    Overloaded: Code.OVERLOADED,
    RequestValidationError: Code.INVALID_FIELD,
}
_STATUS_CODES = {404: Code.NOT_FOUND, 405: Code.METHOD_NOT_ALLOWED, 413: Code.MESSAGE_TOO_LARGE}


def _told(request: Request, error: Exception) -> Response:
    if not is_met(request):
        meet_guest(request)
    if isinstance(error, Unauthenticated):
        return _to_sign_in(request)
    code, status = _code_of(error), status_of(error)
    if status == 500:
        _log.error("page_failed", **logs.failure(error))
    detail = error.detail if isinstance(error, Refused | Forbidden) else ""
    request_id = structlog.contextvars.get_contextvars().get("request_id", "")
    response = page(request, "error.html", status, code=code, detail=detail, request_id=request_id)
    if isinstance(error, RateLimited):
        response.headers["Retry-After"] = str(math.ceil(error.wait))
    return response


def _to_sign_in(request: Request) -> Response:
    """And back to the page afterwards, where it is one that can be asked for again."""
    path = request.url.path if request.method == "GET" and request.url.path != _STREAM else ""
    address = f"/console/sign-in?to={quote(path)}" if path else "/console/sign-in"
    if "hx-request" in request.headers:
        return Response(status_code=204, headers={"HX-Redirect": address})
    if request.url.path == _STREAM:
        return Response(status_code=401)
    return RedirectResponse(address, 303)


def _code_of(error: Exception) -> Code:
    if isinstance(error, Refused | Forbidden):
        return error.code
    if isinstance(error, HTTPException):
        return _STATUS_CODES.get(error.status_code, Code.INTERNAL_ERROR)
    return next((code for kind, code in _CODES.items() if isinstance(error, kind)), Code.INTERNAL_ERROR)
