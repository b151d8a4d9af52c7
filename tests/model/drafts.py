"""Drafts of messages, as Hypothesis draws them: which person, how much beside what, which earlier message.

A draft names nothing that only running tells (a balance, an id, a time), so that one draw always means the same draft;
the sequence that sends it makes the message of it.
"""

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Draft = dict[str, Any]

BY_AGENCY = ("contribution", "interest", "adjustment")

rarely = st.integers(0, 9).map(lambda number: number == 9)
often = st.integers(0, 2).map(lambda number: number > 0)


def mostly(usual: str, *unusual: str) -> SearchStrategy[str]:
    """A letter or word of the usual ones; one time in twelve one that is refused."""
    words = usual.split()
    return st.integers(0, 11).flatmap(lambda number: st.sampled_from(unusual if number == 11 else words))


#: Three persons and a stranger; a hospital, a pharmacy and an institution that nobody knows.
persons = mostly("A A A B B C", "?")
institutions = mostly("H H P", "?")
_SPOILT = ("with a wrong number", "another's", "unknown")
cards = mostly("voucher own own with-its-number", *_SPOILT)
debit_cards = mostly("own own with-its-number", *_SPOILT)


def fen(*beside: str) -> SearchStrategy[tuple[str, int]]:
    """A small amount, or one just below, at or above what `beside` says."""
    return st.one_of(st.tuples(st.just(""), st.integers(1, 9)), st.tuples(st.sampled_from(beside), st.integers(-1, 2)))


def maybe(strategy: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


def original(*kinds: str) -> SearchStrategy[tuple[str, int]]:
    """An earlier message: how far back among those of a kind that had an effect, or of all; or one not yet sent."""
    return st.tuples(mostly(" ".join(kinds), "any", "unsent", "unsent"), st.integers(0, 3))


def draft(kind: str, **fields: SearchStrategy[Any]) -> SearchStrategy[Draft]:
    return st.fixed_dictionaries(
        {
            "kind": st.just(kind),
            "person": persons,
            "institution": institutions,
            # Under an id that an earlier message named as its original.
            "is_late": often,
            **fields,
        }
    )


def following(kind: str, *kinds: str, **fields: SearchStrategy[Any]) -> SearchStrategy[Draft]:
    """Of a message that names an earlier one, mostly of the same person."""
    return draft(kind, original=original(*kinds), of_another=rarely, **fields)


_PAYING = {
    "card": cards,
    "amount": fen("own", "own", "own and family", "own, family and debit"),
    "med_type": st.sampled_from([None, "11", "11", "41", "99"]),
    "short_balance": st.sampled_from(["split", "split", "decline"]),
}
_BY_DEBIT_CARD = {"card": debit_cards, "amount": fen("debit")}

_OF_CARE = {
    "insurance_type": st.sampled_from([None, None, "310", "390"]),
    "treatment_id": st.sampled_from([None, None, "T1", "T2"]),
    "costs_more": rarely,
}
payments = draft(
    "payment",
    **_PAYING,
    **_OF_CARE,
    use_mutual_aid=often,
    use_debit=st.booleans(),
    visit=rarely,
    without_account=rarely,
)
authorizations = draft(
    "authorization",
    **{**_PAYING, "institution": mostly("H", "P")},
    expires=mostly("absent 1-day 1-day 5-ms 20-ms 60-ms", "past", "too far"),
)
captures = following("capture", "authorization", amount=maybe(fen("still held")), final=maybe(st.booleans()))
voids = following("void", "authorization")
refunds = following("refund", "payment", "payment", "capture", "purchase", amount=maybe(fen("still refundable")))
reversals = following(
    "reversal",
    "payment",
    "authorization",
    "capture",
    "refund",
    "deposit",
    "withdrawal",
    "purchase",
    "transfer",
    "any-effect",
    "any-effect",
    "any-effect",
)


def undoing(done: Draft) -> Draft:
    """The reversal of the last message of that kind that had an effect."""
    of_whom = {name: done[name] for name in ("person", "institution", "is_late")}
    return {**of_whom, "kind": "reversal", "original": (done["kind"], 0), "of_another": False}


registrations = draft("registration", card=cards)
deposits = draft("deposit", **_BY_DEBIT_CARD)
withdrawals = draft("withdrawal", **_BY_DEBIT_CARD)
purchases = draft("purchase", **_BY_DEBIT_CARD)
transfers = draft("transfer", **_BY_DEBIT_CARD, payee=mostly("B A", "C", "?"))
contributions = draft("contribution", amount=fen("own"))
interest = draft("interest", amount=fen("own"))
adjustments = draft("adjustment", amount=fen("own"), direction=st.sampled_from(["credit", "debit"]))
#: What a sequence begins with, so that there is something to follow up.
openings = st.tuples(authorizations, payments, st.one_of(authorizations, purchases, deposits), payments).map(list)
#: An earlier message again, as it was or with one field changed.
_back = st.integers(0, 9)
repeats = st.fixed_dictionaries({"kind": st.just("repeat"), "back": _back})
conflicts = st.fixed_dictionaries({"kind": st.just("conflict"), "back": _back, "change": st.integers(0, 9)})

follow_ups = st.one_of(captures, captures, voids, refunds, refunds, reversals, reversals)
any_draft = st.one_of(
    payments, authorizations, purchases, deposits, withdrawals, transfers, registrations, contributions, interest,
    adjustments, follow_ups, follow_ups, follow_ups, repeats, conflicts,
)  # fmt: skip
