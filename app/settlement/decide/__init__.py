"""What a message comes to, given what the books say at this moment. Pure: no I/O, no clock, nothing is changed.

One module a family of kinds; what each kind does is told in docs/transactions.md.
"""

from collections.abc import Callable, Mapping

from app.settlement.books import Books
from app.settlement.decide.agency import decide_for_agency
from app.settlement.decide.debit_application import decide_deposit, decide_spending, decide_transfer
from app.settlement.decide.decision import Decision
from app.settlement.decide.first_use import decide_registration
from app.settlement.decide.holds import decide_authorization, decide_capture, decide_void
from app.settlement.decide.payment import decide_payment
from app.settlement.decide.refund import decide_refund
from app.settlement.decide.reversal import decide_reversal
from app.settlement.messages import Message


def decide(message: Message, books: Books) -> Decision:
    """Decide one message whose key is not taken."""
    return _BY_KIND[message.kind](message, books)


_BY_KIND: Mapping[str, Callable[[Message, Books], Decision]] = {
    "payment": decide_payment,
    "registration": decide_registration,
    "authorization": decide_authorization,
    "capture": decide_capture,
    "void": decide_void,
    "refund": decide_refund,
    "reversal": decide_reversal,
    "deposit": decide_deposit,
    "withdrawal": decide_spending,
    "purchase": decide_spending,
    "transfer": decide_transfer,
    "contribution": decide_for_agency,
    "retiree_credit": decide_for_agency,
    "claw_back": decide_for_agency,
    "adjustment": decide_for_agency,
    "carry_over": decide_for_agency,
    "interest": decide_for_agency,
}
