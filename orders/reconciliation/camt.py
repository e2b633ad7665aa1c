"""Reading account statements in XML (ISO 20022 camt.053 and camt.054, versions 02 to 13), line by line, however long.

Hostile XML (entities, document types) is refused. What is wrong with one entry does not stop the others: it comes
out as a `Problem` in their midst. Sources: ISO 20022 message definitions; DK "DFÜ-Abkommen" Anlage 3 for where
German banks put what.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import IO
from xml.etree.ElementTree import Element, ParseError
from xml.parsers.expat import errors

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse
from django.utils.translation import gettext_noop

from orders.reconciliation.entries import RETURNS, Item, LeftOut, Line, Problem, Unreadable, Wrong, clean, read_amount

NAMESPACE = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:(camt\.\d{3})\.001\.(\d\d)\}(\w+)", re.ASCII)
FORMATS = frozenset({"camt.053", "camt.054"})
VERSIONS = frozenset(f"{version:02}" for version in range(2, 14))
REPORTS = frozenset({"Stmt", "Ntfctn"})
# The bank's transaction codes for what was returned, reversed or called back (ISO 20022 external code sets)
REVERSED = frozenset({"RRTN", "RPCR", "UPCT", "PRDD", "UPDD", "RCDD"})
BAD_CHARACTER = errors.codes[errors.XML_ERROR_INVALID_TOKEN]
# So many stand around the entries of a file, some dozens a statement; one entry may be a batch of many payments.
ELEMENTS_AROUND_ENTRIES, ELEMENTS_OF_AN_ENTRY = 100_000, 300_000
BEGINS = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe<", b"\xfe\xff\x00<")


def is_one(beginning: bytes) -> bool:
    """Whether a file that begins so is XML."""
    return beginning.lstrip().startswith(BEGINS)


def read(file: IO[bytes]) -> Iterator[Item]:
    """Everything in a file, entry by entry; memory stays small, also with 100,000 of them.

    :raises Unreadable: no XML, no camt.053 or camt.054 of a version we read, hostile, or cut off (after some
        of it)
    """
    try:
        yield from _entries(file)
    except ParseError as error:
        line, _column = error.position
        if error.code == BAD_CHARACTER:
            reason = gettext_noop(
                "Line %(line)s holds what cannot be there: the file is damaged, or in another encoding than it says."
            )
        else:
            reason = gettext_noop("The file is not complete XML (line %(line)s); it may have been cut off.")
        raise Unreadable(reason, line=line) from error
    except DefusedXmlException as error:
        raise Unreadable(gettext_noop("The file contains XML that no bank uses; it was not read.")) from error
    except (UnicodeError, LookupError, ValueError) as error:
        raise Unreadable(gettext_noop("The file is not text in an encoding that we know.")) from error


def _entries(file: IO[bytes]) -> Iterator[Item]:
    account, statement, statements, number, source = "", None, 0, 0, ""
    entry: Element | None = None
    around = inside = 0
    for event, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
        if not source:
            source = _source(element)
        tag = _tag(element)
        if event == "start":
            if tag == "Ntry" and statement is not None and entry is None:
                entry, inside = element, 0
                continue
            around, inside = (around + 1, 0) if entry is None else (around, inside + 1)
            _check_count(around, inside)
            if tag in REPORTS:
                account, statement, statements = "", element, statements + 1
            continue
        if statement is None:
            continue
        if tag == "Acct" and not account:
            account = _account(element)
        elif entry is not None and element is entry:
            entry = None
            number += 1
            for item in _entry(element, number):
                if isinstance(item, Line):
                    item = replace(item, statement=statements, account=account, source=source)
                yield item
            statement.remove(element)  # nothing is kept of what was read
        elif tag in REPORTS:
            element.clear()
            statement = None


def _check_count(around: int, inside: int) -> None:
    """:raises Unreadable: more elements around the entries, or in one, than statements have: made to fill memory"""
    if around > ELEMENTS_AROUND_ENTRIES or inside > ELEMENTS_OF_AN_ENTRY:
        raise Unreadable(gettext_noop("The file holds far more XML than its payments need; it was not read."))


def _source(root: Element) -> str:
    """The format of a file, from its first element.

    :raises Unreadable: none of ours
    """
    found = NAMESPACE.fullmatch(root.tag)
    if found is None or found[3] != "Document":
        raise Unreadable(gettext_noop("This XML is no account statement in the format CAMT.053 or CAMT.054."))
    name, version = found[1], found[2]
    if name not in FORMATS:
        reason = gettext_noop("This is a message %(name)s; please download the statement as CAMT.053 or CAMT.054.")
        raise Unreadable(reason, name=name.upper())
    if version not in VERSIONS:
        reason = gettext_noop("This is version %(version)s of %(name)s; the versions 02 to 13 can be read.")
        raise Unreadable(reason, version=version, name=name.upper())
    return name.upper()


def _tag(element: Element) -> str:
    """An element's name; empty where it is something of a bank's own."""
    found = NAMESPACE.fullmatch(element.tag)
    return found[3] if found else ""


def _entry(entry: Element, number: int) -> Iterator[Item]:
    """The payments in one entry: one, or one for each of a batch's details."""
    name = _text(entry, "AcctSvcrRef")
    where = f"#{number}" + (f" ({name})" if name else "")
    try:
        if not _is_booked(entry):
            yield LeftOut(where)
            return
        total, currency = _amount(entry.find("{*}Amt"))
        parts = _parts(entry.findall("{*}NtryDtls/{*}TxDtls"), total, currency)
        lines = [replace(_line(detail, entry), amount=amount) for detail, amount in parts]
    except Wrong as wrong:
        yield Problem(where, wrong.reason, wrong.params)
    else:
        for line in lines:
            yield replace(line, currency=currency, entry=number, entry_reference=name, entry_total=total)


