"""Why a transaction of the national interface fails: a code of the catalogue and a clear sentence, for err_msg."""

from app.codes import CATALOGUE, Code

_ERR_MSG_MAX = 200

#: What to do, in the words of the interface, where the catalogue speaks of another way in.
_REMEDIES = {
    Code.INVALID_AMOUNT: "Send yuan with at most two decimals.",
    Code.MESSAGE_CONFLICT: "Send new content under a new msgid.",
    Code.ORIGINAL_NOT_FOUND: "Check the numbers; ask by 5203.",
    Code.TRANSACTION_NOT_FOUND: "Check the numbers.",
    Code.RECONCILIATION_UNKNOWN: "Ask for one by 3202.",
    Code.UPLOAD_UNKNOWN: "Send the file by 9101.",
    Code.PERSON_UNKNOWN: "Ask for the person by 1101.",
}


class Failed(Exception):
    """Nothing was done, or what was done is recorded as declined. The detail holds no personal data.

    remedy: what to do, where this failure knows better than its code.
    """

    def __init__(self, code: Code, detail: str = "", *, remedy: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.remedy = remedy

    @property
    def err_msg(self) -> str:
        """At most 200 characters: the code, what is wrong, and what to do where there is room for it."""
        entry = CATALOGUE[self.code]
        said = f"[{self.code}] {self.detail or entry.meaning}"
        more = f"{said} {self.remedy or _REMEDIES.get(self.code, entry.remedy)}"
        return more if len(more) <= _ERR_MSG_MAX else said[:_ERR_MSG_MAX]
