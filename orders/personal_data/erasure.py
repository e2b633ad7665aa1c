"""Forgetting a customer: what goes, what stays and why. Nothing here decides about money or goods: those rows stay."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet

from orders.models import ContactDetails, ErasureRecord, Notification, Order, TypedWords
from orders.payments.credit import balance
from orders.personal_data.customer import Customer
from orders.personal_data.needed import is_credit_unsettled, needed_orders
from orders.personal_data.orders import forget_customers
from orders.rules import actors
from orders.rules.personal_data import Kept, WhyKept
from orders.rules.states import CartState
from orders.rules.totals import ZERO

ACCOUNT, OPEN_ORDERS, UNSETTLED, MONEY = "account", "open_orders", "unsettled_orders", "orders"
PAYERS, CARTS = "payers", "carts"
GONE = "erased-{}"


@dataclass(frozen=True)
class Plan:
    """What would be removed, in rows by kind, and what would stay: its kind, how much, and a `WhyKept`."""

    removed: dict[str, int]
    kept: list[tuple[str, int, str]]


def plan(customer: Customer) -> Plan:
    """What erasing a customer would come to now; their sessions, which are many to look through, are not counted."""
    removed = {str(what): found.count() for what, found in _rows(customer).items()}
    removed[Kept.SIGN_INS] = sum(rows.count() for rows in customer.sign_ins())
    removed[ACCOUNT] = int(_account_goes(customer))
    return Plan({what: number for what, number in removed.items() if number}, _kept(customer))


def waits_still(record: ErasureRecord) -> bool:
    """Whether an erasure that was carried out waits for all that it waited for then: nothing more may go of it."""
    customer = Customer(record.customer, record.email, tuple(record.open_orders))
    needed = set(customer.needed_orders().values_list("pk", flat=True))
    account_waits = customer.user is not None and not _account_goes(customer)
    return needed == set(record.open_orders) and (bool(needed) or account_waits)


def carry_out(record: ErasureRecord, now: datetime) -> None:
    """Remove what may go of the customer of a record, and write down what went, what stays, and why.

    Call it in a transaction. What stays for open orders or money goes when it is called again after that.
    """
    customer = Customer(record.customer, record.email, tuple(record.open_orders))
    left = _kept(customer)
    open_orders = list(customer.needed_orders().values_list("pk", flat=True))
    removed = Counter(record.removed) + Counter(_remove(customer))
    waits = bool(open_orders) or (customer.user is not None and not _account_goes(customer))
    record.note(removed=dict(removed), kept=left, open_orders=open_orders, at=now, waits=waits)


def _rows(customer: Customer) -> dict[Kept, QuerySet[Any]]:
    """What goes, but for what is no query."""
    orders = needed_orders()
    settled = Notification.objects.filter(Q(order=None) | ~Q(order__in=orders.values("pk")))
    needed = orders.values("cart_id")
    return {
        Kept.ORDERS: customer.orders().exclude(pk__in=orders.values("pk")).exclude(name="", email=""),
        Kept.CONTACTS: customer.contacts().exclude(cart_id__in=needed),
        Kept.CARTS: customer.carts().exclude(state=CartState.OPEN).exclude(cart_id__in=needed),
        Kept.MAILS: customer.mails().filter(pk__in=settled.values("pk")),
        Kept.WORDS: _words(customer),
    }


def _words(customer: Customer) -> QuerySet[TypedWords]:
    """Reasons that they typed while signed in; a workflow of an open order may still need its own."""
    if customer.user is None or customer.needed_orders().exists():
        return TypedWords.objects.none()
    return TypedWords.objects.filter(by=actors.customer(customer.user.pk))


def _remove(customer: Customer) -> dict[str, int]:
    """Remove it; returns how many rows of each kind."""
    account_goes = _account_goes(customer)
    keys = {what: list(rows.values_list("pk", flat=True)) for what, rows in _rows(customer).items()}
    removed: dict[str, int] = {str(what): len(found) for what, found in keys.items()}
    removed[Kept.SESSIONS], _each = Session.objects.filter(pk__in=customer.sessions()).delete()
    removed[Kept.SIGN_INS] = sum(rows.delete()[0] for rows in customer.sign_ins())
    carts, contacts = customer.carts().filter(pk__in=keys[Kept.CARTS]), keys[Kept.CONTACTS]
    Notification.objects.filter(pk__in=keys[Kept.MAILS]).delete()
    carts.delete()
    ContactDetails.objects.filter(pk__in=contacts).delete()
    forget_customers(list(Order.objects.filter(pk__in=keys[Kept.ORDERS])))
    TypedWords.objects.filter(pk__in=keys[Kept.WORDS]).delete()
    if customer.user is not None and account_goes:
        _close(customer.user)
        removed[ACCOUNT] = 1
    return {what: number for what, number in removed.items() if number}


def _account_goes(customer: Customer) -> bool:
    """Whether nothing needs their account any more."""
    user = customer.user
    if user is None or user.get_username() == GONE.format(user.pk):
        return False
    return not (customer.needed_orders().exists() or balance(user.pk) > ZERO or is_credit_unsettled(user))


def _close(user: User) -> None:
    """Nobody signs in there any more, and it says nobody's name."""
    nobody = {"username": GONE.format(user.pk), "first_name": "", "last_name": "", "email": "", "is_active": False}
    User.objects.filter(pk=user.pk).update(password=make_password(None), **nobody)
    of_user = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk))
    of_user.update(object_repr=GONE.format(user.pk))


def _kept(customer: Customer) -> list[tuple[str, int, str]]:
    """What stays, how much of it, and why."""
    needed, open_orders = customer.needed_orders().count(), customer.orders().open().count()
    settled = customer.orders().count() - needed
    payers = customer.statement_lines().count() + customer.refund_tasks().count() + customer.payment_events().count()
    credit = customer.user is not None and balance(customer.user.pk) > ZERO
    adjusted = customer.user is not None and is_credit_unsettled(customer.user)
    account = int(customer.user is not None)
    why = WhyKept.OPEN_ORDER if open_orders else WhyKept.UNSETTLED if needed or adjusted else WhyKept.CREDIT
    stays = [
        (OPEN_ORDERS, open_orders, WhyKept.OPEN_ORDER),
        (UNSETTLED, needed - open_orders, WhyKept.UNSETTLED),
        (ACCOUNT, account if needed or adjusted or credit else 0, why),
        (CARTS, customer.open_carts().count(), WhyKept.CLOSES_ITSELF),
        (MONEY, settled, WhyKept.ACCOUNTS),
        (PAYERS, payers, WhyKept.ACCOUNTS),
    ]
    return [(what, number, str(reason)) for what, number, reason in stays if number]
