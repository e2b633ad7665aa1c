"""The accounts of the journal: the places where money can stand, written `order:ORD-2026-000123` or `unmatched:17`."""

from enum import StrEnum


class AccountKind(StrEnum):
    """Kinds of places. Providers and the shop's own purse are outside: what came from there they are below zero."""

    PROVIDER = "provider"  # a payment provider or our bank, and behind it the customer
    ORDER = "order"  # received for an order, not taken yet
    SALES = "sales"  # taken for an order
    UNMATCHED = "unmatched"  # received in a payment event that suits no order
    REFUND = "refund"  # to be paid back, by hand
    TAKEN_BACK = "taken_back"  # below zero by what our bank took without our asking
    OWED = "owed"  # below zero by what the customer of an order owes again, because a bank took it back
    CREDIT = "credit"  # a customer's, to buy with
    GOODWILL = "goodwill"  # the shop's own purse: what it has given a customer, or taken from their credit
    FEES = "fees"
    WRITTEN_OFF = "written_off"  # given up: what was not given back; below zero what our bank took


BELOW_ZERO = frozenset(
    {
        AccountKind.PROVIDER,
        AccountKind.GOODWILL,
        AccountKind.TAKEN_BACK,
        AccountKind.OWED,
        AccountKind.WRITTEN_OFF,
    }
)


def provider(name: str) -> str:
    """A payment provider, or our bank: `bank_transfer`."""
    return f"{AccountKind.PROVIDER}:{name}"


def order(number: str) -> str:
    """What has been received for an order and not been taken yet, or never will be."""
    return f"{AccountKind.ORDER}:{number}"


def sales(number: str) -> str:
    """What has been taken for an order."""
    return f"{AccountKind.SALES}:{number}"


def unmatched(payment_event_id: int) -> str:
    """What a payment event brought that suits no order."""
    return f"{AccountKind.UNMATCHED}:{payment_event_id}"


def refund(task_id: int) -> str:
    """What finance still has to pay back."""
    return f"{AccountKind.REFUND}:{task_id}"


def owed(number: str) -> str:
    """What the customer of an order owes again, which is as much below zero."""
    return f"{AccountKind.OWED}:{number}"


def credit(customer_id: int) -> str:
    """What a customer may buy with."""
    return f"{AccountKind.CREDIT}:{customer_id}"


def goodwill(customer_id: int) -> str:
    """What the shop has given a customer of its own, which is as much below zero."""
    return f"{AccountKind.GOODWILL}:{customer_id}"


def taken_back(debit_id: int) -> str:
    """What our bank took back, or paid out more than was asked for: it is missing by so much."""
    return f"{AccountKind.TAKEN_BACK}:{debit_id}"


def written_off(which: str) -> str:
    """What was given up of an order (by number), or of a debit (as the journal calls it)."""
    return f"{AccountKind.WRITTEN_OFF}:{which}"


def split(account: str) -> tuple[AccountKind, str]:
    """The kind of an account, and whose it is.

    :raises ValueError: there is no such kind
    """
    kind, _colon, which = account.partition(":")
    return AccountKind(kind), which


def may_be_below_zero(account: str) -> bool:
    """Whether less than nothing can stand there."""
    return split(account)[0] in BELOW_ZERO


def is_outside(account: str) -> bool:
    """Whether money that stands there is not in the books of customers and orders."""
    return split(account)[0] in (AccountKind.PROVIDER, AccountKind.GOODWILL)
