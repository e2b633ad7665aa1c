"""Reading account statements (ISO 20022 camt.053, versions 02, 04 and 08), line by line, however long they are.

Hostile XML (entities, document types) is refused. What is wrong with one entry does not stop the others: it comes
out as a `Problem` in their midst. Sources: ISO 20022 message definitions; DK "DFÜ-Abkommen" Anlage 3 for where
German banks put what.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import IO
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse
from django.utils.translation import gettext_noop

NAMESPACE = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.(02|04|08)\}(\w+)", re.ASCII)
AMOUNT = re.compile(r"\d{1,10}(\.\d{1,5})?", re.ASCII)
CENT = Decimal("0.01")


class Unreadable(Exception):
    """The file as a whole is of no use; why, as in `Problem`."""

    def __init__(self, reason: str, **params: object) -> None:
        super().__init__(reason % params)
        self.reason, self.params = reason, {name: str(value) for name, value in params.items()}


@dataclass(frozen=True)
class Line:
    """One payment that arrived. `bank_reference` is the bank's own; `purpose` what the payer wrote.

    :param statement: which of the file's statements it stands in, from 1
    :param account: the account it arrived on, by IBAN where it has one
    :param creditor_reference: the structured reference, as it was written; may be empty
    """

    statement: int
    account: str
    bank_reference: str
    booked_on: date
    amount: Decimal
    currency: str
    creditor_reference: str
    purpose: str
    end_to_end: str
    payer: str
    payer_iban: str


@dataclass(frozen=True)
class Problem:
    """One entry that could not be read, and why.

    :param reason: an English sentence, marked for translation; `params` fill it in
    """

    where: str
    reason: str
    params: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LeftOut:
    """One entry that is no money of a customer's: paid out, only announced, or taken back."""

    where: str


Item = Line | Problem | LeftOut


def read(file: IO[bytes]) -> Iterator[Item]:
    """Everything in a file, entry by entry; memory stays small, also with 100,000 of them.

    :raises Unreadable: no XML, no camt.053 of a version we read, hostile, or cut off (after what was read so far)
    """
    try:
        yield from _entries(file)
    except ParseError as error:
        line, _column = error.position
        reason = gettext_noop("The file is not complete XML (line %(line)s); it may have been cut off.")
        raise Unreadable(reason, line=line) from error
    except DefusedXmlException as error:
        raise Unreadable(gettext_noop("The file contains XML that no bank uses; it was not read.")) from error
    except (UnicodeError, LookupError, ValueError) as error:
        raise Unreadable(gettext_noop("The file is not text in an encoding that we know.")) from error


def _entries(file: IO[bytes]) -> Iterator[Item]:
    account, statement, statements, number, seen = "", None, 0, 0, False
    for event, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
        tag = _tag(element, seen)
        seen = True
        if event == "start":
            if tag == "Stmt":
                account, statement, statements = "", element, statements + 1
            continue
        if statement is None:
            continue
        if tag == "Acct" and not account:
            account = _account(element)
        elif tag == "Ntry":
            number += 1
            yield from _entry(element, account, statements, number)
            statement.remove(element)  # nothing is kept of what was read
        elif tag == "Stmt":
            element.clear()
            statement = None
    if not seen:
        raise Unreadable(gettext_noop("The file is empty."))


def _tag(element: Element, seen: bool) -> str:
    """An element's name; the first one says whether this is a file for us."""
    found = NAMESPACE.fullmatch(element.tag)
    if not seen and (found is None or found[2] != "Document"):
        reason = gettext_noop("This is no account statement in the format CAMT.053 (version 02, 04 or 08).")
        raise Unreadable(reason)
    return found[2] if found else ""  # something of a bank's own


def _entry(entry: Element, account: str, statement: int, number: int) -> Iterator[Item]:
    """The payments in one entry: one, or one for each of a batch's details."""
    where = f"#{number}" + (f" ({reference})" if (reference := _text(entry, "AcctSvcrRef")) else "")
    try:
        if not _is_income(entry):
            yield LeftOut(where)
            return
        total, currency = _amount(entry.find("{*}Amt"))
        lines = [
            replace(_line(detail, entry), statement=statement, account=account, amount=amount, currency=currency)
            for detail, amount in _parts(entry.findall("{*}NtryDtls/{*}TxDtls"), total, currency)
        ]
    except _Wrong as wrong:
        yield Problem(where, wrong.reason, wrong.params)
    else:
        yield from lines


