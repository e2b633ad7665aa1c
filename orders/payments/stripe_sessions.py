"""Stripe's own page, where customers type their card and prove who they are: a Checkout session for one hold.

A session makes a PaymentIntent of its own, which stands in for the hold's: the shop goes on calling the payment by its
hold. A page lives for a day at most; then another one is opened while the order waits.
"""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any

from orders.models.stripe import StripeSession
from orders.payments.gateway import PaidAlready, ProviderRefused
from orders.payments.stripe_wire import Intent, Session, answer, client, list_of, read_intent, read_session, to_cents

ALIVE = {"requires_capture", "succeeded", "processing"}
EXPAND = {"expand": ["payment_intent.latest_charge"]}
CLOCKS_DIFFER = timedelta(minutes=5)
PAGE = 100


class StripePages:
    """Opens Stripe's page for a payment."""

    name = "stripe"

    def open(
        self, *, hold: str, order_number: str, amount: Decimal, currency: str, return_url: str, back_url: str
    ) -> str:
        """The page that is open for a payment, or a new one; returns its name, and it is open once, however often it
        is asked for.

        :param return_url: where who has paid is sent to; `{CHECKOUT_SESSION_ID}` in it becomes the page's name
        :param back_url: where who has not is sent to
        :raises PaidAlready: the customer has paid
        :raises ProviderRefused: the payment is not open any more
        """
        params = _params(hold, order_number, amount, currency, return_url, back_url)
        while True:
            row, new = StripeSession.begin(hold=hold, order_number=order_number)
            session = _known(row) if row.session else (None if new else _found(row)) or _create(row, params)
            if (session.order_number, session.amount, session.currency) != (order_number, amount, currency):
                raise ProviderRefused("the page belongs to another payment")
            if session.status == "open":
                row.opened(session=session.id, url=session.url)
                break
            row.end(intent=session.intent.reference if session.intent else "")
            if session.intent is not None and session.intent.status in ALIVE:
                raise PaidAlready("the customer has paid on this page")
        if _intent(hold).status in {*ALIVE, "canceled"}:  # by a card token, or given up, meanwhile
            close(hold)
            raise ProviderRefused("the payment is not open any more")
        return session.id

    def close(self, *, hold: str) -> None:
        """Nobody can pay on a page of this payment any more; who has paid is asked by `release`."""
        close(hold)


def intents_of(hold: str) -> list[Intent]:
    """What customers have paid with, or tried to, on a payment's pages."""
    rows = StripeSession.objects.filter(hold=hold).exclude(session="").exclude(is_over=True, intent="").order_by("pk")
    found = [_intent(row.intent) if row.is_over else _look(row, _known(row)) for row in rows]
    return [intent for intent in found if intent is not None]


def close(hold: str) -> list[Intent]:
    """Close a payment's pages; returns what customers have paid with on them before, as it stands now."""
    for row in StripeSession.objects.filter(hold=hold, is_over=False).exclude(session=""):
        if _known(row).status == "open":
            with suppress(ProviderRefused):  # somebody paid on it in this very moment, or its day was over: see below
                _expire(row)
    return [intent for intent in intents_of(hold) if intent.status in ALIVE]


def _look(row: StripeSession, session: Session) -> Intent | None:
    """What was paid with on a page; one that is over is not asked for again."""
    if session.status == "open":
        return None
    paid = session.intent if session.status == "complete" else None
    row.end(intent=paid.reference if paid else "")
    return paid


def _params(
    hold: str, order_number: str, amount: Decimal, currency: str, return_url: str, back_url: str
) -> dict[str, Any]:
    metadata = {"order": order_number, "hold": hold}
    price = {"currency": currency.lower(), "unit_amount": to_cents(amount), "product_data": {"name": order_number}}
    return {
        "mode": "payment",
        "client_reference_id": order_number,
        "payment_method_types": ["card"],
        "line_items": [{"price_data": price, "quantity": 1}],
        "payment_intent_data": {"capture_method": "manual", "description": order_number, "metadata": metadata},
        "success_url": return_url,
        "cancel_url": back_url,
        **EXPAND,
    }


def _create(row: StripeSession, params: dict[str, Any]) -> Session:
    params = {**params, "metadata": {**params["payment_intent_data"]["metadata"], "session_key": row.key}}
    return answer(lambda: _sessions().create(params, {"idempotency_key": row.key}), read_session)


def _found(row: StripeSession) -> Session | None:
    """The page that an earlier try has opened, although its answer was lost."""
    since = {"gte": int((row.first_tried_at - CLOCKS_DIFFER).timestamp())}
    asked = {"created": since, "limit": PAGE, "expand": ["data.payment_intent.latest_charge"]}
    sessions, _more = answer(lambda: _sessions().list(asked), list_of(read_session))
    return next((session for session in sessions if session.metadata.get("session_key") == row.key), None)


def _expire(row: StripeSession) -> None:
    answer(lambda: _sessions().expire(row.session, EXPAND), read_session)


def _known(row: StripeSession) -> Session:
    return answer(lambda: _sessions().retrieve(row.session, EXPAND), read_session)


def _intent(reference: str) -> Intent:
    return answer(lambda: client().v1.payment_intents.retrieve(reference, {"expand": ["latest_charge"]}), read_intent)


def _sessions() -> Any:
    return client().v1.checkout.sessions
