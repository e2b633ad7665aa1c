"""Customers and staff who do what they want to do, whatever breaks: they try again until they are answered."""

import random
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar
from uuid import uuid4

import requests
from django.contrib.auth import get_user_model
from django.db import DatabaseError, InterfaceError, close_old_connections
from django.utils import timezone

from orders.models import Order, Product
from orders.payments import reopenable
from orders.rules import actors, identifiers
from orders.rules.approvals import LevelState
from orders.rules.status import ENDED, WaitingFor
from temporal_app import client
from temporal_app.client.calls import accept_timeout, client_function
from temporal_app.client.errors import Refused, Unavailable
from temporal_app.connection import get_client
from temporal_app.messages import ShippingInfo
from temporal_app.workflows.order_saga import OrderSagaWorkflow
from tests.journeys.customer import send_payment

Answer = TypeVar("Answer")
PATIENCE = 300.0
CARD = "tok_chargeable_visa"
ADDRESS = {
    "name": "Alice Äther",
    "email": "alice@example.org",
    "street": "Obere Str. 57",
    "postal_code": "12209",
    "city": "Berlin",
    "country": "Germany",
    "payment_method": "sandbox",
}
PLANS = (
    *("pay by card", "pay by transfer", "add, then pay", "change, then pay"),
    *("cancel", "cancel once paid", "reject", "report a parcel too early"),
    *("leave unpaid, then anew", "more time, then pay"),
)
CANCEL_WHEN = ("at once", "approval", "payment")


class NotAnswered(Exception):
    """The shop cannot take it right now."""


class TakesTooLong(AssertionError):
    """Something did not happen, however long somebody waited."""


def persist(act: Callable[[], Answer]) -> Answer:
    """Do something, again and again until it is answered."""
    patience = time.monotonic() + PATIENCE
    while True:
        try:
            return act()
        except (Unavailable, NotAnswered, requests.RequestException, DatabaseError, InterfaceError) as failure:
            if time.monotonic() > patience:
                raise TakesTooLong(f"nobody answered: {failure!r}") from failure
            close_old_connections()
            time.sleep(0.5)


@dataclass
class Browser:
    """A customer's browser on the shop."""

    base_url: str
    session: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str) -> requests.Response:
        return self._answered(self.session.get(self.base_url + path, timeout=30))

    def post(self, path: str, form: dict[str, object]) -> requests.Response:
        headers = {"X-CSRFToken": self.session.cookies.get("csrftoken", ""), "Referer": self.base_url + path}
        return self._answered(self.session.post(self.base_url + path, data=form, headers=headers, timeout=30))

    @staticmethod
    def _answered(answer: requests.Response) -> requests.Response:
        if answer.status_code >= 500:
            raise NotAnswered(answer.status_code)
        return answer


