from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.authorisation_relation import (
    AuthorisationRelation,
    check_authorisation_relation,
)

T = TypeVar("T", bound="Authorisation")


@_attrs_define
class Authorisation:
    """relation: what the granter is to the beneficiary.

    Attributes:
        beneficiary (str):
        granter (str):
        relation (AuthorisationRelation):
    """

    beneficiary: str
    granter: str
    relation: AuthorisationRelation

    def to_dict(self) -> dict[str, Any]:
        beneficiary = self.beneficiary

        granter = self.granter

        relation: str = self.relation

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "beneficiary": beneficiary,
                "granter": granter,
                "relation": relation,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        beneficiary = d.pop("beneficiary")

        granter = d.pop("granter")

        relation = check_authorisation_relation(d.pop("relation"))

        authorisation = cls(
            beneficiary=beneficiary,
            granter=granter,
            relation=relation,
        )

        return authorisation
