"""What the checks read of the column `particulars`, as SQL of a row `s`.

Read by patterns and not as JSON: what was tampered with must end in a finding, and a cast of it would end in an error.
No text within can hold a quotation mark (`app.settlement.messages.ID_CHARACTER`), so a name stands where it is found.
"""

_TEXT = "[A-Za-z0-9._:@=+*-]*"
_FEN = "[0-9]{1,19}"
_CLASS = "[0-9]{3,6}/[0-9]{2}"
_MEMBER = rf'"[a-z_.]+":("({_TEXT}|{_CLASS})"|true|false|{_FEN}|\[{_FEN}(,{_FEN})*\])'

#: The shape of all that `records.particulars_text` writes.
SHAPE = rf"^\{{{_MEMBER}(,{_MEMBER})*\}}$"

#: The message id of the original that the message names.
ORIGINAL = f"""substring(s.particulars FROM '"original_message_id":"({_TEXT})"')"""


def text_of(name: str, alias: str = "s") -> str:
    return f"""substring({alias}.particulars FROM '"{name}":"({_TEXT})"')"""


def fen_of(name: str) -> str:
    """An array of fen as numbers, NULL where there is none."""
    return rf"""string_to_array(substring(s.particulars FROM '"{name}":\[((?:{_FEN},)*{_FEN})\]'), ',')::numeric[]"""


def tells(name: str) -> str:
    """Whether the particulars have a member of this name; false where there are none."""
    return f"""coalesce(s.particulars LIKE '%"{name}":%', false)"""


#: Whether money of the agency's leaves the account.
DEBITS = f"""(s.kind = 'claw_back' OR s.kind = 'adjustment' AND {text_of("direction")} IS NOT DISTINCT FROM 'debit')"""

#: Settlements that name an original and took effect, or found nothing to reverse, with what they name.
FOLLOWERS = f"""
    SELECT
        s.*, {ORIGINAL} AS original, {fen_of("returned")} AS returned, {tells("is_release")} AS is_release,
        {tells("final")} AS is_final, s.kind = 'reversal' AND s.code = 'ok' AS reverses
    FROM settlement.settlements AS s
    WHERE s.kind IN ('capture', 'void', 'refund', 'reversal') AND s.status IN ('settled', 'reversed')
        AND s.code <> 'original_not_found'
"""  # noqa: S608