def _is_booked(entry: Element) -> bool:
    """Whether it has happened, and is not only announced."""
    status = entry.find("{*}Sts")
    code = "" if status is None else _text(status, "Cd") or (status.text or "").strip()  # 08 and later; before
    if _text(entry, "CdtDbtInd") not in ("CRDT", "DBIT"):
        raise Wrong(gettext_noop("It does not say whether money came in or went out."))
    return code == "BOOK"


def _is_returned(detail: Element, entry: Element) -> bool:
    """Whether it undoes something: the bank says so, by a mark, by a reason or by its code."""
    if _text(entry, "RvslInd").lower() in ("true", "1") or detail.find("{*}RtrInf") is not None:
        return True
    for element in (detail, entry):
        if _text(element, "BkTxCd/Domn/Fmly/SubFmlyCd") in REVERSED:
            return True
        if RETURNS.intersection(re.split(r"[^0-9]", _text(element, "BkTxCd/Prtry/Cd"))):
            return True
    return False


def _parts(details: list[Element], total: Decimal, currency: str) -> list[tuple[Element, Decimal]]:
    """Each payment of an entry with its amount."""
    if len(details) <= 1:
        return [(details[0] if details else Element("none"), total)]
    parts = [(detail, _part(detail, currency)) for detail in details]
    if sum(amount for _detail, amount in parts) != total:
        reason = gettext_noop("The single payments in it do not add up to its %(total)s %(currency)s.")
        raise Wrong(reason, total=total, currency=currency)
    return parts


def _part(detail: Element, currency: str) -> Decimal:
    for path in ("{*}Amt", "{*}AmtDtls/{*}TxAmt/{*}Amt"):
        found = detail.find(path)
        if found is not None and found.get("Ccy") == currency:
            return _amount(found)[0]
    raise Wrong(gettext_noop("A single payment in it has no amount."))


def _line(detail: Element, entry: Element) -> Line:
    """What is said of one payment, in its details or in their entry; where and how much is for the caller."""
    references = [_text(entry, "AcctSvcrRef"), _text(detail, "Refs/AcctSvcrRef"), _text(detail, "Refs/TxId")]
    unstructured = [part.text or "" for part in detail.findall("{*}RmtInf/{*}Ustrd")]
    is_debit, returned = _text(entry, "CdtDbtInd") == "DBIT", _is_returned(detail, entry)
    sides = ("Cdtr", "Dbtr") if is_debit != returned else ("Dbtr", "Cdtr") if returned else ("Dbtr",)
    return Line(
        statement=0,
        account="",
        bank_reference=" ".join(reference for reference in references if reference),
        booked_on=_date(entry),
        amount=Decimal(0),
        currency="",
        creditor_reference=_text(detail, "RmtInf/Strd/CdtrRefInf/Ref"),
        purpose=(clean(" ".join(unstructured)) or _text(detail, "AddtlTxInf") or _text(entry, "AddtlNtryInf"))[:500],
        end_to_end=_text(detail, "Refs/EndToEndId"),
        payer=next(filter(None, (_party(detail, side) for side in sides)), "")[:140],
        payer_iban=next(filter(None, (_iban(detail, side) for side in sides)), ""),
        is_debit=is_debit,
        returned=returned,
    )


def _party(detail: Element, side: str) -> str:
    """The name of whoever pays or is paid: that of the account, or else of those it is for; from version 08 on one step
    deeper."""
    paths = (f"RltdPties/{party}/{name}" for party in (side, f"Ultmt{side}") for name in ("Nm", "Pty/Nm"))
    return next(filter(None, (_text(detail, path) for path in paths)), "")


def _iban(detail: Element, side: str) -> str:
    return _text(detail, f"RltdPties/{side}Acct/Id/IBAN").replace(" ", "")[:34]


def _amount(element: Element | None) -> tuple[Decimal, str]:
    text = (element.text or "").strip() if element is not None else ""
    currency = (element.get("Ccy") or "") if element is not None else ""
    return read_amount(text, currency), currency


def _date(entry: Element) -> date:
    text = _text(entry, "BookgDt/Dt") or _text(entry, "BookgDt/DtTm") or _text(entry, "ValDt/Dt")
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise Wrong(gettext_noop("Its booking date cannot be read: “%(text)s”."), text=text[:40]) from None


def _account(account: Element) -> str:
    """Its IBAN, or whatever else it is called."""
    return _text(account, "Id/IBAN").replace(" ", "").upper() or _text(account, "Id/Othr/Id")


def _text(element: Element, path: str) -> str:
    """The text at a path, in whichever namespace; empty where there is none."""
    found = element.find("/".join(f"{{*}}{name}" for name in path.split("/")))
    return clean(found.text or "") if found is not None else ""
