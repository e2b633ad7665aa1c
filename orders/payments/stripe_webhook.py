"""What Stripe sends us: checked with Stripe's library, guarded where that is not base enough."""

import json
import re
from collections.abc import Mapping
from typing import Any

import stripe
from django.conf import settings

from orders.payments.reports import FAILED, PAID, TOLERANCE, BadSignature, Malformed, PaymentReport
from orders.payments.stripe_wire import from_cents

SIGNATURE_HEADER = "Stripe-Signature"
# event → (what it says, where the amount stands); everything else Stripe sends is nothing of ours
SAYS = {
    "payment_intent.amount_capturable_updated": (PAID, "amount_capturable"),
    "payment_intent.succeeded": (PAID, "amount_received"),
    "payment_intent.payment_failed": (FAILED, "amount"),
}


def read_stripe(headers: Mapping[str, str], body: bytes, now: int) -> PaymentReport | None:
    """Check and read what Stripe sent.

    :param now: Unix time in seconds
    :returns: None for events that say nothing about a payment of ours
    :raises BadSignature: Stripe did not send this, or not within `TOLERANCE` seconds of now, either way
    :raises Malformed: it is not what Stripe sends
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise Malformed("the body is not UTF-8") from None
    _verify(headers.get(SIGNATURE_HEADER, ""), text, now)
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed("the body is not JSON") from None
    try:
        return _report(event)
    except (KeyError, TypeError, AttributeError) as error:
        raise Malformed("the event is not of the shape Stripe sends") from error


def _verify(header: str, text: str, now: int) -> None:
    # the library raises something else on odd characters, and takes timestamps from the future
    time = re.search(r"(?:^|,)t=([0-9]{1,12})(?:,|$)", header, re.ASCII)
    if time is None or len(header) > 1000 or not header.isascii():
        raise BadSignature("the signature is missing or malformed")
    if int(time[1]) > now + TOLERANCE:
        raise BadSignature("the signature is from the future")
    try:
        stripe.WebhookSignature.verify_header(text, header, settings.STRIPE_WEBHOOK_SECRET, TOLERANCE)
    except stripe.SignatureVerificationError as error:
        raise BadSignature("the signature is wrong or too old") from error


def _report(event: Any) -> PaymentReport | None:
    if event["object"] != "event":
        raise TypeError("not an event")
    if event["type"] not in SAYS:
        return None
    status, where = SAYS[event["type"]]
    intent = event["data"]["object"]
    number = intent["metadata"].get("order")
    if number is None:
        return None  # somebody else's use of the same account
    amount = from_cents(intent[where])
    if not 0 < amount < 10**10:
        raise TypeError("not an amount")
    return PaymentReport(
        event_id=_text(event["id"], 120),
        order_number=_text(number, 40),
        status=status,
        amount=amount,
        currency=_text(intent["currency"], 3).upper(),
        # who paid on Stripe's page did so with another intent, in place of the hold that it names
        reference=_text(intent["metadata"].get("hold", intent["id"]), 120),
    )


def _text(value: Any, longest: int) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isprintable():
        raise TypeError("not a text of the right length")
    return value
