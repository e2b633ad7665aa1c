"""What tests of Stripe's page share: an order that waits for its money, and the page that a click leads to."""

from uuid import uuid4

from django.http import HttpResponse
from django.test import Client

from orders.models import Order
from orders.rules import actors
from temporal_app import client
from tests.factories.orders import make_contact, wait_until
from tests.factories.products import make_product


def wait_for_card() -> Order:
    """An order over 43.90 that is to be paid on Stripe's page."""
    make_product(price="43.90")
    return another_order()


def another_order() -> Order:
    """One more of the same."""
    cart_id = uuid4().hex
    client.add_to_cart(cart_id, sku="TEA", quantity=1, request_id=uuid4().hex)
    make_contact(cart_id)
    number = client.check_out(cart_id, payment_method="stripe", by=actors.customer(None))
    order = Order.objects.get(number=number)
    wait_until(order, waiting_for="payment")
    return order


def click(order: Order, amount: str = "43.90") -> HttpResponse:
    """The customer wants to pay by card."""
    return Client().post(f"{order.get_absolute_url()}card/", {"amount": amount})


def session_of(answer: HttpResponse) -> str:
    """The name of the page that an answer leads to."""
    assert answer.status_code == 303, answer.content
    return answer.headers["Location"].rsplit("/", 1)[1]


def come_back(order: Order, session: str) -> HttpResponse:
    """Stripe sends the customer's browser back."""
    return Client().get(f"{order.get_absolute_url()}card/back/", {"session": session}, follow=True)
