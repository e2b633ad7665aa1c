"""The demo's stand-in for a bank: reports a transfer to the shop as the provider would, by its signed webhook."""

import json
import time
import urllib.error
import urllib.request

from django.conf import settings
from django.http import Http404, HttpRequest
from django.urls import reverse

from orders.models import Order
from orders.payments import parts
from orders.payments.reports import PAID
from orders.payments.sandbox import SandboxGateway
from orders.payments.sandbox_webhook import SIGNATURE_HEADER, sign
from orders.rules.refusals import Refusal
from orders.rules.states import PaymentState
from temporal_app.client.errors import Refused, Unavailable

PATIENCE_SECONDS = 5


def offered(order: Order) -> bool:
    """Only where the shop is tried out, and only for the provider that is built in."""
    return settings.DEMO and order.payment_method == SandboxGateway.name


def pretend(request: HttpRequest, order: Order, *, event_id: str) -> None:
    """Let the transfer for an order arrive: at the provider, then at the shop's own webhook, over HTTP.

    :raises Http404: not while trying things out
    :raises Refused: the order does not wait for a payment
    :raises Unavailable: the shop did not take the provider's word
    """
    if not offered(order):
        raise Http404
    payment = order.payments.filter(state__in=[PaymentState.REQUESTED, PaymentState.HELD]).order_by("-attempt").first()
    if payment is None or not payment.reference:
        raise Refused(Refusal.NOT_WAITING_FOR_PAYMENT, {"number": order.number})
    amount = payment.amount - parts.received(order)
    SandboxGateway().receive_transfer(reference=payment.reference, amount=amount)
    payment_event = {
        "id": f"evt_{event_id}",
        "order_id": order.number,
        "status": PAID,
        "amount": f"{amount:.2f}",
        "currency": payment.currency,
        "reference": payment.reference,
    }
    webhook = request.build_absolute_uri(reverse("payment-webhook", args=[SandboxGateway.name]))
    _send(webhook, json.dumps(payment_event).encode())


def _send(url: str, body: bytes) -> None:
    headers = {"Content-Type": "application/json", SIGNATURE_HEADER: sign(body, int(time.time()))}
    asked = urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310 - our own address
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE_SECONDS):  # noqa: S310 # nosec B310 # our own address
            pass
    except urllib.error.URLError as problem:
        raise Unavailable from problem
