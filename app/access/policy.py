"""Who may call what: the one table, which the guard of the routes enforces and the authorization test walks."""

from enum import Enum, auto
from typing import NamedTuple

from app.access.principal import Principal, Role

INSTITUTION, BANK, AGENCY, OPERATOR, AUDITOR = Role


class Own(Enum):
    """How an institution or a bank is held to what is its own."""

    BY_ADDRESS = auto()  # the address names the owner: the guard compares, before anything is looked up
    BY_ROUTE = auto()  # what is sent or found names the owner: the route compares
    BY_CARD = auto()  # a person belongs to no one: the route asks for the card that the person presented


class Recorded(Enum):
    """What the audit log keeps. A request that is refused as a whole is always kept."""

    NOTHING = auto()
    ACTS = auto()
    LOOKS = auto()  # at a person's data
    LOOKS_OF_OTHERS = auto()  # the same, but an institution at its own transactions is not recorded
    DOWNLOADS = auto()  # by the route, which knows what of a file is asked for and when it has gone out


class Rule(NamedTuple):
    """scope: what a key or token may be narrowed to."""

    scope: str
    roles: frozenset[Role]
    recorded: Recorded
    own: Own | None = None


def _rule(scope: str, *roles: Role, recorded: Recorded = Recorded.NOTHING, own: Own | None = None) -> Rule:
    if {INSTITUTION, BANK} & set(roles) and own is None:
        raise ValueError(f"{scope}: say how institutions and banks are held to what is their own")
    return Rule(scope, frozenset(roles), recorded, own)


def _act(scope: str, *roles: Role, own: Own | None = None) -> Rule:
    return _rule(scope, *roles, recorded=Recorded.ACTS, own=own)


def _look(scope: str, *roles: Role, own: Own | None = None) -> Rule:
    return _rule(scope, *roles, recorded=Recorded.LOOKS, own=own)


#: They hold no one's data.
OPEN = frozenset({
    "GET /health/live", "GET /health/startup", "GET /health/ready", "GET /metrics",
    "GET /openapi.json", "GET /docs", "GET /docs/oauth2-redirect", "GET /redoc",
    "GET /v1/keys",
})  # fmt: skip

_OWN_TRANSACTION = _rule(
    "transactions:read", INSTITUTION, OPERATOR, AUDITOR, recorded=Recorded.LOOKS_OF_OTHERS, own=Own.BY_ADDRESS
)
_OWN_TRANSACTIONS = _OWN_TRANSACTION._replace(own=Own.BY_ROUTE)
_RECONCILE = _act("reconciliations:write", INSTITUTION, OPERATOR, own=Own.BY_ROUTE)
_RECONCILED = _rule("reconciliations:read", INSTITUTION, OPERATOR, AUDITOR, own=Own.BY_ROUTE)
_OWN_BREAKS = _RECONCILED._replace(recorded=Recorded.LOOKS_OF_OTHERS)
_FILES = _rule("settlement-files:read", BANK, INSTITUTION, OPERATOR, AUDITOR, own=Own.BY_ROUTE)
_DOWNLOAD = _FILES._replace(recorded=Recorded.DOWNLOADS)
_SETTLE = _rule("transactions:write", INSTITUTION, own=Own.BY_ROUTE)

