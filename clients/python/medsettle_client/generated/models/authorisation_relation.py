from typing import Literal

AuthorisationRelation = Literal["child", "grandchild", "grandparent", "parent", "sibling", "spouse"]

AUTHORISATION_RELATION_VALUES: set[AuthorisationRelation] = {
    "child",
    "grandchild",
    "grandparent",
    "parent",
    "sibling",
    "spouse",
}


def check_authorisation_relation(value: str) -> AuthorisationRelation:
    if value in AUTHORISATION_RELATION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {AUTHORISATION_RELATION_VALUES!r}")
