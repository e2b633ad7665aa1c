"""Stripe's word over HTTP, from its webhook to the paid order."""

import json
import time
from uuid import uuid4

import pytest
import stripe
from django.conf import settings as shop
from django.http import HttpResponse
from django.test import Client

from orders.models import Order, PaymentEvent
from orders.payments.stripe_webhook import SIGNATURE_HEADER
from orders.rules import actors
from temporal_app import client
from tests.factories.orders import make_contact, wait_until
from tests.factories.products import make_product
from tests.payments.fake_stripe import FakeStripe

WEBHOOK = "/webhooks/payments/stripe/"


@pytest.fixture
def order(worker, fake_stripe: FakeStripe, settings) -> Order:
    """An order by Stripe that waits for its money."""
    settings.PAYMENT_METHODS = ["stripe"]
    make_product(price="43.90")
    cart_id = uuid4().hex
    client.add_to_cart(cart_id, sku="TEA", quantity=1, request_id=uuid4().hex)
    make_contact(cart_id)
    number = client.check_out(cart_id, payment_method="stripe", by=actors.customer(None))
    order = Order.objects.get(number=number)
    wait_until(order, waiting_for="payment")
    return order


def pay_at_stripe(fake: FakeStripe, order: Order) -> dict:
    """Alice pays in her browser, with Stripe and without us; returns the event that Stripe tells of it."""
    (intent,) = fake.books.of_order(order.number)
    fake.books.confirm(intent, {"payment_method": "pm_card_visa"})
    return fake.books.events[-1]


def tell(event: dict, *, secret: str = "") -> HttpResponse:
    """Stripe's webhook, signed as Stripe signs it."""
    body, now = json.dumps(event), int(time.time())
    header = stripe.WebhookSignature.generate_signature_header(body, secret or shop.STRIPE_WEBHOOK_SECRET, now)
    return Client().post(WEBHOOK, body, content_type="application/json", headers={SIGNATURE_HEADER: header})


def test_stripes_webhook_pays_a_waiting_order_and_the_money_is_captured(order: Order, fake_stripe: FakeStripe) -> None:
    event = pay_at_stripe(fake_stripe, order)

    answer = tell(event)
    wait_until(order, status="paid", waiting_for="shipment")

    (intent,) = fake_stripe.books.of_order(order.number)
    assert (answer.status_code, answer.json()) == (200, {"result": "taken"})
    assert (intent["status"], intent["amount_received"]) == ("succeeded", 4390)
    assert PaymentEvent.objects.get().reported_by == "webhook:stripe"


def test_a_webhook_that_stripe_did_not_sign_pays_nothing(order: Order, fake_stripe: FakeStripe) -> None:
    event = pay_at_stripe(fake_stripe, order)

    answer = tell(event, secret="whsec_somebody_elses")

    assert (answer.status_code, answer.json()) == (400, {"error": "the signature is wrong or too old"})
    assert not PaymentEvent.objects.exists()
    wait_until(order, status="pending", waiting_for="payment")


def test_what_stripe_tells_about_anything_else_is_taken_and_ignored(order: Order, fake_stripe: FakeStripe) -> None:
    created = fake_stripe.books.events[0]

    answer = tell(created)

    assert (answer.status_code, answer.json()) == (200, {"result": "ignored"})
    assert not PaymentEvent.objects.exists()
