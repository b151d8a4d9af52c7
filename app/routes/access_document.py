"""The OpenAPI side of access: who may call each route, out of the table that the guard enforces."""

from copy import deepcopy
from typing import Any

from app.access.policy import RULES
from app.access.principal import Role

_SCHEMES = {
    "api_key": {"type": "http", "scheme": "bearer", "description": "An API key, `mds_…`; see docs/security.md."},
    "token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An OAuth2 access token of the issuer that the operator trusts, with the role as a claim.",
    },
}


def describe_access(document: dict[str, Any]) -> None:
    document["components"]["securitySchemes"] = _SCHEMES
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            rule = RULES.get(f"{method.upper()} {path}")
            if rule is None:
                operation["security"] = []
                continue
            operation["security"] = [{scheme: [rule.scope]} for scheme in _SCHEMES]
            roles = f"Roles: {', '.join(role for role in Role if role in rule.roles)}."
            told = operation.get("description")
            operation["description"] = f"{told}\n\n{roles}" if told else roles
            operation["responses"].update(deepcopy(_REFUSED))
            if "requestBody" in operation:
                operation["responses"]["408"] = _refusal("The rest of the request did not come in time. Send it again.")


def _refusal(meaning: str) -> dict[str, Any]:
    return {
        "description": meaning,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


_REFUSED = {
    "401": {
        **_refusal("No key, or one that is not good."),
        "headers": {"WWW-Authenticate": {"description": "RFC 6750", "schema": {"type": "string"}}},
    },
    "429": {
        **_refusal("This client sends more than it may."),
        "headers": {
            "Retry-After": {"description": "seconds", "schema": {"type": "integer"}},
            "RateLimit": {"description": "What is left of the limit", "schema": {"type": "string"}},
            "RateLimit-Policy": {"description": "The limit", "schema": {"type": "string"}},
        },
    },
    "403": _refusal("Not for this caller: another role or scope, or it is another's. See `code`."),
}
