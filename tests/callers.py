"""Who calls the API of a house under test: keys made as an operator makes them, and put on each request."""

import asyncio
import re
from collections.abc import AsyncGenerator, Generator
from datetime import timedelta

import httpx
import orjson
from app.access.api_keys import Binding, create_key
from app.access.policy import OPEN, RULES
from app.access.principal import Role
from app.database import connect
from tests.builders import HOSPITAL

CLERK = "clerk-1"
BANK = "102"


class Keys:
    """Keys of one database, made when they are first asked for."""

    def __init__(self, owner_url: str) -> None:
        self._owner_url = owner_url
        self._made: dict[Binding, str] = {}
        self._making = asyncio.Lock()  # hundreds of requests at once shall not open as many connections

    async def key(self, role: Role, of: str | None = None, name: str = CLERK) -> str:
        """of: the institution or bank, where the role is one."""
        institution = (of or HOSPITAL) if role is Role.INSTITUTION else None
        bank = (of or BANK) if role is Role.BANK else None
        binding = Binding(role, institution or bank or name, institution, bank)
        async with self._making:
            if binding not in self._made:
                self._made[binding] = await self._make(binding)
        return self._made[binding]

    async def _make(self, binding: Binding) -> str:
        connection = await connect(self._owner_url, application_name="tests")
        try:
            new = await create_key(connection, binding, lifetime=timedelta(days=1), created_by="tests")
        finally:
            await connection.close()
        return new.key


class As(httpx.Auth):
    """Every request in one caller's name."""

    def __init__(self, key: str) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["authorization"] = f"Bearer {self._key}"
        yield request


class AsWhoeverMay(httpx.Auth):
    """Each request in the name of someone who may send it, for tests of what it does then.

    A transaction is its institution's, what the agency may do is clerk-1's, and the rest the first role's of the table.
    """

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        name = route_of(request.method, request.url.path)
        if name is not None and name not in OPEN:
            key = await self._key_for(request, RULES[name].roles)
            request.headers["authorization"] = f"Bearer {key}"
        yield request

    async def _key_for(self, request: httpx.Request, roles: frozenset[Role]) -> str:
        if Role.INSTITUTION in roles and request.url.path.startswith(("/v1/transactions", "/mbs/")):
            of = _institution(request)
            if of is None and Role.OPERATOR in roles:
                return await self._keys.key(Role.OPERATOR)
            return await self._keys.key(Role.INSTITUTION, of)
        return await self._keys.key(Role.AGENCY if Role.AGENCY in roles else min(roles))


_PATTERNS = {name: re.compile(re.sub(r"\{\w+\}", "[^/]+", name)) for name in (*RULES, *OPEN)}
_BY_PARAMETERS = sorted(_PATTERNS, key=lambda name: "{" in name)


def route_of(method: str, path: str) -> str | None:
    """The route that a request goes to, by the name that it has in the table; those without parameters come first."""
    return next((name for name in _BY_PARAMETERS if _PATTERNS[name].fullmatch(f"{method} {path}")), None)


def _institution(request: httpx.Request) -> str | None:
    """That the address, the question or the body names, where it is one."""
    if request.method == "GET":
        address = request.url.path.removeprefix("/v1/transactions/").split("/")[0]
        found = request.url.params.get("institution") or address
    else:
        found = _institution_in(request)
    return found if isinstance(found, str) and re.fullmatch("[A-Za-z0-9]{12}", found) else None


def _institution_in(request: httpx.Request) -> object:
    try:
        body = orjson.loads(request.content)
    except (httpx.RequestNotRead, orjson.JSONDecodeError):
        return None
    item = body[0] if isinstance(body, list) and body else body
    return item.get("institution", item.get("fixmedins_code")) if isinstance(item, dict) else None
