"""Talking to Stripe with its own library: one client a process, its errors as ours, its answers checked.

Nothing that comes from there is trusted to have the shape it should have: an answer that cannot be read is as good
as none.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

import stripe
from django.conf import settings

from orders.payments.gateway import Declined, ProviderRefused, ProviderUnavailable, UnknownPayment
from orders.rules.totals import ZERO

CENTS = Decimal(100)
CURRENCIES = frozenset({"EUR", "USD", "GBP", "CHF"})  # two decimal places; Stripe counts others differently
Read = TypeVar("Read")


@dataclass(frozen=True)
class Intent:
    """What the shop reads of a PaymentIntent. Amounts in the currency's unit."""

    reference: str
    status: str
    amount: Decimal
    currency: str
    captured: Decimal
    refunded: Decimal
    charge: str
    metadata: dict[str, str]


@dataclass(frozen=True)
class Refund:
    """What the shop reads of a refund."""

    id: str
    metadata: dict[str, str]


@dataclass(frozen=True)
class Session:
    """What the shop reads of a Checkout session. `intent` is there once somebody has tried to pay."""

    id: str
    status: str
    url: str
    order_number: str
    amount: Decimal
    currency: str
    intent: Intent | None
    metadata: dict[str, str]


def client() -> stripe.StripeClient:
    """The process's client, with our own timeout and few retries; the workflow's policy does the rest."""
    return _client(
        settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, settings.STRIPE_TIMEOUT, settings.STRIPE_RETRIES
    )


@cache
def _client(secret: str, base: str, timeout: float, retries: int) -> stripe.StripeClient:
    return stripe.StripeClient(
        secret,
        base_addresses={"api": base},
        http_client=stripe.RequestsClient(timeout=timeout),  # it keeps one session a thread
        max_network_retries=retries,
    )


@contextmanager
def our_errors() -> Iterator[None]:
    """Turn what Stripe's library raises into what a gateway raises."""
    try:
        yield
    except stripe.CardError as error:
        raise Declined(f"declined: {error.code}") from error
    except stripe.InvalidRequestError as error:
        if error.http_status == 404:
            raise UnknownPayment("Stripe knows no such payment") from error
        raise ProviderRefused(f"Stripe refused: {error.code or error.param}") from error
    except stripe.IdempotencyError as error:
        raise ProviderRefused("the key belongs to another call") from error
    except stripe.StripeError as error:  # no connection, 429, 5xx, a wrong API key, an answer that is no JSON
        raise ProviderUnavailable(f"Stripe did not answer ({type(error).__name__})") from error


def answer(call: Callable[[], Any], read: Callable[[Any], Read]) -> Read:
    """Make a call and read its answer, as plain dicts and lists.

    :raises PaymentError: the call failed, or its answer is not what it should be
    """
    with our_errors():
        try:
            return read(call().to_dict())
        except (AttributeError, KeyError, TypeError, ValueError, ArithmeticError) as error:
            # valid JSON of a shape that Stripe's library or we do not expect
            raise ProviderUnavailable("Stripe's answer cannot be read") from error


def read_intent(intent: Any) -> Intent:
    """:raises KeyError, TypeError: it is no PaymentIntent"""
    if intent["object"] != "payment_intent":
        raise TypeError("not a PaymentIntent")
    charge = intent["latest_charge"]
    expanded = charge is not None and not isinstance(charge, str)
    return Intent(
        reference=_text(intent["id"]),
        status=_text(intent["status"]),
        amount=from_cents(intent["amount"]),
        currency=_text(intent["currency"]).upper(),
        captured=from_cents(intent["amount_received"]),
        refunded=from_cents(charge["amount_refunded"]) if expanded else ZERO,
        charge=_text(charge["id"] if expanded else charge or ""),
        metadata=dict(intent["metadata"]),
    )


def read_refund(refund: Any) -> Refund:
    """:raises KeyError, TypeError: it is no refund"""
    if refund["object"] != "refund":
        raise TypeError("not a refund")
    return Refund(_text(refund["id"]), dict(refund["metadata"]))


def read_session(session: Any) -> Session:
    """A session whose intent was asked for with it.

    :raises KeyError, TypeError: it is no Checkout session, or its page is not Stripe's
    """
    if session["object"] != "checkout.session":
        raise TypeError("not a Checkout session")
    url, intent = _text(session["url"] or ""), session["payment_intent"]
    if url and not url.startswith(f"{settings.STRIPE_CHECKOUT_BASE.rstrip('/')}/"):
        raise TypeError("not a page of Stripe's")
    return Session(
        id=_text(session["id"]),
        status=_text(session["status"]),
        url=url,
        order_number=_text(session["client_reference_id"]),
        amount=from_cents(session["amount_total"]),
        currency=_text(session["currency"]).upper(),
        intent=read_intent(intent) if isinstance(intent, dict) else None,
        metadata=dict(session["metadata"]),
    )


def list_of(read: Callable[[Any], Read]) -> Callable[[Any], tuple[list[Read], bool]]:
    """A reader for one page of a list: what is on it, and whether there is another page."""

    def read_list(found: Any) -> tuple[list[Read], bool]:
        if found["object"] != "list":
            raise TypeError("not a list")
        return [read(item) for item in found["data"]], bool(found["has_more"])

    return read_list


def to_cents(amount: Decimal) -> int:
    """As Stripe writes an amount.

    :raises ProviderRefused: fractions of a cent
    """
    cents = amount * CENTS
    if cents != cents.to_integral_value():
        raise ProviderRefused(f"{amount} has fractions of a cent")
    return int(cents)


def from_cents(cents: Any) -> Decimal:
    """As we write an amount."""
    if not isinstance(cents, int) or isinstance(cents, bool):
        raise TypeError("not an amount")
    return Decimal(cents) / CENTS + ZERO


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value
