"""What a visitor does in the shop, over HTTP, with the fields of the contract."""

import re
from decimal import Decimal
from uuid import uuid4

from django.test import Client
from django.utils import timezone

from orders.models import Order
from tests.factories.products import make_product

ADDRESS = {
    "name": "Alice Äther",
    "email": "alice@example.org",
    "street": "Obere Str. 57",
    "postal_code": "12209",
    "city": "Berlin",
    "country": "Germany",
    "payment_method": "sandbox",
}


def put(visitor: Client, sku: str = "TEA", quantity: object = 1, **fields):
    """Put pieces of a product into the cart."""
    return visitor.post("/cart/items/", {"sku": sku, "quantity": quantity, **fields})


def check_out(visitor: Client, **fields):
    """Order what is in the cart."""
    return visitor.post("/checkout/", {**ADDRESS, **fields})


def place(visitor: Client, sku: str = "TEA", quantity: int = 1) -> Order:
    """Fill the visitor's cart and order it."""
    put(visitor, sku, quantity)
    answer = check_out(visitor)
    assert answer.status_code == 302, answer.content.decode()
    return Order.objects.get(number=answer["Location"].split("/")[2])


def written(**columns) -> Order:
    """An order as the tables know it, with no process behind it: 40.00, waiting for its payment."""
    product = make_product("TEA", name="Assam leaf", price=Decimal("20.00"))
    columns = {**ADDRESS, "waiting_for": "payment", "cart_id": uuid4().hex, **columns}
    return Order.place(at=timezone.now(), lines=[(product, 2)], **columns)


def words(answer) -> str:
    """What a person reads on a page: no markup, single spaces."""
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", text).replace("&#x27;", "'")
