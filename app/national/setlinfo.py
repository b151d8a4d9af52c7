"""`setlinfo`: a settlement of the ledger as the interface tells it. Pure.

This service settles the person's share. What the care cost beyond it, where a message says so, is told as paid by the
funds. The sums of the interface hold in every reply, and are checked before it leaves:

    medfee_sumamt = fund_pay_sumamt + psn_part_amt + hosp_part_amt
    psn_part_amt  = acct_pay + psn_cash_pay        (+ acct_mulaid_pay, where the region tells it beside acct_pay)
    medfee_sumamt = fulamt_ownpay_amt + overlmt_selfpay + preselfpay_amt + inscp_scp_amt
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from app.codes import Code
from app.national import tables
from app.national.failure import Failed
from app.national.fields import write
from app.national.platform import Call
from app.settlement.clearing_class import clearing_class
from app.settlement.records import FUND_RETURNED, Settlement

SCOPE = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
#: What the interface has a word for.
TOLD_KINDS = frozenset({"payment", "capture", "refund"})

_BY_ITEM = "1"  # clr_way
_ACCOUNT = ("310200", "个人账户基金")  # fund_pay_type and its name


class Told(NamedTuple):
    """A settlement with the one that it gives back, which tells of the visit."""

    row: Settlement
    settled_at: datetime
    original: Settlement | None = None

    @property
    def gives_back(self) -> bool:
        return self.row.kind == "refund"

    @property
    def visit(self) -> Settlement:
        """The row that tells for which care it is."""
        return self.original or self.row


def setlinfo(call: Call, told: Told, person: Mapping[str, Any], *, is_recorded: bool = True) -> dict[str, Any]:
    """`person`: of `person_fields`. is_recorded: a pre-settlement has no setl_id."""
    row, visit = told.row, told.visit
    particulars = particulars_of(visit)
    cleared = clearing_class(row)
    values = {
        **person,
        **amounts(call, told),
        "mdtrt_id": particulars_of(row).get("treatment_id") or particulars.get("treatment_id"),
        "setl_id": row.settlement_id if is_recorded else None,
        "insutype": cleared.insurance_type,
        "cvlserv_flag": "0",
        "setl_time": told.settled_at,
        "mdtrt_cert_type": visit.cert_type,
        "med_type": visit.med_type,
        "medins_setl_id": row.message_id,
        "clr_way": _BY_ITEM,
        "clr_type": cleared.clearing_type,
    }
    check_sums(values, beside=call.region.mutual_aid == "beside")
    return write(tables.SETLINFO, values)


def setldetail(info: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What each fund paid, in the fen of `amounts`; the account alone."""
    paid = info["acct_pay"]
    if not paid:
        return []
    kind, name = _ACCOUNT
    return [write(tables.SETLDETAIL, {"fund_pay_type": kind, "fund_payamt": paid, "fund_pay_type_name": name})]


def amounts(call: Call, told: Told) -> dict[str, int]:
    """Fen, below zero where money goes back."""
    row = told.row
    sign = -1 if told.gives_back else 1
    share = row.account_paid + row.mutual_aid_paid + row.debit_paid + row.cash_due
    funds = _funds(row)
    beside = call.region.mutual_aid == "beside"
    signed = {
        **_scope(told, share + funds),
        "medfee_sumamt": share + funds,
        "fund_pay_sumamt": funds,
        "oth_pay": funds,
        "psn_part_amt": share,
        "acct_pay": row.account_paid if beside else row.account_paid + row.mutual_aid_paid,
        "acct_mulaid_pay": row.mutual_aid_paid,
        "psn_cash_pay": row.debit_paid + row.cash_due,
        "hosp_part_amt": 0,
    }
    return {name: sign * fen for name, fen in signed.items()} | {"balc": row.balance_after or 0}


def check_sums(values: Mapping[str, Any], *, beside: bool) -> None:
    """Raises Failed (internal_error): the reply does not leave."""
    share = values["acct_pay"] + values["psn_cash_pay"] + (values["acct_mulaid_pay"] if beside else 0)
    holds = (
        values["medfee_sumamt"] == values["fund_pay_sumamt"] + values["psn_part_amt"] + values["hosp_part_amt"]
        and values["psn_part_amt"] == share
        and values["medfee_sumamt"] == sum(values[name] for name in SCOPE)
    )
    if not holds:
        raise Failed(Code.INTERNAL_ERROR, "The sums of the reply do not hold; ask by 5203 what was settled.")


def particulars_of(row: Settlement) -> dict[str, Any]:
    return {} if row.particulars is None else dict(orjson.loads(row.particulars))


def metadata_of(row: Settlement) -> dict[str, Any]:
    return {} if row.metadata is None else dict(orjson.loads(row.metadata))


def _funds(row: Settlement) -> int:
    """What the care cost beyond the person's share, and what of it went back."""
    particulars = particulars_of(row)
    if row.kind == "payment" and "total_fee" in particulars:
        return int(particulars["total_fee"]) - row.amount
    return int(particulars.get(FUND_RETURNED, 0))


def _scope(told: Told, medfee: int) -> dict[str, int]:
    """How the institution split the fee by what the insurance covers; unsaid, or of a part, all of it is in scope.

    The metadata of a message that came another way may hold anything.
    """
    said = metadata_of(told.visit).get("scope")
    if not isinstance(said, list) or any(type(fen) is not int for fen in said):
        said = []
    if len(said) == len(SCOPE) and sum(said) == medfee:
        return dict(zip(SCOPE, said, strict=True))
    return {**dict.fromkeys(SCOPE, 0), "inscp_scp_amt": medfee}
