"""What may become of a card, of its debit application and of a personal account: every event in every state. Pure.

An event leads to a new state; or finds that it is so already, which is success, since a clerk or a system asks again
when it does not know; or is refused. What a table does not name is refused.

Decisions that the tables hold:
- A loss remembers what stood before it (issued, active, pin_locked), and a recovery restores just that: reporting a
  card and recovering it opens no locked PIN. A formal loss may follow a temporary one and keeps its memory.
- replaced and cancelled are ends. An expired card can still be replaced or cancelled.
- A card of which only a temporary loss is known is not replaced: the formal, written report comes first.
- A frozen account stays frozen when a card is activated and is unfrozen before it is closed. Unfreezing restores
  dormant if it was frozen dormant and no card of the person was activated meanwhile, else normal.
- Loss does not touch the flag of the debit application. It can be used only while the card is active.
"""

from app.codes import Code
from app.errors import Refused

# Stand in the tables where a state stands, and are none.
_ALREADY = "already so"
_RESTORED = "what stood before"

_Table = dict[str, dict[str, str]]

_CARD: _Table = {
    "issued": {
        "activate": "active",
        "report_temporary_loss": "temp_lost",
        "report_loss": "lost",
        "recover": _ALREADY,
        "replace": "replaced",
        "cancel": "cancelled",
        "expire": "expired",
    },
    "active": {
        "activate": _ALREADY,
        "report_temporary_loss": "temp_lost",
        "report_loss": "lost",
        "recover": _ALREADY,
        "lock_pin": "pin_locked",
        "unlock_pin": _ALREADY,
        "replace": "replaced",
        "cancel": "cancelled",
        "expire": "expired",
    },
    "temp_lost": {
        "report_temporary_loss": _ALREADY,
        "report_loss": "lost",
        "recover": _RESTORED,
        "cancel": "cancelled",
        "expire": "expired",
    },
    "lost": {
        "report_temporary_loss": _ALREADY,
        "report_loss": _ALREADY,
        "recover": _RESTORED,
        "replace": "replaced",
        "cancel": "cancelled",
        "expire": "expired",
    },
    "pin_locked": {
        "report_temporary_loss": "temp_lost",
        "report_loss": "lost",
        "recover": _ALREADY,
        "lock_pin": _ALREADY,
        "unlock_pin": "active",
        "replace": "replaced",
        "cancel": "cancelled",
        "expire": "expired",
    },
    "replaced": {"replace": _ALREADY},
    "cancelled": {"cancel": _ALREADY},
    "expired": {"replace": "replaced", "cancel": "cancelled", "expire": _ALREADY},
}
#: A card that is not at an end. It can come back, so the person gets no second one beside it.
STANDING = tuple(state for state, events in _CARD.items() if events.get("expire") == "expired")
LOSSES = ("temp_lost", "lost")
_BEFORE_LOSS = ("issued", "active", "pin_locked")

_DEBIT_APPLICATION: _Table = {
    "off": {"switch_on": "on", "switch_off": _ALREADY, "close": "closed"},
    "on": {"switch_on": _ALREADY, "switch_off": "off", "close": "closed"},
    "closed": {"close": _ALREADY},
}
#: In any other the application is not switched on: the holder must show a card that is good.
_CARD_STATES_TO_SWITCH_ON = ("issued", "active")

_ACCOUNT: _Table = {
    "dormant": {"activate": "normal", "freeze": "frozen", "unfreeze": _ALREADY, "close": "closed"},
    "normal": {"activate": _ALREADY, "freeze": "frozen", "unfreeze": _ALREADY, "close": "closed"},
    "frozen": {"activate": _ALREADY, "freeze": _ALREADY, "unfreeze": _RESTORED},
    "closed": {"close": _ALREADY},
}


def card_after(state: str, event: str, *, kind: str = "social_security", before_loss: str | None = None) -> str | None:
    """The card's next state, or None where it is so already. Raises Refused (illegal_transition)."""
    if kind == "medical" and event == "activate":
        raise _refused("An old medical card has no application to activate.")
    after = _after(_CARD, "A card", state, event)
    if after != _RESTORED:
        return after
    # A card that was loaded as lost has no memory; it was in use when it was lost.
    return before_loss if before_loss in _BEFORE_LOSS else "active"


def debit_application_after(application: str, event: str, *, card_state: str, kind: str) -> str | None:
    """The application's next state, or None where it is so already. Raises Refused (illegal_transition)."""
    if kind == "medical":
        raise _refused("An old medical card has no debit application.")
    after = _after(_DEBIT_APPLICATION, "A debit application", application, event)
    if after == "on" and card_state not in _CARD_STATES_TO_SWITCH_ON:
        raise _refused(f"A card in state {card_state} does not allow switch_on of its debit application.")
    return after


def debit_application_of_ended(application: str, kind: str) -> str:
    """Where the application of a card ends that is replaced or cancelled."""
    return application if kind == "medical" else "closed"


def debit_usable(card_state: str, debit_application: str) -> bool:
    return card_state == "active" and debit_application == "on"


def account_after(
    state: str, event: str, *, frozen_from: str | None = None, has_activated_card: bool = False
) -> str | None:
    """The personal account's next state, or None where it stays. Raises Refused (illegal_transition)."""
    after = _after(_ACCOUNT, "An account", state, event)
    if after != _RESTORED:
        return after
    return "dormant" if frozen_from == "dormant" and not has_activated_card else "normal"


def _after(table: _Table, what: str, state: str, event: str) -> str | None:
    after = table[state].get(event)
    if after is None:
        raise _refused(f"{what} in state {state} does not allow {event}.")
    return None if after == _ALREADY else after


def _refused(detail: str) -> Refused:
    return Refused(Code.ILLEGAL_TRANSITION, detail)
