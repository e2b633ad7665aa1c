"""Small factories for workflow tests: products, people, carts and orders, made the way the shop makes them."""

import time
from collections.abc import Callable
from decimal import Decimal
from uuid import uuid4

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from orders.models import ContactDetails, Order, Product
from temporal_app import client, names

ADDRESS = {
    "name": "Alice Äther",
    "email": "alice@example.org",
    "street": "Obere Str. 57",
    "postal_code": "12209",
    "city": "Berlin",
    "country": "Germany",
}
CARD = "tok_chargeable_visa"


def make_product(sku: str = "TEA", **columns) -> Product:
    """A product with stock; 100.00 apiece and 1,000 pieces unless said otherwise."""
    defaults = {"name": f"Product {sku}", "price": Decimal("100.00"), "on_hand": 1_000}
    return Product.objects.create(sku=sku, **{**defaults, **columns})


def make_person(name: str, *roles: str):
    """A member of staff in these roles; its password is unusable."""
    person = get_user_model().objects.create_user(name, email=f"{name}@example.org", is_staff=True)
    person.groups.set([Group.objects.get_or_create(name=role)[0] for role in roles])
    return person


def make_contact(cart_id: str, **columns) -> ContactDetails:
    """What a customer types at checkout."""
    return ContactDetails.objects.create(cart_id=cart_id, payment_method="sandbox", **{**ADDRESS, **columns})


def place_order(*items: tuple[str, int], customer_id: int | None = None) -> Order:
    """Fill a cart, check out, and answer the order."""
    cart_id = uuid4().hex
    for sku, quantity in items or (("TEA", 1),):
        client.add_to_cart(cart_id, sku=sku, quantity=quantity, customer_id=customer_id)
    make_contact(cart_id)
    number = client.check_out(cart_id, payment_method="sandbox", by=names.customer(customer_id))
    return Order.objects.get(number=number)


def eventually(is_so: Callable[[], object], *, within: float = 10.0) -> object:
    """Wait until something is so, and answer it; fails after `within` seconds."""
    deadline = time.monotonic() + within
    while not (answer := is_so()):
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)
    return answer


def wait_until(order: Order, *, status: str | None = None, waiting_for: str | None = None, within: float = 10.0) -> None:
    """Wait until the order's row says so."""

    def is_so() -> bool:
        order.refresh_from_db()
        return (status is None or order.status == status) and (
            waiting_for is None or order.waiting_for == waiting_for
        )

    try:
        eventually(is_so, within=within)
    except AssertionError:
        story = list(order.timeline.order_by("id").values_list("kind", "data"))
        raise AssertionError(f"{order.number} is {order.status}, waits for {order.waiting_for!r}: {story}") from None


def pay(order: Order, *, card_token: str = CARD, by: str = "customer:guest") -> str:
    """Pay an order's total by card."""
    order.refresh_from_db()
    return client.pay(order.number, payment_method="sandbox", amount=order.total, card_token=card_token, by=by)


def ship(order: Order, by: str = "user:1") -> None:
    """Mark an order as shipped."""
    client.mark_shipped(order.number, carrier="DHL", tracking_number="0034 1", by=by)


def happenings(order: Order) -> list[str]:
    """The kinds of an order's timeline, first to last."""
    return list(order.timeline.order_by("id").values_list("kind", flat=True))
