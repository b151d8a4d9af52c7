"""Money that the agency moves: in to a frozen account too, and back out of one; a closed one is closed."""

from app.codes import Code
from app.ledger.accounts import FUND_ACCOUNT
from app.settlement.books import Books
from app.settlement.decide.decision import (
    CarryOver,
    Decision,
    Movement,
    accumulated_of,
    declined,
    pay_out_of,
    short_of_funds,
)
from app.settlement.messages import Message


def decide_for_agency(message: Message, books: Books) -> Decision:
    """Contribution, retiree credit, claw-back, adjustment, interest and the year's end."""
    account = books.personal.get(message.person_no)
    if account is None:
        return declined(Code.PERSON_UNKNOWN)
    if account.state == "closed":
        return declined(Code.ACCOUNT_CLOSED)
    if message.kind == "carry_over":
        return Decision("settled", Code.OK, effects=(CarryOver(account),), tells_balance_of=account)
    if not takes_out(message):
        credit = Movement(FUND_ACCOUNT, account, message.amount, accumulated=message.kind == "interest")
        return Decision("settled", Code.OK, movements=(credit,), tells_balance_of=account)
    if account.available < message.amount:
        return short_of_funds(account)
    movements = pay_out_of(account, FUND_ACCOUNT, message.amount, books)
    return Decision(
        "settled",
        Code.OK,
        account_paid=message.amount,
        accumulated_paid=accumulated_of(movements, account),
        movements=movements,
        tells_balance_of=account,
    )


def takes_out(message: Message) -> bool:
    """Whether a settled message of the agency takes money out of the account."""
    return message.kind == "claw_back" or message.direction == "debit"
