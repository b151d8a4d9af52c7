"""The text form of a payment file, for banks that read lines. `docs/contract/settlement-file.md` tells banks."""

from collections.abc import Iterable
from hashlib import sha256

from app.clearing.files.characters import encoded, text_field
from app.clearing.files.payment import PaymentHead, PaymentLine


class TextForm:
    """Fields between `|`, lines that end with LF: H, the head; L, a line each; T with the SHA-256 of what is before."""

    def __init__(self, head: PaymentHead) -> None:
        self._head = head
        self._digest = sha256()

    def opening(self) -> bytes:
        head, terms, sums = self._head, self._head.terms, self._head.sums
        fields = (
            "H", head.file_id, head.business_day, head.value_date, terms.bank, head.version, terms.encoding,
            text_field(terms.payer_name), terms.payer_account, sums.lines, sums.credits,
            sums.debits, head.day_hash.hex(),
        )  # fmt: skip
        return self._told("|".join(map(str, fields)) + "\n")

    def lines(self, lines: Iterable[PaymentLine]) -> bytes:
        return self._told(
            "".join([
                f"L|{line_id}|{'C' if amount > 0 else 'D'}|{abs(amount)}|{text_field(name)}|{account}|{institution}|"
                f"{reissue_of}\n"
                for line_id, amount, name, account, institution, reissue_of in lines
            ])
        )  # fmt: skip

    def closing(self) -> bytes:
        sums = self._head.sums
        return f"T|{sums.lines}|{sums.credits}|{sums.debits}|{sums.net}|{self._digest.hexdigest()}\n".encode()

    def _told(self, text: str) -> bytes:
        told = encoded(text, self._head.terms.encoding)
        self._digest.update(told)
        return told
