"""One module a page, or a few that belong together, with templates of their names."""

from app.console.pages import (
    acknowledgments,
    audit,
    days,
    dead_letters,
    files,
    holds,
    overview,
    persons,
    reconciliation,
    search,
    sign_in,
    static,
    transactions,
)

ROUTERS = (
    sign_in.router,
    overview.router,
    search.router,
    transactions.router,
    persons.router,
    dead_letters.router,
    days.router,
    files.router,
    acknowledgments.router,
    reconciliation.router,
    holds.router,
    audit.router,
    static.router,
    static.rest,
)
