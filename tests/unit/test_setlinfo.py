"""The sums of the interface in whatever it tells of a settlement, and the words in which totals differ."""

from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest
from app.clearing.reconciliation.runs import Run
from app.clearing.reconciliation.scope import Scope, Stated, Sums, differences
from app.national.failure import Failed
from app.national.platform import Call
from app.national.reconciling import result_of
from app.national.regions import Region, read_regions
from app.national.setlinfo import SCOPE, Told, amounts, check_sums, setldetail, setlinfo
from app.settlement.records import FUND_RETURNED, Settlement
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.made_receipts import settlement

NOW = datetime(2026, 11, 24, 3, 4, 5, tzinfo=UTC)
INSIDE = read_regions().of("")
BESIDE = replace(INSIDE, mutual_aid="beside")


def call(region: Region) -> Call:
    return Call(None, None, region)  # type: ignore[arg-type]


fen = st.integers(0, 10**12)


@st.composite
def payments(draw: st.DrawFn) -> Settlement:
    account, aid, debit, cash, funds = (draw(fen) for _ in range(5))
    amount = account + aid + debit + cash
    first, second, third = (draw(st.integers(0, amount + funds)) // 3 for _ in range(3))
    scope = draw(st.sampled_from([None, [first, second, third, amount + funds - first - second - third], [1, 2, 3, 4]]))
    return settlement(
        0, kind="payment", amount=amount, account_paid=account, accumulated_paid=0, mutual_aid_paid=aid,
        debit_paid=debit, cash_due=cash,
        particulars=orjson.dumps({"total_fee": amount + funds, "treatment_id": "T1"}).decode(),
        metadata=orjson.dumps({} if scope is None else {"scope": scope}).decode(),
    )  # fmt: skip


@given(payments(), st.sampled_from([INSIDE, BESIDE]), st.data())
def test_the_sums_hold_for_every_payment_and_refund(payment: Settlement, region: Region, data: st.DataObject) -> None:
    told = amounts(call(region), Told(payment, NOW))
    check_sums(told, beside=region is BESIDE)
    assert told["medfee_sumamt"] == orjson.loads(payment.particulars or "")["total_fee"]
    back = {name: data.draw(st.integers(0, getattr(payment, name))) for name in (
        "account_paid", "mutual_aid_paid", "debit_paid", "cash_due"
    )}  # fmt: skip
    funds = told["fund_pay_sumamt"] if sum(back.values()) == payment.amount else 0
    refund = replace(payment, kind="refund", particulars=orjson.dumps({FUND_RETURNED: funds}).decode(), **back)
    returned = amounts(call(region), Told(refund, NOW, payment))
    check_sums(returned, beside=region is BESIDE)
    assert returned["psn_part_amt"] == -sum(back.values())
    if sum(back.values()) == payment.amount:
        assert {**returned, "balc": 0} == {name: -fen if name != "balc" else 0 for name, fen in told.items()}


@pytest.mark.parametrize("name", ["medfee_sumamt", "fund_pay_sumamt", "psn_part_amt", "acct_pay", "psn_cash_pay",
                                  "hosp_part_amt", *SCOPE])  # fmt: skip
def test_a_reply_whose_sums_do_not_hold_does_not_leave(name: str) -> None:
    told = amounts(call(INSIDE), Told(settlement(0), NOW))
    with pytest.raises(Failed, match="sums"):
        check_sums({**told, name: told[name] + 1}, beside=False)


@pytest.mark.parametrize("scope", [["1", "2", "3", "4"], [999.5, 0.5, 0, 0], [True, 999, 0, 0], [None] * 4, [[]] * 4])
def test_a_scope_that_is_no_fen_is_not_told(scope: list[Any]) -> None:
    """Of a message that came another way, whose metadata are whatever its sender likes."""
    row = settlement(0, metadata=orjson.dumps({"scope": scope}).decode())
    told = amounts(call(INSIDE), Told(row, NOW))
    assert {name: told[name] for name in SCOPE} == {
        **dict.fromkeys(SCOPE, 0), "inscp_scp_amt": told["medfee_sumamt"]
    }  # fmt: skip


def test_a_settlement_is_told_whole() -> None:
    row = settlement(
        0, cert_type="01", card_no=None, card_sn=None, med_type="41", particulars='{"treatment_id":"T1"}', metadata=None
    )
    info = setlinfo(call(INSIDE), Told(row, NOW), {"psn_no": "P1"})
    said = {name: str(info[name]) for name in ("setl_id", "mdtrt_id", "setl_time", "clr_type", "insutype", "acct_pay")}
    assert said == {
        "setl_id": row.settlement_id, "mdtrt_id": "T1", "setl_time": "2026-11-24 11:04:05", "clr_type": "41",
        "insutype": "310", "acct_pay": "7.00",
    }  # fmt: skip
    [paid] = setldetail(amounts(call(INSIDE), Told(row, NOW)))
    assert (paid["fund_pay_type"], str(paid["fund_payamt"])) == ("310200", "7.00")
    cash = replace(row, account_paid=0, accumulated_paid=0, cash_due=1_000)
    assert setldetail(amounts(call(INSIDE), Told(cash, NOW))) == []


# Totals


def run(ours: Sums, **stated: Any) -> Run:
    said = Stated(**stated)
    scope = Scope("H00000000001", date(2026, 11, 22), date(2026, 11, 22))
    return Run(1, "totals", "ok", scope, said, None, ours, None, not differences(said, ours), None, "", NOW, NOW, None)


@pytest.mark.parametrize(
    ("stated", "short", "wide"),
    [
        ({"medfee": 100, "settlements": 2}, "0", "000000"),
        ({"medfee": 90, "settlements": 1}, "1", "000101"),
        ({"medfee": 110, "settlements": 3}, "2", "000102"),
        ({"medfee": 99, "settlements": 2}, "3", "000103"),
        ({"medfee": 99}, "3", "000103"),
    ],
)
def test_the_result_of_totals_is_said_in_the_region_s_width(stated: dict[str, int], short: str, wide: str) -> None:
    compared = run(Sums(100, 0, 100, 0, 2), **stated)
    assert result_of(compared, INSIDE) == short
    assert result_of(compared, replace(INSIDE, stmt_rslt="long")) == wide
