"""Reading account statements in the older format MT940 (SWIFT; DK "DFÜ-Abkommen" Anlage 3 for its field 86).

It has no end that a machine could check but its balances: opening balance and entries must come to the closing
balance, statement by statement. Where they do not, or one of them is missing, the file is cut off or damaged.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import IO, Any

from django.utils.translation import gettext_noop
from mt940.models import Transactions
from mt940.options import Options

from orders.reconciliation.entries import RETURNS, Item, Line, Problem, Unreadable, Wrong, clean, read_amount
from orders.rules import identifiers

LARGEST_FILE = 20 * 2**20  # bytes; it is read into memory
STARTS = re.compile(r"^(?=:20:)", re.MULTILINE)
ENVELOPE = re.compile(r"^(-\}?|\{[1-5]:.*|.*\{4:)\s*$", re.MULTILINE)  # SWIFT's, around each message
IN_TEXT = re.compile(r"\bEREF[/+:] ?([^/+? ]{1,35})")
OPTIONS = Options.all()
SOURCE = "MT940"
# what the library raises where a field is not as it should be
BROKEN = (RuntimeError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError)
CUT_OFF = gettext_noop("Statement %(number)s in it has no closing balance; the file may have been cut off.")


def is_one(beginning: bytes) -> bool:
    """Whether a file that begins so is one: a reference of field 20 on a line of its own, before anything else."""
    return re.match(rb"(\xef\xbb\xbf)?\s*((\{[^\r\n]*|-\}?)\s*)*:20:", beginning) is not None


def read(file: IO[bytes]) -> Iterator[Item]:
    """Every entry in a file.

    :raises Unreadable: cut off, damaged, or in no encoding that we know (after what was read so far)
    """
    content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise Unreadable(gettext_noop("The file is larger than %(size)s MB."), size=LARGEST_FILE // 2**20)
    entries = 0
    for number, block in enumerate(STARTS.split(ENVELOPE.sub("", _decoded(content)))[1:], start=1):
        statement = _statement(block, number)
        for transaction in statement:
            entries += 1
            yield _entry(transaction.data, _account(statement), number, entries)


def _decoded(content: bytes) -> str:
    """The text of a file: UTF-8, or else Latin-1, which German banks use."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\x00" in text or "\ufffd" in text:
        raise Unreadable(gettext_noop("The file is not text in an encoding that we know."))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _statement(block: str, number: int) -> Transactions:
    """One statement, whole."""
    statement = Transactions(options=OPTIONS)
    try:
        statement.parse(block)
    except BROKEN as error:
        reason = gettext_noop("Statement %(number)s in it cannot be read; the file is damaged or cut off.")
        raise Unreadable(reason, number=number) from error
    if not _account(statement):
        raise Unreadable(gettext_noop("Statement %(number)s in it does not name its account."), number=number)
    opening, closing = (_balance(statement, kind) for kind in ("opening", "closing"))
    if opening is None or closing is None:
        raise Unreadable(CUT_OFF, number=number)
    total = sum((_signed(transaction.data) for transaction in statement), opening)
    if total != closing:
        reason = gettext_noop(
            "Statement %(number)s in it does not add up: its entries lead to %(total)s, its closing balance is "
            "%(closing)s. The file is damaged or incomplete."
        )
        raise Unreadable(reason, number=number, total=f"{total:.2f}", closing=f"{closing:.2f}")
    return statement


def _balance(statement: Transactions, kind: str) -> Decimal | None:
    found = (statement.data.get(f"{name}_{kind}_balance") for name in ("final", "intermediate"))
    return next((balance.amount.amount for balance in found if balance is not None), None)


def _signed(entry: dict[str, Any]) -> Decimal:
    amount: Decimal = entry["amount"].amount if "amount" in entry else Decimal(0)
    return amount


def _account(statement: Transactions) -> str:
    return str(statement.data.get("account_identification") or "").strip()


def _entry(entry: dict[str, Any], account: str, statement: int, number: int) -> Item:
    """One entry; the library has taken its fields apart."""
    name = _field(entry, "bank_reference")
    try:
        money = entry["amount"]
        currency = money.currency or ""
        amount = read_amount(format(abs(money.amount), "f"), currency)
    except Wrong as wrong:
        return Problem(f"#{number}" + (f" ({name})" if name else ""), wrong.reason, wrong.params)
    status = str(entry["status"]).upper()
    return Line(
        statement=statement,
        account=account,
        bank_reference=name,
        booked_on=date.fromordinal((entry.get("entry_date") or entry["date"]).toordinal()),
        amount=amount,
        currency=currency,
        creditor_reference="",
        purpose=_purpose(entry)[:500],
        end_to_end=_end_to_end(entry),
        payer=_field(entry, "applicant_name")[:140],
        payer_iban=_iban(entry),
        is_debit=status in ("D", "RC"),
        returned=status.startswith("R") or _field(entry, "transaction_code") in RETURNS,
        entry=number,
        entry_reference=name,
        entry_total=amount,
        source=SOURCE,
    )


def _purpose(entry: dict[str, Any]) -> str:
    """What the payer wrote; where field 86 has no structure, all of it."""
    parts = [_field(entry, name) for name in ("purpose", "additional_purpose")]
    return " ".join(filter(None, parts)) or _field(entry, "transaction_details") or _field(entry, "extra_details")


def _end_to_end(entry: dict[str, Any]) -> str:
    """What the payer calls it; banks write that in several places."""
    named = IN_TEXT.search(_field(entry, "transaction_details"))
    own = _field(entry, "customer_reference")
    is_ours = identifiers.refund_of(own) is not None
    return _field(entry, "end_to_end_reference") or (named[1] if named else "") or (own if is_ours else "")


def _iban(entry: dict[str, Any]) -> str:
    """The other side's IBAN; what else is written there is an account number of old."""
    found = (_field(entry, name).replace(" ", "").upper() for name in ("gvc_applicant_iban", "applicant_iban"))
    return next((text[:34] for text in found if re.fullmatch(r"[A-Z]{2}\d\d[A-Z0-9]{11,30}", text)), "")


def _field(entry: dict[str, Any], name: str) -> str:
    return clean(str(entry.get(name) or ""))