#: By method and path, as the routes are declared.
RULES: dict[str, Rule] = {
    # Transactions
    "POST /v1/transactions": _SETTLE,
    "POST /v1/transactions/batch": _SETTLE,
    "POST /v1/transactions/quote": _look("transactions:quote", INSTITUTION, own=Own.BY_ROUTE),
    "GET /v1/transactions": _OWN_TRANSACTIONS,
    "GET /v1/transactions/export": _OWN_TRANSACTIONS,
    "GET /v1/transactions/feed": _OWN_TRANSACTIONS,
    "GET /v1/transactions/{institution}/{message_id}": _OWN_TRANSACTION,
    "GET /v1/transactions/{institution}/{message_id}/receipt": _OWN_TRANSACTION,
    "GET /v1/transactions/{institution}/{message_id}/trace": _OWN_TRANSACTION,
    "POST /mbs/fmi/fsi/api/callFsiService/callService": _rule("national:call", INSTITUTION, own=Own.BY_ROUTE),
    # What a person has, and the card as a certificate
    "GET /v1/persons/{person_no}/accounts": _look(
        "accounts:read", INSTITUTION, AGENCY, OPERATOR, AUDITOR, own=Own.BY_CARD
    ),
    "GET /v1/persons/{person_no}/entries": _look("accounts:read", AGENCY, OPERATOR, AUDITOR),
    "GET /v1/persons/{person_no}/entitlements": _look("persons:read", AGENCY, AUDITOR),
    "GET /v1/persons/{person_no}/card-verifications": _look("persons:read", AGENCY, AUDITOR),
    "POST /v1/card-verifications": _look("cards:verify", INSTITUTION, AGENCY, own=Own.BY_CARD),
    # Persons and their records
    "POST /v1/persons": _act("persons:write", AGENCY),
    "POST /v1/persons/search": _look("persons:search", AGENCY),
    "GET /v1/persons/{person_no}": _look("persons:read", AGENCY, AUDITOR),
    "PATCH /v1/persons/{person_no}": _act("persons:write", AGENCY),
    "GET /v1/persons/{person_no}/records": _look("persons:read", AGENCY, AUDITOR),
    "PUT /v1/persons/{person_no}/insurances/{insurance}": _act("persons:write", AGENCY),
    "PUT /v1/persons/{person_no}/pension-account": _act("persons:write", AGENCY),
    "POST /v1/persons/{person_no}/insurance-payments": _act("persons:write", AGENCY),
    "POST /v1/persons/{person_no}/qualifications": _act("persons:write", AGENCY),
    "POST /v1/persons/{person_no}/work-injuries": _act("persons:write", AGENCY),
    "POST /v1/persons/{person_no}/account/{event}": _act("accounts:write", AGENCY),
    # Cards
    "POST /v1/cards": _act("cards:write", AGENCY),
    "GET /v1/cards/{card_no}": _look("cards:read", AGENCY, OPERATOR, AUDITOR),
    "POST /v1/cards/{card_no}/activation": _act("cards:write", AGENCY),
    "POST /v1/cards/{card_no}/loss": _act("cards:write", AGENCY),
    "POST /v1/cards/{card_no}/recovery": _act("cards:write", AGENCY),
    "POST /v1/cards/{card_no}/cancellation": _act("cards:write", AGENCY),
    "POST /v1/cards/{card_no}/pin-lock": _act("cards:write", AGENCY),
    "POST /v1/cards/{card_no}/pin-unlock": _act("cards:write", AGENCY),
    "POST /v1/cards/{card_no}/replacement": _act("cards:write", AGENCY),
    "POST /v1/cards/{card_no}/debit-application": _act("cards:write", AGENCY),
    # Mutual aid
    "POST /v1/mutual-aid-grants": _act("grants:write", AGENCY),
    "GET /v1/mutual-aid-grants": _look("grants:read", AGENCY, AUDITOR),
    "PUT /v1/mutual-aid-grants/order": _act("grants:write", AGENCY),
    "POST /v1/mutual-aid-grants/{grant_id}/unbinding": _act("grants:write", AGENCY),
    # Money in. An adjustment is approved by another than its maker, who may be an operator.
    "POST /v1/contributions": _act("contributions:write", AGENCY),
    "GET /v1/contributions/{file_no}": _rule("contributions:read", AGENCY, OPERATOR, AUDITOR),
    "GET /v1/contributions/{file_no}/refused-lines": _rule("contributions:read", AGENCY, OPERATOR, AUDITOR),
    "POST /v1/adjustments": _act("adjustments:write", AGENCY),
    "GET /v1/adjustments": _look("adjustments:read", AGENCY, OPERATOR, AUDITOR),
    "POST /v1/adjustments/{adjustment_id}/approval": _act("adjustments:check", AGENCY, OPERATOR),
    "POST /v1/adjustments/{adjustment_id}/rejection": _act("adjustments:check", AGENCY, OPERATOR),
    # Business days
    "GET /v1/business-days/{day}": _rule("business-days:read", AGENCY, OPERATOR, AUDITOR),
    "GET /v1/business-days/{day}/positions": _rule("business-days:read", AGENCY, OPERATOR, AUDITOR),
    "POST /v1/business-days/{day}/preview": _rule("business-days:read", OPERATOR),
    "POST /v1/business-days/{day}/seal": _act("business-days:seal", OPERATOR),
    # Dead letters. Their content is masked for everyone.
    "GET /v1/dead-letters": _rule("dead-letters:read", OPERATOR, AUDITOR),
    "GET /v1/dead-letters/{letter_no}": _look("dead-letters:read", OPERATOR, AUDITOR),
    "POST /v1/dead-letters/{letter_no}/replay": _act("dead-letters:write", OPERATOR),
    "POST /v1/dead-letters/{letter_no}/discard": _act("dead-letters:write", OPERATOR),
    "POST /v1/dead-letters/replay": _act("dead-letters:write", OPERATOR),
    "POST /v1/dead-letters/discard": _act("dead-letters:write", OPERATOR),
    # Settlement files. A bank pulls its own; an institution the details of its own transactions.
    "GET /v1/settlement-files": _FILES,
    "GET /v1/settlement-files/{file_id}": _FILES,
    "GET /v1/settlement-files/{file_id}/content": _DOWNLOAD,
    "HEAD /v1/settlement-files/{file_id}/content": _FILES,
    "GET /v1/settlement-files/{file_id}/digest": _FILES,
    "GET /v1/settlement-files/{file_id}/signature": _FILES,
    "POST /v1/settlement-files/{file_id}/acknowledgment": _act("acknowledgments:write", BANK, own=Own.BY_ROUTE),
    "GET /v1/settlement-files/{file_id}/acknowledgments": _rule(
        "settlement-files:read", BANK, OPERATOR, AUDITOR, own=Own.BY_ROUTE
    ),
    # The audit log
    "GET /v1/audit": _look("audit:read", OPERATOR, AUDITOR),
    # Reconciliation. Institutions compare; what came of a break operators say.
    "POST /v1/reconciliations/totals": _RECONCILE,
    "POST /v1/reconciliations/details": _RECONCILE,
    "GET /v1/reconciliations": _RECONCILED,
    "GET /v1/reconciliations/open-breaks": _look("reconciliations:read", OPERATOR, AUDITOR),
    "GET /v1/reconciliations/{run_id}": _RECONCILED,
    "GET /v1/reconciliations/{run_id}/breaks": _OWN_BREAKS,
    "GET /v1/reconciliations/{run_id}/result": _OWN_BREAKS,
    "POST /v1/reconciliations/{run_id}/breaks/{break_id}/check": _act("reconciliations:breaks", OPERATOR),
    "POST /v1/reconciliations/{run_id}/breaks/{break_id}/level": _act("reconciliations:breaks", OPERATOR),
}

