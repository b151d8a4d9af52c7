"""Who calls: a role, and the institution or bank that the role is bound to."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    INSTITUTION = "institution"
    BANK = "bank"
    AGENCY = "agency"
    OPERATOR = "operator"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Principal:
    """name: who stands in events and the audit log. credential: the key or token that proved it, without its secret.

    institution is set for that role alone, and bank for that one. scopes None: all that the role allows.
    """

    role: Role
    name: str
    credential: str
    institution: str | None = None
    bank: str | None = None
    scopes: frozenset[str] | None = None

    def __post_init__(self) -> None:
        if (self.role is Role.INSTITUTION) != (self.institution is not None):
            raise ValueError("an institution's principal, and no other, names its institution")
        if (self.role is Role.BANK) != (self.bank is not None):
            raise ValueError("a bank's principal, and no other, names its bank")

    def is_held_from_bank(self, bank: str) -> bool:
        """Whether what belongs to this bank is another's."""
        return self.bank is not None and self.bank != bank

    def is_held_from(self, institution: str) -> bool:
        """Whether what belongs to this institution is another's."""
        return self.institution is not None and self.institution != institution
