"""What the transactions of the interface work with, and the one way from them into the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from app.codes import Code
from app.database import Connection, Pool, transaction
from app.national.envelope import Request, Stamp
from app.national.failure import Failed
from app.national.regions import Region, Regions
from app.national.signers import Signers
from app.parties.vault import Vault
from app.settlement.decoding import read_fields
from app.settlement.group_commit import GroupCommit
from app.settlement.isolate import Refusal
from app.settlement.messages import Malformed, Message
from app.settlement.records import Answer
from app.settlement.rules import RuleBook
from app.settlement.settle import quote


@dataclass(frozen=True, slots=True)
class Platform:
    """database_url: for what works over connections of its own."""

    pool: Pool
    group_commit: GroupCommit
    rules: RuleBook
    vault: Vault
    regions: Regions
    signers: Signers
    database_url: str = field(repr=False)

    async def today(self) -> date:
        async with transaction(self.pool) as connection:
            return await self.rules.today(connection)


class Call(NamedTuple):
    """One transaction that is asked for, and the region in whose way it is answered."""

    platform: Platform
    request: Request
    region: Region

    def node(self, *names: str) -> Any:
        """A node of the input under the names of the tables."""
        return self.region.read_names(self.request.infno, self.request.node(*names))


class Reply(NamedTuple):
    """stamp: of the settlement that it tells of; None where it tells of nothing recorded. looks_at: whose balance it
    shows beside any settlement of the institution's own."""

    output: Mapping[str, Any]
    stamp: Stamp | None = None
    warning: str = ""
    looks_at: str | None = None


class Download(NamedTuple):
    """A reply that is a file, and no envelope."""

    content: bytes
    filename: str


_STATE = "SELECT state FROM parties.institutions WHERE institution = $1"


async def require_active(connection: Connection, institution: str) -> None:
    """For calls that no message is settled for, which would ask it. Raises Failed."""
    state = await connection.fetchval(_STATE, institution)
    if state != "active":
        raise Failed(Code.INSTITUTION_UNKNOWN if state is None else Code.INSTITUTION_BLOCKED)


#: What a field of a message is called in the interface.
_NAMES = {
    "/institution": "fixmedins_code", "/message_id": "msgid", "/person_no": "psn_no", "/amount": "medfee_sumamt",
    "/total_fee": "medfee_sumamt", "/med_type": "med_type", "/card/card_no": "mdtrt_cert_no",
    "/card/card_sn": "card_sn", "/original_message_id": "omsgid", "/treatment_id": "mdtrt_id",
    "/insurance_type": "insutype",
}  # fmt: skip


def message_of(request: Request, **fields: Any) -> Message:
    """A message by the rules of every other way in. Its metadata tells a repeat from other content. Raises Failed."""
    metadata = {"infno": request.infno, "input": request.digest, **fields.pop("metadata", {})}
    decoded = read_fields(
        {"institution": request.institution, "message_id": request.msgid, "metadata": metadata, **fields}
    )
    if isinstance(decoded, Malformed):
        name = _NAMES.get(decoded.pointer)
        raise Failed(decoded.code, f"{name or decoded.pointer.lstrip('/')}: {decoded.detail}")
    return decoded


def card_of(data: Mapping[str, Any]) -> dict[str, str]:
    """The card of a message. Tokens and citizen numbers end here."""
    if data["mdtrt_cert_type"] != "03":
        return {"cert_type": data["mdtrt_cert_type"]}
    card = {"cert_type": "03", "card_no": card_no(data["mdtrt_cert_no"] or "")}
    return card | ({"card_sn": data["card_sn"]} if data["card_sn"] else {})


def card_no(cert_no: str) -> str:
    """In some areas the card's number is followed by a mark and what a reader told."""
    return cert_no.partition("|")[0]


async def settle(platform: Platform, message: Message) -> Answer:
    """By the one posting path. Raises Failed for whatever did not settle, Overloaded, DatabaseUnavailable."""
    answer = await answered(platform, message)
    if answer.status not in ("settled", "reversed"):
        raise DeclinedAnswer(answer)
    return answer


async def answered(platform: Platform, message: Message) -> Answer:
    """The same, declined or not."""
    (reply,) = await platform.group_commit.settle([message])
    if isinstance(reply, Refusal):
        raise Failed(Code.REFUSED_BY_DATABASE)
    return _not_conflicting(reply.answer)


async def quoted(platform: Platform, message: Message) -> Answer:
    """What settling would come to. Raises Failed, DatabaseUnavailable."""
    answer = _not_conflicting(await quote(platform.pool, message, rules=platform.rules))
    if answer.status != "settled":
        raise DeclinedAnswer(answer)
    return answer


class DeclinedAnswer(Failed):
    """What was recorded as declined or rejected; asked again it is the same."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(Code(answer.code))
        self.stamp = stamp_of(answer)


def stamp_of(answer: Answer) -> Stamp:
    return Stamp.of_settlement(answer.settled_at, answer.row.settlement_id)


def _not_conflicting(answer: Answer) -> Answer:
    if answer.conflict is not None:
        differing = ", ".join(answer.conflict.differing_fields)
        raise Failed(Code.MESSAGE_CONFLICT, f"msgid was used for other content ({differing}); nothing was done.")
    return answer
