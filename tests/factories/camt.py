"""Account statements as banks write them, made to measure, in the three versions that we read."""

from dataclasses import dataclass, field
from xml.sax.saxutils import escape

IBAN = "DE89370400440532013000"
PAYER_IBAN = "DE02120300000000202051"


@dataclass
class Entry:
    """One entry; with several `parts` (amount, reference) a batch."""

    amount: str = "43.90"
    reference: str = ""
    purpose: str = ""
    currency: str = "EUR"
    direction: str = "CRDT"
    status: str = "BOOK"
    booked: str = "2026-03-02"
    bank_reference: str = ""
    payer: str = "Maria Anders"
    reversal: bool = False
    parts: list[tuple[str, str]] = field(default_factory=list)

    def xml(self, version: str) -> str:
        status = self.status if version == "02" else f"<Cd>{self.status}</Cd>"
        parts = self.parts or [("", self.reference)]
        details = "".join(self._details(version, amount, reference) for amount, reference in parts)
        return f"""<Ntry><Amt Ccy="{self.currency}">{self.amount}</Amt><CdtDbtInd>{self.direction}</CdtDbtInd>
{"<RvslInd>true</RvslInd>" if self.reversal else ""}<Sts>{status}</Sts>
<BookgDt><Dt>{self.booked}</Dt></BookgDt><ValDt><Dt>{self.booked}</Dt></ValDt>
<AcctSvcrRef>{self.bank_reference}</AcctSvcrRef>
<BkTxCd><Prtry><Cd>NTRF+166</Cd></Prtry></BkTxCd><NtryDtls>{details}</NtryDtls></Ntry>"""

    def _details(self, version: str, amount: str, reference: str) -> str:
        tag = f'<Amt Ccy="{self.currency}">{amount}</Amt>'
        if not amount:
            amounts = ""
        elif version == "02":
            amounts = f"<AmtDtls><TxAmt>{tag}</TxAmt></AmtDtls>"
        else:
            amounts = f"{tag}<CdtDbtInd>{self.direction}</CdtDbtInd>"
        name = f"<Nm>{escape(self.payer)}</Nm>"
        debtor = f"<Pty>{name}</Pty>" if version == "08" else name
        structured = f"<Strd><CdtrRefInf><Ref>{reference}</Ref></CdtrRefInf></Strd>" if reference else ""
        unstructured = f"<Ustrd>{escape(self.purpose)}</Ustrd>" if self.purpose else ""
        return f"""<TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>{amounts}
<RltdPties><Dbtr>{debtor}</Dbtr><DbtrAcct><Id><IBAN>{PAYER_IBAN}</IBAN></Id></DbtrAcct></RltdPties>
<RmtInf>{unstructured}{structured}</RmtInf></TxDtls>"""


def head(version: str) -> str:
    name = f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="{name}"><BkToCstmrStmt><GrpHdr><MsgId>1</MsgId></GrpHdr>"""


def statement(entries: str, iban: str = IBAN, number: int = 1) -> str:
    return f"""<Stmt><Id>{number}</Id><Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>
<Bal><Amt Ccy="EUR">1000.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>{entries}</Stmt>"""


TAIL = "</BkToCstmrStmt></Document>"


def camt(*entries: Entry, version: str = "08", iban: str = IBAN) -> bytes:
    """One file with one statement."""
    return f"{head(version)}{statement(''.join(e.xml(version) for e in entries), iban)}{TAIL}".encode()
