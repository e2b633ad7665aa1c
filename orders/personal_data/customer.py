"""One customer, by account or by e-mail address alone, and every row that says something of them."""

from collections.abc import Iterator
from dataclasses import dataclass

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet

from orders.models import Cart, ContactDetails, Notification, Order, PaymentEvent, RefundTask, StatementLine
from orders.models.order import OrderQuerySet
from orders.personal_data.needed import needed_orders
from orders.rules import actors
from orders.rules.personal_data import SESSION_CART, SESSION_ORDERS
from orders.rules.states import CartState

SIGN_INS = (AccessAttempt, AccessLog, AccessFailureLog)


class UnknownCustomerError(LookupError):
    """Nobody is known by that name or address; or more than one is, and it says how to go on."""


@dataclass(frozen=True)
class Customer:
    """Whom something is about.

    :param email: finds what was ordered without signing in, never what somebody ordered from another account; empty
        where only the account counts
    :param order_keys: orders that are theirs in any case
    """

    user: User | None = None
    email: str = ""
    order_keys: tuple[int, ...] = ()

    @property
    def is_staff(self) -> bool:
        """Whether it is somebody of the staff, whose acts stay on record."""
        same = User.objects.filter(is_staff=True, email__iexact=self.email) if self.email else User.objects.none()
        return bool(self.user and self.user.is_staff) or same.exists()

    def orders(self) -> OrderQuerySet:
        """Everything they have ordered, oldest first."""
        return Order.objects.filter(self._whose() | Q(pk__in=self.order_keys)).order_by("pk")

    def needed_orders(self) -> OrderQuerySet:
        """Those that goods or money still wait for."""
        return self.orders().filter(pk__in=needed_orders().values("pk"))

    def contacts(self) -> QuerySet[ContactDetails]:
        """What they have typed at checkout."""
        theirs = Q(cart_id__in=self.carts().values("cart_id")) | Q(cart_id__in=self.orders().values("cart_id"))
        return ContactDetails.objects.filter(theirs | Q(pk__in=self._typed().values("pk"))).order_by("cart_id")

    def carts(self) -> QuerySet[Cart]:
        """Those of their account, and those that their orders came from."""
        mine = Q(customer=self.user) if self.user else Q(pk__in=[])
        typed = self._typed().values("cart_id")
        return Cart.objects.filter(mine | Q(cart_id__in=typed) | Q(cart_id__in=self.orders().values("cart_id")))

    def mails(self) -> QuerySet[Notification]:
        """Mails about their orders, and to their account."""
        to_account = Q(recipient=actors.user(self.user.pk), order=None) if self.user else Q(pk__in=[])
        return Notification.objects.filter(to_account | Q(recipient="order", order__in=self.orders())).order_by("pk")

    def numbers(self) -> list[str]:
        """Their orders' numbers."""
        return list(self.orders().values_list("number", flat=True))

    def payment_events(self) -> QuerySet[PaymentEvent]:
        """What was reported about payments for their orders."""
        return PaymentEvent.objects.filter(order_number__in=self.numbers()).order_by("pk")

    def statement_lines(self) -> QuerySet[StatementLine]:
        """Their transfers, as our bank told of them."""
        return StatementLine.objects.filter(payment_event__in=self.payment_events()).order_by("pk")

    def refund_tasks(self) -> QuerySet[RefundTask]:
        """Transfers back to them."""
        return RefundTask.objects.filter(order_number__in=self.numbers()).order_by("pk")

    def sign_ins(self) -> Iterator[QuerySet[AccessLog]]:
        """Where django-axes counts how they signed in, or tried to."""
        name = self.user.get_username() if self.user else None
        for log in SIGN_INS:
            yield log.objects.filter(username=name) if name else log.objects.none()

    def sessions(self) -> list[str]:
        """The keys of the sessions of their browsers."""
        numbers, carts = set(self.numbers()), set(self.carts().values_list("cart_id", flat=True))
        account = str(self.user.pk) if self.user else None
        found = []
        for session in Session.objects.order_by("pk").iterator():
            known = session.get_decoded()
            signed_in = account is not None and known.get(SESSION_KEY) == account
            if signed_in or known.get(SESSION_CART) in carts or numbers.intersection(known.get(SESSION_ORDERS, ())):
                found.append(session.pk)
        return found

    def open_carts(self) -> QuerySet[Cart]:
        """Those that still take items."""
        return self.carts().filter(state=CartState.OPEN)

    def _whose(self) -> Q:
        by_guests = self._addressed() & Q(customer=None)
        return by_guests | Q(customer=self.user) if self.user else by_guests

    def _typed(self) -> QuerySet[ContactDetails]:
        """Contact details with their address, but for what was typed in somebody else's account."""
        accounts = User.objects.exclude(pk=self.user.pk) if self.user else User.objects.all()
        found = ContactDetails.objects.filter(self._addressed())
        for others in (Cart.objects.filter(customer__in=accounts), Order.objects.filter(customer__in=accounts)):
            found = found.exclude(cart_id__in=others.values("cart_id"))
        return found

    def _addressed(self) -> Q:
        return Q(email__iexact=self.email) if self.email else Q(pk__in=[])


def find(text: str) -> Customer:
    """The customer of an e-mail address or account name.

    :raises UnknownCustomerError: nobody is, several accounts are, or somebody of the staff is
    """
    text = text.strip()
    accounts = list(User.objects.filter(Q(email__iexact=text) if "@" in text else Q(username=text))[:2])
    if len(accounts) > 1:
        raise UnknownCustomerError("Several accounts have this address: name the account.")
    user = accounts[0] if accounts else None
    customer = Customer(user, user.email if user else text if "@" in text else "")
    if user is None and not (customer.orders().exists() or customer.contacts().exists()):
        raise UnknownCustomerError("Nobody is known by this name or address.")
    if customer.is_staff:
        raise UnknownCustomerError("This is an account of the staff, whose acts stay on record under its name.")
    return customer


def customer_of(order: Order) -> Customer:
    """Whose an order is: its account's; a guest's is of the account that has its address, where one alone has it."""
    if order.customer is not None:
        return Customer(order.customer, order.customer.email, (order.pk,))
    accounts = list(User.objects.filter(email__iexact=order.email)[:2]) if order.email else []
    return Customer(accounts[0] if len(accounts) == 1 else None, order.email, (order.pk,))
