"""Account statements as banks write them, made to measure: CAMT.053 and CAMT.054 in all versions, MT940 in mt940.py."""

from dataclasses import dataclass, field, replace
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
    return_code: str = ""
    end_to_end: str = "NOTPROVIDED"
    payer_iban: str = PAYER_IBAN
    parts: list[tuple[str, str]] = field(default_factory=list)
    names: tuple[str, ...] = ()  # what the transfers of a batch are called, in the order of its parts

    def xml(self, version: str) -> str:
        status = self.status if version < "08" else f"<Cd>{self.status}</Cd>"
        parts = self.parts or [("", self.reference)]
        names = self.names or (self.end_to_end,) * len(parts)
        told = zip(names, parts, strict=True)
        details = "".join(replace(self, end_to_end=name)._details(version, *part) for name, part in told)
        return f"""<Ntry><Amt Ccy="{self.currency}">{self.amount}</Amt><CdtDbtInd>{self.direction}</CdtDbtInd>
{"<RvslInd>true</RvslInd>" if self.reversal else ""}<Sts>{status}</Sts>
<BookgDt><Dt>{self.booked}</Dt></BookgDt><ValDt><Dt>{self.booked}</Dt></ValDt>
<AcctSvcrRef>{self.bank_reference}</AcctSvcrRef>
<BkTxCd><Prtry><Cd>NTRF+166</Cd></Prtry></BkTxCd><NtryDtls>{details}</NtryDtls></Ntry>"""

    def _details(self, version: str, amount: str, reference: str) -> str:
        tag = f'<Amt Ccy="{self.currency}">{amount}</Amt>'
        if not amount:
            amounts = ""
        elif version < "04":
            amounts = f"<AmtDtls><TxAmt>{tag}</TxAmt></AmtDtls>"
        else:
            amounts = f"{tag}<CdtDbtInd>{self.direction}</CdtDbtInd>"
        name = f"<Nm>{escape(self.payer)}</Nm>"
        other = f"<Pty>{name}</Pty>" if version >= "08" else name
        side = "Cdtr" if self.direction == "DBIT" else "Dbtr"
        why = f"<RtrInf><Rsn><Cd>{self.return_code}</Cd></Rsn></RtrInf>" if self.return_code else ""
        structured = f"<Strd><CdtrRefInf><Ref>{reference}</Ref></CdtrRefInf></Strd>" if reference else ""
        unstructured = f"<Ustrd>{escape(self.purpose)}</Ustrd>" if self.purpose else ""
        return f"""<TxDtls><Refs><EndToEndId>{self.end_to_end}</EndToEndId></Refs>{amounts}
<RltdPties><{side}>{other}</{side}><{side}Acct><Id><IBAN>{self.payer_iban}</IBAN></Id></{side}Acct></RltdPties>
<RmtInf>{unstructured}{structured}</RmtInf>{why}</TxDtls>"""


# What a message is called, and its parts.
MESSAGES = {"053": ("BkToCstmrStmt", "Stmt"), "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn")}


def head(version: str, message: str = "053") -> str:
    name = f"urn:iso:std:iso:20022:tech:xsd:camt.{message}.001.{version}"
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="{name}"><{MESSAGES[message][0]}><GrpHdr><MsgId>1</MsgId></GrpHdr>"""


def statement(entries: str, iban: str = IBAN, number: int = 1, message: str = "053") -> str:
    part = MESSAGES[message][1]
    balance = '<Bal><Amt Ccy="EUR">1000.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>' if message == "053" else ""
    return f"""<{part}><Id>{number}</Id><Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>
{balance}{entries}</{part}>"""


def tail(message: str = "053") -> str:
    return f"</{MESSAGES[message][0]}></Document>"


TAIL = tail()


def camt(*entries: Entry, version: str = "08", iban: str = IBAN, message: str = "053") -> bytes:
    """One file with one statement, or with one notification (`054`)."""
    booked = statement("".join(e.xml(version) for e in entries), iban, message=message)
    return f"{head(version, message)}{booked}{tail(message)}".encode()