@dataclass
class Person:
    """Carries one order through the shop, by a plan."""

    base_url: str
    plan: str
    chance: random.Random
    story: list[str] = field(default_factory=list)

    def carry(self) -> str:
        """Do it; returns the order's number."""
        number = self.place()
        order = persist(lambda: Order.objects.get(number=number))
        self.story.append(order.number)
        act: Callable[[], Order | None] = {
            "pay by card": lambda: self.pay(order),
            "pay by transfer": lambda: self.transfer(order),
            "add, then pay": lambda: self.add_and_pay(order),
            "change, then pay": lambda: self.change_and_pay(order),
            "cancel": lambda: self.cancel(order),
            "cancel once paid": lambda: self.cancel_once_paid(order),
            "reject": lambda: self.approve(order, approved=False),
            "report a parcel too early": lambda: self.report_too_early(order),
            "leave unpaid, then anew": lambda: self.pay_anew(order),
            "more time, then pay": lambda: self.pay_later(order),
        }[self.plan]
        with suppress(Refused):  # the order has ended meanwhile, which the books have to explain
            self.deliver(act() or order)
        return order.number

    def place(self) -> str:
        """Fill a cart and check out, as a browser does."""
        browser = Browser(self.base_url)
        sku, quantity = ("FAULT-DEAR", 1) if self.plan == "reject" or self.chance.random() < 0.4 else ("FAULT-CHEAP", 3)
        persist(lambda: browser.get(f"/products/{sku}/"))
        item = {"sku": sku, "quantity": quantity, "request_id": uuid4().hex}
        persist(lambda: browser.post("/cart/items/", item))
        page = persist(lambda: browser.get("/checkout/"))
        cart = re.search(r'name="cart" value="([0-9a-f]+)"', page.text)
        assert cart, "there is no checkout form"
        answer = persist(lambda: browser.post("/checkout/", {**ADDRESS, "cart": cart[1]}))
        number = re.search(r"/orders/(ORD-[0-9-]+)/", answer.url)
        assert number, f"no order was placed: {answer.url} {answer.status_code}"
        return number[1]

    def approve(self, order: Order, *, approved: bool = True) -> None:
        """Have whoever is asked decide."""
        while self.wait(order, WaitingFor.APPROVAL, WaitingFor.PAYMENT) == WaitingFor.APPROVAL:
            pending = persist(lambda: list(order.approval.levels.filter(state=LevelState.PENDING)))
            for level in pending:
                by = actors.user(persist(lambda role=level.role: get_user_model().objects.get(username=role).pk))
                with suppress(Refused):  # heard before, though nobody answered
                    persist(
                        lambda role=level.role, by=by: client.decide(
                            "order", order.number, role=role, approved=approved, comment="so be it", by=by
                        )
                    )
            time.sleep(0.2)

    def pay(self, order: Order) -> None:
        """Pay by card, once it is time."""
        self.approve(order)
        request_id = uuid4().hex
        persist(
            lambda: client.pay(
                order.number,
                payment_method="sandbox",
                amount=order.total,
                card_token=CARD,
                by="customer:guest",
                request_id=request_id,
            )
        )

    def transfer(self, order: Order) -> None:
        """Pay, and have the provider tell the shop."""
        self.approve(order)
        persist(lambda: self._send(order))

    def _send(self, order: Order) -> None:
        try:
            send_payment(self.base_url, number=order.number, amount=order.total)
        except AssertionError as refused:  # sent again until it is taken
            raise NotAnswered(str(refused)) from refused

    def add_and_pay(self, order: Order) -> None:
        """Think of something else first."""
        self.wait(order, WaitingFor.APPROVAL, WaitingFor.PAYMENT)
        request_id = uuid4().hex
        persist(
            lambda: client.add_order_item(
                order.number, sku="FAULT-CHEAP", quantity=2, by="customer:guest", request_id=request_id
            )
        )
        persist(order.refresh_from_db)
        self.pay(order)

    def change_and_pay(self, order: Order) -> None:
        """Have less or more of it, and the mails in German."""
        self.wait(order, WaitingFor.APPROVAL, WaitingFor.PAYMENT)
        sku = persist(lambda: order.lines.get().sku)
        request_id = uuid4().hex
        persist(
            lambda: client.set_order_quantity(
                order.number, sku=sku, quantity=2, by="customer:guest", request_id=request_id
            )
        )
        persist(lambda: client.set_language(order.number, "de"))
        persist(order.refresh_from_db)
        self.pay(order)

    def cancel(self, order: Order) -> None:
        """Change one's mind before it is paid, sooner or later."""
        if self.chance.choice(CANCEL_WHEN) == WaitingFor.PAYMENT:
            self.approve(order)
        self._change_mind(order)

    def cancel_once_paid(self, order: Order) -> None:
        """Change one's mind when the parcel is nearly packed."""
        self.pay(order)
        self.wait(order, WaitingFor.SHIPMENT)
        self._change_mind(order)

    def _change_mind(self, order: Order) -> None:
        time.sleep(self.chance.random() / 2)
        persist(lambda: client.cancel_order(order.number, reason="changed_mind", by="customer:guest"))

    def report_too_early(self, order: Order) -> None:
        """A machine in the warehouse says that it has left before it is paid: noted, and without effect."""
        self.approve(order)
        persist(lambda: report_shipped(order.number))
        self.pay(order)

    def pay_anew(self, order: Order) -> Order:
        """Be reminded, let the time pass all the same, and have staff place it anew; returns the new order."""
        self.approve(order)
        self.wait(order)
        request_id = uuid4().hex
        number = persist(
            lambda: client.reopen_order(
                order.number, seen=reopenable.offer(order).fingerprint, by=staff(), request_id=request_id
            )
        )
        self.story.append(number)
        anew = persist(lambda: Order.objects.get(number=number))
        self.pay(anew)
        return anew

    def pay_later(self, order: Order) -> None:
        """Be given another day, and pay at once all the same."""
        self.approve(order)
        until, request_id = timezone.now() + timedelta(days=1), uuid4().hex
        persist(lambda: client.extend_payment_deadline(order.number, until=until, by=staff(), request_id=request_id))
        self.pay(order)

    def deliver(self, order: Order) -> None:
        """The warehouse sends what is paid."""
        if self.wait(order, WaitingFor.SHIPMENT) != WaitingFor.SHIPMENT:
            return
        persist(lambda: client.mark_shipped(order.number, carrier="DHL", tracking_number="0034 1", by="user:1"))
        self.wait(order)

    def wait(self, order: Order, *stages: str) -> str:
        """Until the order waits for one of these, or has ended; returns what it waits for then."""
        patience = time.monotonic() + PATIENCE
        while True:
            persist(order.refresh_from_db)
            if order.status in ENDED or order.waiting_for in stages:
                return order.waiting_for
            if time.monotonic() > patience:
                raise TakesTooLong(f"{order.number} ({self.plan}) is {order.status}, waits for {order.waiting_for!r}")
            time.sleep(0.1)


def staff() -> str:
    """A manager, as an actor."""
    return actors.user(persist(lambda: get_user_model().objects.get(username="manager").pk))


@client_function
async def report_shipped(number: str) -> None:
    """A machine reports a parcel, and hears nothing."""
    saga = (await get_client()).get_workflow_handle(identifiers.order_saga(number))
    parcel = ShippingInfo("DHL", "0034 0", by="webhook:warehouse")
    await saga.signal(OrderSagaWorkflow.mark_shipped, parcel, rpc_timeout=accept_timeout())


def stock_up() -> dict[str, int]:
    """Two products with plenty in stock; returns how much."""
    products = [("FAULT-CHEAP", "12.50"), ("FAULT-DEAR", "300.00")]
    for sku, price in products:
        Product.objects.create(sku=sku, name=sku.title(), price=price, on_hand=1_000)
    return {sku: 1_000 for sku, _price in products}
