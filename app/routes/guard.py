"""Every route's door: who calls is proved, and may do this, before anything of the request is read.

A router has `route_class=GuardedRoute`. What its routes ask of a caller stands in `app.access.policy`; a route that is
not listed there cannot be declared. What the table cannot know, since it stands in the body, the route asks itself.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from app.access.policy import OPEN, RULES, Denial, Rule, denial
from app.access.principal import Principal
from app.codes import Code
from app.errors import Forbidden
from app.routes.services import services_of

_PRINCIPAL = "medsettle.principal"

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


class GuardedRoute(APIRoute):
    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()
        rules = {method: rule_of(method, self.path) for method in self.methods or ()}
        if None in rules.values():
            return handle

        async def guarded(request: Request) -> Response:
            principal = await services_of(request).authenticator.authenticate(request.headers.get("authorization"))
            request.scope[_PRINCIPAL] = principal
            rule = rules[request.method]
            assert rule is not None
            against = denial(rule, principal, request.path_params)
            if against is not None:
                raise Forbidden(Code.NOT_YOURS if against is Denial.FOREIGN else Code.FORBIDDEN, against.value)
            return await handle(request)

        return guarded


def rule_of(method: str, path: str) -> Rule | None:
    """None where it is open to everyone. Raises LookupError where the table does not have it."""
    name = f"{method} {path}"
    if name in OPEN:
        return None
    if name not in RULES:
        raise LookupError(f"{name} is not listed in app/access/policy.py: say who may call it")
    return RULES[name]
