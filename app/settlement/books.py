"""What a batch is decided upon: the accounts, registers and earlier settlements that its messages touch.

Read once under lock, then changed message by message, so that each is decided on what its predecessors leave.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime

import msgspec

from app.ledger.accounts import CARRY_OVER_ACCOUNT, Account
from app.ledger.posting import Transfer
from app.parties.card_check import RegisteredCard
from app.settlement.messages import MessageKey
from app.settlement.records import Recorded
from app.settlement.rules import RegionRule


class RegisteredInstitution(msgspec.Struct, frozen=True, gc=False):
    account_id: int
    kind: str
    state: str


class Hold(msgspec.Struct, gc=False):
    """An authorization's hold. `held`: fen that count against the balance now, 0 once it is not open."""

    message_key: MessageKey
    account_id: int
    bucket: int
    amount: int
    held: int
    expires_at: datetime
    state: str


class Returns(msgspec.Struct, gc=False):
    """How much of a settlement of `amount` fen went back: of each of its parts in order, cash last."""

    message_key: MessageKey
    amount: int
    by_part: list[int]
    is_reversed: bool

    @property
    def returned(self) -> int:
        return sum(self.by_part)


class PharmacyDay(msgspec.Struct, gc=False):
    """What a person paid of account money at pharmacies on the business day: fen, and in how many payments."""

    account_id: int
    paid: int = 0
    payments: int = 0


@dataclass(slots=True, kw_only=True)
class Books:
    """`personal` by person, `debit` by "bank/person". What is listed last is empty for plain payments."""

    business_day: date
    now: datetime
    rules: Mapping[str, RegionRule]
    personal: dict[str, Account]
    debit: dict[str, Account] = field(default_factory=dict)
    institutions: dict[str, RegisteredInstitution] = field(default_factory=dict)
    cards: dict[str, RegisteredCard] = field(default_factory=dict)
    #: What stands under a message key: settled before, or by this batch.
    recorded: dict[MessageKey, Recorded] = field(default_factory=dict)
    #: Open grants by beneficiary: the granters' personal accounts in the order of use.
    granters: Mapping[str, Sequence[Account]] = field(default_factory=dict)
    #: Persons whose insurance is suspended, in regions where they may not spend meanwhile.
    suspended: Set[str] = frozenset()
    pharmacy_days: dict[int, PharmacyDay] = field(default_factory=dict)
    #: Keys that messages of this batch name as their original.
    originals: Set[MessageKey] = frozenset()
    transfers: dict[MessageKey, Sequence[Transfer]] = field(default_factory=dict)
    holds: dict[MessageKey, Hold] = field(default_factory=dict)
    returns: dict[MessageKey, Returns] = field(default_factory=dict)
    #: Reversed before they came; what is recorded of them since stands in `recorded`.
    tombstones: set[MessageKey] = field(default_factory=set)
    _by_id: dict[int, Account] = field(default_factory=dict)

    def rule_of(self, account: Account) -> RegionRule:
        """That of the account's region, else that of all regions without one of their own."""
        return self.rules.get(account.terms) or self.rules[""]

    def account(self, account_id: int) -> Account | None:
        """A kept account of this batch; None where it is derived. All that an original touched are here."""
        if not self._by_id:
            self._by_id = {each.account_id: each for each in (*self.personal.values(), *self.debit.values())}
        return self._by_id.get(account_id)

    def original_parts(self, key: MessageKey) -> list[Transfer]:
        """The movements of an original in the order of their legs; not what the year's end carried over."""
        return [
            transfer
            for transfer in self.transfers.get(key, ())
            if CARRY_OVER_ACCOUNT not in (transfer.debit_account, transfer.credit_account)
        ]
