"""Every request has an id: its sender's where that is sane, else one of ours; it is in the answer, problems and logs.

What nobody has caught ends here as well, so that the answer bears the id like any other.
"""

import re
import secrets

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import logs
from app.codes import Code
from app.masking import holds_citizen_no
from app.routes.problems import problem

HEADER = "X-Request-Id"
#: Where the guard leaves what is left of the caller's limit, for every answer, whatever comes of the request.
LIMIT_HEADERS = "medsettle.limit_headers"

_SANE = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
_NAME = HEADER.lower().encode()
_log = logs.get(__name__)


def _is_sane(sent: bytes) -> bool:
    """An id goes into logs, so nothing that looks like a citizen number may be in one."""
    return _SANE.fullmatch(sent) is not None and not holds_citizen_no(sent.decode())


class RequestIds:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = next((value for name, value in scope["headers"] if name == _NAME), b"")
        own = sent.decode() if _is_sane(sent) else secrets.token_hex(16)
        structlog.contextvars.bind_contextvars(request_id=own)
        is_answered = False

        async def named(message: Message) -> None:
            nonlocal is_answered
            if message["type"] == "http.response.start":
                is_answered = True
                message["headers"] = [*message["headers"], (_NAME, own.encode()), *scope.get(LIMIT_HEADERS, ())]
            await send(message)

        try:
            await self._app(scope, receive, named)
        except Exception as error:  # noqa: BLE001 - whatever it is, the sender is answered and the next one too
            _log.error("request_failed", method=scope["method"], **logs.failure(error))
            if not is_answered:
                await problem(500, Code.INTERNAL_ERROR)(scope, receive, named)
