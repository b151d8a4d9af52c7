"""The ISO 20022 form of a payment file, pain.001.001.09. `docs/contract/settlement-file.md` tells banks.

A customer credit transfer can pay and not collect, so a bank of this form has no lines below 0. The text is formatted
here, which is thirty times as fast as building elements; tests hold it against the schema, hostile names and all.
"""

from collections.abc import Iterable
from typing import Final

from app.clearing.files.characters import xml_content
from app.clearing.files.names import message_id
from app.clearing.files.payment import PaymentHead, PaymentLine
from app.config import ZONE

_OPENING: Final = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn>
<GrpHdr><MsgId>{message_id}</MsgId><CreDtTm>{drawn_at}</CreDtTm><NbOfTxs>{count}</NbOfTxs><CtrlSum>{sum}</CtrlSum>\
<InitgPty><Nm>{payer}</Nm></InitgPty></GrpHdr>
<PmtInf><PmtInfId>{message_id}</PmtInfId><PmtMtd>TRF</PmtMtd><NbOfTxs>{count}</NbOfTxs><CtrlSum>{sum}</CtrlSum>\
<ReqdExctnDt><Dt>{value_date}</Dt></ReqdExctnDt><Dbtr><Nm>{payer}</Nm></Dbtr>\
<DbtrAcct><Id><Othr><Id>{payer_account}</Id></Othr></Id><Ccy>CNY</Ccy></DbtrAcct>\
<DbtrAgt><FinInstnId><ClrSysMmbId><MmbId>{bank_no}</MmbId></ClrSysMmbId><Nm>{bank_name}</Nm></FinInstnId></DbtrAgt>
"""
_CLOSING: Final = """</PmtInf>
<SplmtryData><PlcAndNm>BusinessDay</PlcAndNm><Envlp><BusinessDay xmlns="urn:medsettle:business-day:1">\
<Date>{business_day}</Date><DayHash>{day_hash}</DayHash><FileVersion>{version}</FileVersion></BusinessDay></Envlp>\
</SplmtryData>
</CstmrCdtTrfInitn></Document>
"""
_NAME_CHARACTERS_MAX: Final = 140
# Looked up, a remainder costs a third of what it costs to format one.
_CENTS: Final = tuple(f"{fen:02}" for fen in range(100))


class Pain001Form:
    def __init__(self, head: PaymentHead) -> None:
        assert not head.sums.debit_count
        self._head = head

    def opening(self) -> bytes:
        head, terms = self._head, self._head.terms
        return _OPENING.format(
            message_id=message_id(head.file_id),
            drawn_at=head.drawn_at.astimezone(ZONE).isoformat(timespec="seconds"),
            count=head.sums.credit_count,
            sum=_yuan(head.sums.credits),
            payer=xml_content(terms.payer_name),
            payer_account=terms.payer_account,
            value_date=head.value_date,
            bank_no=terms.bank_no,
            bank_name=xml_content(terms.bank_name),
        ).encode()

    def lines(self, lines: Iterable[PaymentLine]) -> bytes:
        return "".join([
            f"<CdtTrfTxInf><PmtId><EndToEndId>{line_id}</EndToEndId></PmtId>"
            f'<Amt><InstdAmt Ccy="CNY">{amount // 100}.{_CENTS[amount % 100]}</InstdAmt></Amt>'
            f"<Cdtr>{_name(name)}<Id><OrgId><Othr><Id>{institution}</Id></Othr></OrgId></Id></Cdtr>"
            f"<CdtrAcct><Id><Othr><Id>{account}</Id></Othr></Id></CdtrAcct>"
            f"{_remittance(reissue_of) if reissue_of else ''}</CdtTrfTxInf>\n"
            for line_id, amount, name, account, institution, reissue_of in lines
        ]).encode()  # fmt: skip

    def closing(self) -> bytes:
        head = self._head
        return _CLOSING.format(
            business_day=head.business_day, day_hash=head.day_hash.hex(), version=head.version
        ).encode()  # fmt: skip


def _name(name: str) -> str:
    """The schema has no empty name."""
    return f"<Nm>{xml_content(name[:_NAME_CHARACTERS_MAX])}</Nm>" if name else ""


def _remittance(reissue_of: str) -> str:
    """Pays the money of a line that failed."""
    return f"<RmtInf><Ustrd>REISSUE OF {reissue_of}</Ustrd></RmtInf>"


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{_CENTS[fen % 100]}"
