"""What account statements say, whatever format they are in: one item for each payment, or for what is wrong with it."""

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext_noop

AMOUNT = re.compile(r"\d{1,10}(\.\d{1,5})?", re.ASCII)
CENT = Decimal("0.01")
# What German banks write of money that goes back where it came from (GVC): direct debits and transfers, out and in.
RETURNS = frozenset({"108", "109", "159", "181", "184"})
NO_REFERENCE = frozenset({"", "NONREF", "NOTPROVIDED", "NOREF"})


class Unreadable(Exception):
    """The file as a whole is of no use; why, as in `Problem`."""

    def __init__(self, reason: str, **params: object) -> None:
        super().__init__(reason % params)
        self.reason, self.params = reason, {name: str(value) for name, value in params.items()}


class Wrong(Exception):
    """What is wrong with one entry, as in `Problem`."""

    def __init__(self, reason: str, **params: object) -> None:
        super().__init__(reason)
        self.reason, self.params = reason, {name: str(value) for name, value in params.items()}


@dataclass(frozen=True)
class Line:
    """One payment that was booked. `bank_reference` is all the bank calls it; `purpose` what the payer wrote.

    :param statement: which of the file's statements it stands in, from 1
    :param account: the account it was booked on, by IBAN where it has one
    :param creditor_reference: the structured reference, as it was written; may be empty
    :param payer: whom it came from, or went to where it is a debit; `payer_iban` as well
    :param is_debit: money that went out
    :param returned: it takes back, or brings back, what was booked before
    :param entry: which of the file's entries it belongs to, from 1; a batch has several lines
    :param entry_reference: what the bank calls that entry, and `entry_total` how much that is
    :param source: the format
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
    is_debit: bool = False
    returned: bool = False
    entry: int = 0
    entry_reference: str = ""
    entry_total: Decimal = Decimal(0)
    source: str = ""

    @property
    def words(self) -> str:
        """Everything in it that may name an order."""
        return f"{self.creditor_reference} {self.purpose}".strip()


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
    """One entry that is only announced."""

    where: str


Item = Line | Problem | LeftOut


def read_amount(text: str, currency: str) -> Decimal:
    """An amount with a point and at most two places.

    :raises Wrong: it is none, or the currency is none
    """
    if not re.fullmatch("[A-Z]{3}", currency):
        raise Wrong(gettext_noop("Its currency cannot be read."))
    try:
        amount = Decimal(text) if AMOUNT.fullmatch(text) else Decimal(0)
        rounded = amount.quantize(CENT)
    except InvalidOperation:
        amount = rounded = Decimal(0)
    if rounded != amount:
        reason = gettext_noop("Its amount %(amount)s %(currency)s has more than two decimal places.")
        raise Wrong(reason, amount=text, currency=currency)
    if rounded <= 0:
        raise Wrong(gettext_noop("Its amount cannot be read: “%(text)s”."), text=text[:40])
    return rounded


def clean(text: str) -> str:
    """A text in single spaces, without what databases do not take."""
    return " ".join(text.replace("\x00", "").split())


def plain_reference(text: str) -> str:
    """What a bank calls an entry, or a payer a payment, in one way of writing; empty where that is no name."""
    plain = re.sub(r"[^A-Z0-9]", "", text.upper())
    return "" if plain in NO_REFERENCE or not plain.strip("0") else plain
