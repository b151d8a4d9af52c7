"""Pages as HTML: templates, and what each of them has at hand."""

import hashlib
import re
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from app import __version__
from app.access.policy import PAGES, denial
from app.access.principal import Principal
from app.console import money
from app.console.visitor import visitor_of
from app.console.words import DEFAULT, LANGUAGES, code_words, words

STATIC = Path(__file__).parent / "static"

_BACKTICKS = re.compile("`([^`]+)`")
_MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class Entry(NamedTuple):
    """A page of the menu; `name` in the words, `rule` of the table that says who has it."""

    name: str
    path: str
    rule: str


#: The menu, in its order.
MENU = (
    Entry("overview", "/console/overview", "GET /console/overview"),
    Entry("search", "/console/search", "GET /console/search"),
    Entry("persons", "/console/persons", "GET /console/persons"),
    Entry("dead_letters", "/console/dead-letters", "GET /console/dead-letters"),
    Entry("days", "/console/days", "GET /console/days"),
    Entry("files", "/console/files", "GET /console/files"),
    Entry("acknowledgments", "/console/acknowledgments", "GET /console/acknowledgments"),
    Entry("reconciliations", "/console/reconciliations", "GET /console/reconciliations"),
    Entry("holds", "/console/holds", "GET /console/holds"),
    Entry("processes", "/console/processes", "GET /console/processes"),
    Entry("audit", "/console/audit", "GET /console/audit"),
)


class StaticFile(NamedTuple):
    content: bytes
    media_type: str


def page(request: Request, template: str, status: int = 200, **context: Any) -> Response:
    visitor = visitor_of(request)
    translate = partial(_translate, words(visitor.language))
    text = _environment().get_template(template).render(
        t=translate,
        code_words=partial(code_words, visitor.language),
        visitor=visitor,
        languages=LANGUAGES,
        menu=[] if visitor.principal is None else menu_of(visitor.principal),
        path=request.url.path,
        static=static_address,
        release=__version__,
        **context,
    )  # fmt: skip
    return HTMLResponse(text, status)


def menu_of(principal: Principal) -> list[Entry]:
    return [entry for entry in MENU if may(principal, entry.rule)]


def may(principal: Principal, name: str) -> bool:
    """Whether the role and scopes allow a page; whose it is the page's own rule says."""
    return denial(PAGES[name]._replace(own=None), principal, {}) is None


def home_of(principal: Principal) -> str:
    return "/console/overview" if may(principal, "GET /console/overview") else "/console/home"


@cache
def static_files() -> dict[str, StaticFile]:
    return {
        file.name: StaticFile(file.read_bytes(), _MEDIA_TYPES[file.suffix])
        for file in STATIC.iterdir()
        if file.suffix in _MEDIA_TYPES
    }


@cache
def static_version() -> str:
    """Of all of them together: it stands in their addresses, so a browser keeps them until they change."""
    digest = hashlib.sha256()
    for name in sorted(static_files()):
        digest.update(static_files()[name].content)
    return digest.hexdigest()[:12]


def static_address(name: str) -> str:
    if name not in static_files():
        raise LookupError(f"there is no static file {name}")
    return f"/console/static/{static_version()}/{name}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("app.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., str]] = {
        "yuan": money.yuan, "moment": money.moment, "day": money.day, "masked": money.masked, "seconds": money.seconds,
        "epoch": money.epoch,
        "iso": money.iso,
        "coded": _coded,
    }  # fmt: skip
    environment.filters |= filters
    # Breaks have reasons of their own beside the codes of the catalogue.
    environment.globals["memo_reasons"] = [key.partition(".")[2] for key in words(DEFAULT) if key.startswith("memo_r")]
    environment.globals["ui"] = environment.get_template("macros.html").module
    return environment


def _coded(text: str) -> Markup:
    """`…` as code."""
    return Markup(_BACKTICKS.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before


def _translate(catalogue: dict[str, str], key: str, **values: object) -> str:
    return catalogue[key].format(**values) if values else catalogue[key]
