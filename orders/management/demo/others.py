"""What else is on the desks of the demo shop: money of no order, expenses, and carts that are still being filled."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.contrib.auth.models import User
from django.db.models import Q

from orders.management.demo import outside
from orders.management.demo.dates import date_back, of_event, of_expense
from orders.management.demo.steps import is_judged
from orders.management.demo.waiting import wait
from orders.models import Cart, ExpenseRequest
from temporal_app import client
from temporal_app.client.errors import Refused


@dataclass(frozen=True)
class Other:
    """One thing; `happen` makes it so that it began before a moment, and does nothing where it is there already."""

    key: str
    happen: Callable[[datetime], None]


def _payment_of_an_unknown_order(now: datetime) -> None:
    event = "demo-unknown-order"
    outside.provider_reports(event, number="ORD-2026-900017", amount=Decimal("74.00"), reference="sbx_from_elsewhere")
    wait(lambda: is_judged(Q(event_id=event)))
    date_back(of_event(event), to=now - timedelta(days=3.3))


def _transfer_without_a_reference(now: datetime) -> None:
    then, name = now - timedelta(days=2.3), "demo-no-reference.sta"
    words = "Thank you for the quick delivery"
    outside.bank_reports(name, on=then.date(), amount=Decimal("96.00"), purpose=words, payer="Ottlieb, Sven")
    wait(lambda: is_judged(Q(statement_line__statement__name=name)))
    date_back(of_event("", statement=name), to=then)


def _expense(key: str, *, by: str, amount: str, category: str, description: str, days: float, submitted: bool) -> Other:
    def happen(now: datetime) -> None:
        requester = User.objects.get(username=by)
        typed = {"requester": requester, "category": category, "description": description, "amount": Decimal(amount)}
        expense, _new = ExpenseRequest.objects.get_or_create(request_key=f"demo-{key}", defaults=typed)
        try:
            if submitted:
                client.submit_expense(expense.pk)
        except Refused:
            return  # it had been
        date_back(of_expense(expense), to=now - timedelta(days=days))

    return Other(key, happen)


def _cart(key: str, *items: tuple[str, int], username: str = "") -> Other:
    def happen(_now: datetime) -> None:
        if Cart.objects.filter(cart_id=f"demo-{key}").exists():
            return
        customer = User.objects.get(username=username).pk if username else None
        for sku, quantity in items:
            click = f"demo-{key}-{sku}"
            client.add_to_cart(f"demo-{key}", sku=sku, quantity=quantity, customer_id=customer, request_id=click)

    return Other(key, happen)


OTHERS = (
    Other("unknown-order", _payment_of_an_unknown_order),
    Other("no-reference", _transfer_without_a_reference),
    _expense(
        "scale",
        by="warehouse",
        amount="84.90",
        category="Equipment",
        description="Parcel scale, the old one is 30 g off",
        days=1.7,
        submitted=True,
    ),
    _expense(
        "fair",
        by="support",
        amount="412.00",
        category="Travel",
        description="Train and two nights for the coffee fair",
        days=0.6,
        submitted=True,
    ),
    _expense(
        "paper",
        by="finance",
        amount="23.50",
        category="Office",
        description="Paper for the label printer",
        days=0.2,
        submitted=False,
    ),
    _cart("cart-anna", ("TEA-SENCHA-100", 2), ("CUP-MUG-04", 1), username="anna"),
    _cart("cart-guest", ("KET-GOOSE", 1)),
)
