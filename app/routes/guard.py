"""Every route's door: who calls is proved, and may do this, before anything of the request is read.

A router has `route_class=GuardedRoute`. What its routes ask of a caller stands in `app.access.policy`; a route that is
not listed there cannot be declared. What the table cannot know, since it stands in the body, the route asks itself.
"""

import inspect
import re
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, get_args, get_origin

import structlog
from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from fastapi.routing import APIRoute

from app import logs, metrics
from app.access import audit
from app.access.policy import OPEN, RULES, Denial, Recorded, Rule, denial
from app.access.principal import Principal, Role
from app.access.rate_limits import Limit
from app.codes import Code
from app.errors import DatabaseUnavailable, Forbidden, Refused
from app.masking import masked
from app.routes.body import bounded
from app.routes.problems import status_of
from app.routes.request_ids import LIMIT_HEADERS
from app.routes.services import services_of
from app.routes.slow_readers import ForSlowReaders

REASON = "Medsettle-Reason"

_log = logs.get(__name__)

_PRINCIPAL = "medsettle.principal"
_PERSON = "medsettle.person"
_REASON = "medsettle.reason"
# What of an address is kept: whose it is, never a free text.
_TARGETS = frozenset({
    "institution", "message_id", "bank", "card_no", "grant_id", "adjustment_id", "file_no", "file_id", "day", "event",
    "insurance", "letter_no",
})  # fmt: skip
_PERSONS_ASKED = frozenset({"person_no", "beneficiary", "granter"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_TEXT_MAX = 200
# Of a body that is declared as a model; other routes bound theirs themselves.
_BODY_BYTES_MAX = 1 << 20

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def principal_of(request: Request) -> Principal:
    """Who calls; of every route that is not open."""
    principal: Principal = request.scope[_PRINCIPAL]
    return principal


def caller_of(request: Request) -> str:
    """The name that is kept with what the request changes."""
    return principal_of(request).name


def refuse_foreign(request: Request, institution: str) -> None:
    """Raises Forbidden where an institution speaks for another one."""
    if principal_of(request).is_held_from(institution):
        raise foreign()


def foreign() -> Forbidden:
    return Forbidden(Code.NOT_YOURS, Denial.FOREIGN.value)


async def prove_again(request: Request) -> None:
    """Of an answer that goes on for long. Raises Unauthenticated where its caller's key is no longer good."""
    address = "" if request.client is None else request.client.host
    await services_of(request).authenticator.authenticate(request.headers.get("authorization"), address)


def take_look(request: Request) -> None:
    """Count it as a look where the table of routes cannot know that it is one. Raises RateLimited."""
    request.scope.pop(LIMIT_HEADERS)
    _take(request, services_of(request).limits.looks)


def _take(request: Request, limit: Limit) -> None:
    request.scope[LIMIT_HEADERS] = limit.headers(limit.take(principal_of(request).credential))


def concerning(request: Request, person_no: str) -> None:
    """Say whose data it is, for the audit log, where no address says so."""
    request.scope[_PERSON] = person_no


def give_reason(request: Request, reason: str) -> None:
    """Say why it is done, for the audit log, where no header says so."""
    request.scope[_REASON] = reason


async def admit(request: Request, principal: Principal, rule: Rule) -> None:
    """Let in who may do this. Raises RateLimited, Forbidden; the latter is recorded."""
    request.scope[_PRINCIPAL] = principal
    limits = services_of(request).limits
    _take(request, limits.looks if rule.recorded is Recorded.LOOKS else limits.requests)
    against = denial(rule, principal, request.path_params)
    if against is not None:
        await record(request, 403)
        raise Forbidden(Code.NOT_YOURS if against is Denial.FOREIGN else Code.FORBIDDEN, against.value)


async def carry_out(request: Request, rule: Rule, handle: Handler) -> Response:
    """Handle it, and record what the rule has recorded."""
    if _is_recorded(rule, principal_of(request)):
        return await _recorded(request, handle, is_act=rule.recorded is Recorded.ACTS)
    return await _handled(request, handle)


class GuardedRoute(APIRoute):
    def get_route_handler(self) -> Handler:
        is_direct = _is_handler(self.endpoint) and not self.dependencies
        handle: Handler = self.endpoint if is_direct else super().get_route_handler()
        rules = {method: rule_of(method, self.path) for method in self.methods or ()}
        is_body_read_whole = self.body_field is not None
        takes_many = {each.alias: _is_many(each.field_info.annotation) for each in self.dependant.query_params}
        if None in rules.values():
            return handle

        async def guarded(request: Request) -> Response:
            services = services_of(request)
            address = "" if request.client is None else request.client.host
            principal = await services.authenticator.authenticate(request.headers.get("authorization"), address)
            rule = rules[request.method]
            assert rule is not None
            await admit(request, principal, rule)
            if request.scope["query_string"]:
                _check_query(request, takes_many)
            silence = services.settings.http_silence_seconds_max
            if is_body_read_whole:
                request = Request(request.scope, bounded(request.receive, _BODY_BYTES_MAX, silence))
            answer = await carry_out(request, rule, handle)
            return ForSlowReaders(answer, silence) if isinstance(answer, StreamingResponse) else answer

        return guarded


def _is_handler(endpoint: Callable[..., Any]) -> bool:
    """Takes the request alone and makes the answer itself: FastAPI would look for its parameters and find none."""
    signature = inspect.signature(endpoint)
    asked = [(each.name, each.annotation) for each in signature.parameters.values()]
    is_answer = signature.return_annotation is Response
    return asked == [("request", Request)] and is_answer and inspect.iscoroutinefunction(endpoint)


def _is_many(annotation: Any) -> bool:
    return any(get_origin(each) is list for each in (annotation, *get_args(annotation)))


def _check_query(request: Request, takes_many: Mapping[str, bool]) -> None:
    """Raises Refused. takes_many: the names that the route reads, and whether a name may stand there more than once."""
    named = Counter(name for name, _ in request.query_params.multi_items())
    if (takes_many or request.method in ("GET", "HEAD")) and not takes_many.keys() >= named.keys():
        # A mistyped filter must not find everything. Its name is not repeated: it is text of the sender.
        raise Refused(Code.INVALID_FIELD, "There is a parameter that this route does not have.", "/query")
    for name, count in named.items():
        if count > 1 and not takes_many.get(name, True):
            raise Refused(Code.INVALID_FIELD, "This parameter has one value, and stands there more than once.",
                          f"/query/{name}")  # fmt: skip


async def _handled(request: Request, handle: Handler) -> Response:
    try:
        return await handle(request)
    except Forbidden:
        await record(request, 403)
        raise


async def record(request: Request, status: int) -> None:
    """Keep a deed with its end in the audit log."""
    pool, principal = services_of(request).pool, principal_of(request)
    await audit.record(pool, principal, _deed(request), status, _person_of(request))


async def begin_download(request: Request, what: str) -> int:
    """Keep in the audit log that a download begins, and of what; `end_download` says that it came to its end."""
    deed = _deed(request)
    return await audit.begin(
        services_of(request).pool, principal_of(request), deed._replace(target=f"{deed.target} {what}".rstrip())
    )


async def end_download(request: Request, entry_id: int, status: int) -> None:
    await audit.end(services_of(request).pool, entry_id, status, None)


async def _recorded(request: Request, handle: Handler, *, is_act: bool) -> Response:
    """An act is recorded before it is done, and its end before the answer; a look before anything is shown."""
    pool = services_of(request).pool
    entry = await audit.begin(pool, principal_of(request), _deed(request)) if is_act else None
    status = 500
    try:
        response = await handle(request)
        status = response.status_code
    except Exception as error:
        status = status_of(error)
        raise
    finally:
        if entry is None:
            await record(request, status)
        else:
            await _end(request, entry, status)
    return response


async def _end(request: Request, entry: int, status: int) -> None:
    """The act is done or refused by now, and that is what its caller must hear, whatever becomes of the log's end."""
    try:
        await audit.end(services_of(request).pool, entry, status, _person_of(request))
    except DatabaseUnavailable as error:
        metrics.RETRIES.labels("audit_end").inc()
        _log.error("audit_end_not_written", entry_id=entry, status=status, **logs.failure(error.__cause__))


def _is_recorded(rule: Rule, principal: Principal) -> bool:
    if rule.recorded is Recorded.LOOKS_OF_OTHERS:
        return principal.role is not Role.INSTITUTION
    return rule.recorded not in (Recorded.NOTHING, Recorded.DOWNLOADS)


def _deed(request: Request) -> audit.Deed:
    names = {**request.path_params, **request.query_params}
    target = " ".join(f"{name}={_kept(str(value))}" for name, value in names.items() if name in _TARGETS)
    # Header values are bytes; a reason in UTF-8 comes as Latin-1.
    in_header = request.headers.get(REASON, "").encode("latin-1").decode(errors="replace")
    reason = request.scope.get(_REASON, in_header)
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    return audit.Deed(f"{request.method} {request.scope['route'].path}", target, _kept(reason), request_id)


def _person_of(request: Request) -> str | None:
    found = request.scope.get(_PERSON) or request.path_params.get("person_no")
    found = found or next((value for name, value in request.query_params.items() if name in _PERSONS_ASKED), None)
    return None if found is None else _kept(found)


def _kept(text: str) -> str:
    """Bounded, on one line, and no citizen number, whoever put one where none belongs."""
    return masked(_CONTROL.sub(" ", text), "(masked)")[:_TEXT_MAX]


def rule_of(method: str, path: str) -> Rule | None:
    """None where it is open to everyone. Raises LookupError where the table does not have it."""
    name = f"{method} {path}"
    if name in OPEN:
        return None
    if name not in RULES:
        raise LookupError(f"{name} is not listed in app/access/policy.py: say who may call it")
    return RULES[name]