class _Wrong(Exception):
    """What is wrong with an entry, as in `Problem`."""

    def __init__(self, reason: str, **params: object) -> None:
        super().__init__(reason)
        self.reason, self.params = reason, {name: str(value) for name, value in params.items()}


def _is_income(entry: Element) -> bool:
    """Money that came in and is booked, and is not the undoing of something."""
    status = entry.find("{*}Sts")
    code = "" if status is None else _text(status, "Cd") or (status.text or "").strip()  # 08 and later; before
    reversal = _text(entry, "RvslInd").lower() in ("true", "1")
    direction = _text(entry, "CdtDbtInd")
    if direction not in ("CRDT", "DBIT"):
        raise _Wrong(gettext_noop("It does not say whether money came in or went out."))
    return direction == "CRDT" and code == "BOOK" and not reversal


def _parts(details: list[Element], total: Decimal, currency: str) -> list[tuple[Element, Decimal]]:
    """Each payment of an entry with its amount."""
    if len(details) <= 1:
        return [(details[0] if details else Element("none"), total)]
    parts = [(detail, _part(detail, currency)) for detail in details]
    if sum(amount for _detail, amount in parts) != total:
        reason = gettext_noop("The single payments in it do not add up to its %(total)s %(currency)s.")
        raise _Wrong(reason, total=total, currency=currency)
    return parts


def _part(detail: Element, currency: str) -> Decimal:
    for path in ("{*}Amt", "{*}AmtDtls/{*}TxAmt/{*}Amt"):
        found = detail.find(path)
        if found is not None and found.get("Ccy") == currency:
            return _amount(found)[0]
    raise _Wrong(gettext_noop("A single payment in it has no amount."))


def _line(detail: Element, entry: Element) -> Line:
    """What is said of one payment, in its details or in their entry; where and how much is for the caller."""
    references = [_text(entry, "AcctSvcrRef"), _text(detail, "Refs/AcctSvcrRef"), _text(detail, "Refs/TxId")]
    unstructured = [part.text or "" for part in detail.findall("{*}RmtInf/{*}Ustrd")]
    return Line(
        statement=0,
        account="",
        bank_reference=" ".join(reference for reference in references if reference),
        booked_on=_date(entry),
        amount=Decimal(0),
        currency="",
        creditor_reference=_text(detail, "RmtInf/Strd/CdtrRefInf/Ref"),
        purpose=(_clean(" ".join(unstructured)) or _text(detail, "AddtlTxInf") or _text(entry, "AddtlNtryInf"))[:500],
        end_to_end=_text(detail, "Refs/EndToEndId"),
        payer=_payer(detail)[:140],
        payer_iban=_text(detail, "RltdPties/DbtrAcct/Id/IBAN").replace(" ", "")[:34],
    )


def _payer(detail: Element) -> str:
    """The name of whoever pays: that of the account, or else of those it is for; from version 08 on one step deeper."""
    paths = (f"RltdPties/{party}/{name}" for party in ("Dbtr", "UltmtDbtr") for name in ("Nm", "Pty/Nm"))
    return next(filter(None, (_text(detail, path) for path in paths)), "")


def _amount(element: Element | None) -> tuple[Decimal, str]:
    text = (element.text or "").strip() if element is not None else ""
    currency = (element.get("Ccy") or "") if element is not None else ""
    try:
        amount = Decimal(text).quantize(CENT) if AMOUNT.fullmatch(text) else Decimal(0)
    except InvalidOperation:
        amount = Decimal(0)
    if amount <= 0 or amount != Decimal(text):
        raise _Wrong(gettext_noop("Its amount cannot be read: “%(text)s”."), text=text[:40])
    if not re.fullmatch("[A-Z]{3}", currency):
        raise _Wrong(gettext_noop("Its currency cannot be read."))
    return amount, currency


def _date(entry: Element) -> date:
    text = _text(entry, "BookgDt/Dt") or _text(entry, "BookgDt/DtTm") or _text(entry, "ValDt/Dt")
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise _Wrong(gettext_noop("Its booking date cannot be read: “%(text)s”."), text=text[:40]) from None


def _account(account: Element) -> str:
    """Its IBAN, or whatever else it is called."""
    return _text(account, "Id/IBAN").replace(" ", "").upper() or _text(account, "Id/Othr/Id")


def _text(element: Element, path: str) -> str:
    """The text at a path, in whichever namespace; empty where there is none."""
    found = element.find("/".join(f"{{*}}{name}" for name in path.split("/")))
    return _clean(found.text or "") if found is not None else ""


def _clean(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())