#: Pages of the console that anybody may have who is not signed in: they hold no one's data.
OPEN_PAGES = frozenset({
    "GET /console", "GET /console/", "GET /console/sign-in", "POST /console/sign-in", "POST /console/preferences",
    "GET /console/sign-in/provider", "GET /console/sign-in/provider/return",
    "GET /console/static/{version}/{name}", "GET /console/{path:path}",
})  # fmt: skip

_SIGNED_IN = _rule("console:use", *Role, own=Own.BY_ROUTE)
_WATCH = _rule("operations:read", OPERATOR, AUDITOR)
_STATEMENT = RULES["GET /v1/persons/{person_no}/entries"]

#: The console's pages: who may call the route of the API that tells the same may see them.
PAGES: dict[str, Rule] = {
    "GET /console/home": _SIGNED_IN,
    "POST /console/sign-out": _SIGNED_IN._replace(recorded=Recorded.ACTS),
    "GET /console/overview": _WATCH,
    "GET /console/overview/stream": _WATCH,
    "GET /console/processes": _WATCH,
    "GET /console/search": RULES["GET /v1/transactions"]._replace(recorded=Recorded.NOTHING),
    "POST /console/search": RULES["GET /v1/transactions"],
    "GET /console/transactions/{institution}/{message_id}": RULES["GET /v1/transactions/{institution}/{message_id}"],
    "GET /console/institutions/{institution}": RULES["GET /v1/transactions"]._replace(own=Own.BY_ADDRESS),
    "GET /console/persons": _STATEMENT._replace(recorded=Recorded.NOTHING),  # an empty form
    "POST /console/persons": _STATEMENT,
    "GET /console/dead-letters": RULES["GET /v1/dead-letters"],
    "GET /console/dead-letters/{letter_no}": RULES["GET /v1/dead-letters/{letter_no}"],
    "POST /console/dead-letters/{letter_no}/replay": RULES["POST /v1/dead-letters/{letter_no}/replay"],
    "POST /console/dead-letters/{letter_no}/discard": RULES["POST /v1/dead-letters/{letter_no}/discard"],
    "POST /console/dead-letters/replay": RULES["POST /v1/dead-letters/replay"],
    "POST /console/dead-letters/discard": RULES["POST /v1/dead-letters/discard"],
    "GET /console/days": RULES["GET /v1/business-days/{day}"],
    "GET /console/days/{day}": RULES["GET /v1/business-days/{day}/positions"],
    "POST /console/days/{day}/preview": RULES["POST /v1/business-days/{day}/preview"],
    "POST /console/days/{day}/seal": RULES["POST /v1/business-days/{day}/seal"],
    "GET /console/files": RULES["GET /v1/settlement-files"],
    "GET /console/files/{file_id}/content": RULES["GET /v1/settlement-files/{file_id}/content"],
    "GET /console/files/{file_id}/digest": RULES["GET /v1/settlement-files/{file_id}/digest"],
    "GET /console/files/{file_id}/signature": RULES["GET /v1/settlement-files/{file_id}/signature"],
    "GET /console/acknowledgments": RULES["GET /v1/settlement-files/{file_id}/acknowledgments"],
    "GET /console/reconciliations": RULES["GET /v1/reconciliations"],
    "GET /console/reconciliations/open-breaks": RULES["GET /v1/reconciliations/open-breaks"],
    "GET /console/reconciliations/{run_id}": RULES["GET /v1/reconciliations/{run_id}/breaks"],
    "POST /console/reconciliations/{run_id}/breaks/{break_id}/check": RULES[
        "POST /v1/reconciliations/{run_id}/breaks/{break_id}/check"
    ],
    "POST /console/reconciliations/{run_id}/breaks/{break_id}/level": RULES[
        "POST /v1/reconciliations/{run_id}/breaks/{break_id}/level"
    ],
    "GET /console/holds": _look("transactions:read", OPERATOR, AUDITOR),
    "GET /console/audit": RULES["GET /v1/audit"],
}

SCOPES = frozenset(rule.scope for rule in (*RULES.values(), *PAGES.values()))


class Denial(Enum):
    ROLE = "The role of the caller may not do this."
    SCOPE = "The key or token is narrowed to other scopes than this needs."
    FOREIGN = "This belongs to another institution or bank."


def denial(rule: Rule, principal: Principal, address: dict[str, str]) -> Denial | None:
    """Why a principal may not call a route at an address, None where nothing is against it yet."""
    if principal.role not in rule.roles:
        return Denial.ROLE
    if principal.scopes is not None and rule.scope not in principal.scopes:
        return Denial.SCOPE
    if rule.own is Own.BY_ADDRESS and _is_foreign(principal, address):
        return Denial.FOREIGN
    return None


def _is_foreign(principal: Principal, address: dict[str, str]) -> bool:
    if principal.role is INSTITUTION:
        return address.get("institution") != principal.institution
    return principal.role is BANK and address.get("bank") != principal.bank
