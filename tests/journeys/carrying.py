"""Carrying orders to the doorstep: the customer over HTTP, staff through the client functions, the bank by webhook."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import F

from orders.models import Order, Product
from orders.rules import actors
from orders.rules.approvals import APPROVERS, LevelState, Role
from orders.rules.status import OrderStatus, WaitingFor
from temporal_app import client
from temporal_app.client.errors import ClientError, Unavailable
from tests.journeys.customer import PAUSES, Customer, Refused, send_payment
from tests.journeys.reading import Northwind, PastOrder, read

PASSWORD = "northwind-journey"
PATIENCE = 90.0
SPARE = 10


@dataclass
class Journey:
    """All orders of one folder on their way through one shop. Counts and failures are shared by its threads."""

    base_url: str
    northwind: Northwind
    staff: dict[str, str]
    stock_before: dict[str, int]
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    @classmethod
    def prepare(cls, folder: Path, base_url: str) -> "Journey":
        """Load products, customers and staff into the shop's database."""
        northwind = read(folder)
        load_products(northwind)
        load_customers(northwind)
        skus = {line.sku for order in northwind.orders for line in order.lines}
        stock = dict(Product.objects.filter(sku__in=skus).values_list("sku", "on_hand"))
        return cls(base_url, northwind, load_staff(), stock)

    @property
    def orders(self) -> tuple[PastOrder, ...]:
        return self.northwind.orders

    def customers(self) -> list[str]:
        """Ids of the customers that ordered, those with most orders first, so that nobody is left alone at the end."""
        orders = self.northwind.by_customer()
        return sorted(orders, key=lambda customer: -len(orders[customer]))

    def carry_customer(self, customer_id: str) -> None:
        """Everything one customer ordered, one order after the other; a failure stops none but its own order."""
        try:
            customer = Customer.signed_in(self.base_url, username=username(customer_id), password=PASSWORD)
            for order in self.northwind.by_customer()[customer_id]:
                try:
                    self._carry(customer, order)
                except (AssertionError, ClientError) as failure:
                    self._fail(f"{order.order_id}: {failure!r}")
        except AssertionError as failure:
            self._fail(f"{customer_id}: {failure}")
        finally:
            connection.close()

    def _carry(self, customer: Customer, past: PastOrder) -> None:
        number = customer.place(past, email=f"{username(past.customer_id)}@example.org")
        order = Order.objects.get(number=number)
        if order.total != past.total:
            raise Refused(f"{number} is {order.total}, but was {past.total}")
        self._count("placed")
        self._count(self._approve(order))
        wait_until(order, waiting_for=WaitingFor.PAYMENT)
        send_payment(self.base_url, number=number, amount=past.total)
        wait_until(order, waiting_for=WaitingFor.SHIPMENT)
        self._count("paid")
        warehouse = self.staff[Role.WAREHOUSE]
        tracking = f"NW{past.order_id}"
        heard(lambda: client.mark_shipped(number, carrier="Speedy Express", tracking_number=tracking, by=warehouse))
        wait_until(order, waiting_for=WaitingFor.DELIVERY)
        self._count("shipped")
        heard(lambda: client.mark_delivered(number, by=warehouse))
        wait_until(order, status=OrderStatus.DELIVERED)
        if order.total != past.total or order.payments.get().amount != past.total:
            raise Refused(f"{number} ended with {order.total}, but was {past.total}")
        self._count("delivered")

    def _approve(self, order: Order) -> str:
        """Have every role that is asked approve; answers which they were."""
        wait_until(order, waiting_for={WaitingFor.APPROVAL, WaitingFor.PAYMENT})
        if order.waiting_for == WaitingFor.PAYMENT:
            return "no approval"
        levels = order.approval.levels.filter(state=LevelState.PENDING).order_by("position")
        roles = list(levels.values_list("role", flat=True))
        for role in roles:
            self._decide(order, role)
        return ", ".join(roles)

    def _decide(self, order: Order, role: str) -> None:
        """Approve for a role; told to try again, look first whether it was heard all the same."""
        for pause in PAUSES:
            try:
                client.decide("order", order.number, role=role, approved=True, by=self.staff[role])
                return
            except Unavailable:
                time.sleep(pause)
            except ClientError as refused:  # "already approved": by us, the time before
                if order.approval.levels.get(role=role).state != LevelState.APPROVED:
                    raise Refused(f"{role} could not decide on {order.number}: {refused!r}") from refused
            if order.approval.levels.get(role=role).state == LevelState.APPROVED:
                return
        raise Refused(f"{role} could not decide on {order.number}")

    def check_books(self) -> list[str]:
        """Whether every piece that left the stock is on a delivered order; returns what is not right."""
        sold: dict[str, int] = defaultdict(int)
        for order in self.orders:
            for line in order.lines:
                sold[line.sku] += line.quantity
        wrong = []
        for product in Product.objects.filter(sku__in=sold):
            expected = self.stock_before[product.sku] - sold[product.sku]
            if (product.on_hand, product.reserved) != (expected, 0):
                wrong.append(
                    f"{product.sku}: {product.on_hand} on hand, {product.reserved} reserved, not {expected}, 0"
                )
        if self.counts["delivered"] != len(self.orders):
            wrong.append(f"{self.counts['delivered']} of {len(self.orders)} orders were delivered")
        return wrong

    def _count(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1

    def _fail(self, failure: str) -> None:
        with self._lock:
            self.failures.append(failure)


def heard(report: Callable[[], None]) -> None:
    """Make a report; told to try again, do so: the first one counts."""
    for pause in PAUSES:
        try:
            return report()
        except Unavailable:
            time.sleep(pause)
    raise Refused("a report was not heard")


def wait_until(
    order: Order, *, status: OrderStatus | None = None, waiting_for: WaitingFor | set[WaitingFor] | None = None
) -> None:
    """Wait until the order's row says so."""
    waits = {waiting_for} if isinstance(waiting_for, WaitingFor) else waiting_for
    deadline = time.monotonic() + PATIENCE
    while True:
        order.refresh_from_db()
        if order.status == status or (waits and order.waiting_for in waits):
            return
        if time.monotonic() > deadline or order.status == OrderStatus.CANCELLED:
            raise Refused(f"{order.number} is {order.status}, waits for {order.waiting_for!r}")
        time.sleep(0.05)


def username(customer_id: str) -> str:
    """The account of a Northwind customer."""
    return f"northwind-{customer_id.lower()}"


def load_products(northwind: Northwind) -> None:
    """A product for each price one ever had, with enough stock for all orders and some to spare."""
    needed: dict[str, int] = defaultdict(int)
    for order in northwind.orders:
        for line in order.lines:
            needed[line.sku] += line.quantity
            Product.objects.get_or_create(
                sku=line.sku,
                defaults={
                    "name": northwind.products[line.product_id],
                    "price": line.unit_price,
                    "category": "Northwind",
                },
            )
    for sku, quantity in needed.items():
        Product.objects.filter(sku=sku).update(on_hand=F("on_hand") + quantity + SPARE)


def load_customers(northwind: Northwind) -> None:
    """An account for each customer, all with the journey's password."""
    password = make_password(PASSWORD)
    users = get_user_model().objects
    for customer_id, contact in northwind.customers.items():
        first, _space, last = contact.partition(" ")
        columns = {"first_name": first, "last_name": last, "password": password, "is_active": True}
        users.update_or_create(username=username(customer_id), defaults=columns)


def load_staff() -> dict[str, str]:
    """A member of staff in each role that has something to do; returns how each is written in `by`."""
    staff = {}
    for role in (*APPROVERS, Role.WAREHOUSE):
        person, _new = get_user_model().objects.get_or_create(
            username=f"northwind-{role}", defaults={"is_staff": True, "password": make_password(None)}
        )
        person.groups.add(Group.objects.get_or_create(name=role)[0])
        staff[role] = actors.user(person.pk)
    return staff
