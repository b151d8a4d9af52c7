"""One module a page, or a few that belong together, with templates of their names."""

from app.console.pages import audit, overview, persons, search, sign_in, static, transactions

ROUTERS = (
    sign_in.router,
    overview.router,
    search.router,
    transactions.router,
    persons.router,
    audit.router,
    static.router,
    static.rest,
)
