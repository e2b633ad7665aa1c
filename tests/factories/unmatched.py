"""Small factories: payments reported this way and that, and what people decide about the odd ones."""

from decimal import Decimal
from itertools import count

from orders.models import Order, Payment, PaymentEvent, Resolution
from orders.payments.reports import PaymentReport
from orders.reconciliation.matching import record_event
from temporal_app import client
from tests.factories.orders import eventually, place_order, wait_until
from tests.factories.people import make_user

events = count(1)


def waiting_order(*items: tuple[str, int]) -> Order:
    """An order, carried by its saga, that waits for its money."""
    order = place_order(*items)
    wait_until(order, waiting_for="payment")
    return order


def reference_of(order: Order) -> str:
    """What its provider calls the payment that an order waits for."""
    return Payment.objects.filter(order=order).latest("attempt").reference


def report(
    order: Order | None = None,
    *,
    by: str = "webhook:sandbox",
    provider: str = "sandbox",
    wait: bool = True,
    **changes: object,
) -> PaymentEvent:
    """Somebody says that `order` is paid in full, and the shop takes it; returns what became of it."""
    number = next(events)
    word = {
        "event_id": f"evt_{number}",
        "order_number": order.number if order else "ORD-2026-999999",
        "status": "paid",
        "amount": order.total if order else Decimal("43.90"),
        "currency": "EUR",
        "reference": reference_of(order) if order else f"transfer {number}",
        **changes,
    }
    payment_event, _new = record_event(PaymentReport(**word), provider=provider, by=by)
    client.match_payment_event(payment_event.pk)
    if wait:
        eventually(lambda: not _is_open(payment_event))
    return payment_event


def _is_open(payment_event: PaymentEvent) -> bool:
    payment_event.refresh_from_db()
    return payment_event.outcome == "received"


def fritz():
    """Somebody in finance."""
    from django.contrib.auth import get_user_model

    return get_user_model().objects.filter(username="fritz").first() or make_user("fritz", "finance")


def write_decision(payment_event: PaymentEvent, action: str, **columns: object) -> Resolution:
    """What Fritz types."""
    defaults = {"reason": "as agreed by phone", "mismatch": payment_event.reason, "decided_by": fritz()}
    return Resolution.objects.create(payment_event=payment_event, action=action, **{**defaults, **columns})


def resolve(payment_event: PaymentEvent, action: str, **columns: object) -> Resolution:
    """Fritz decides, and it is carried out."""
    decision = client.resolve_payment(write_decision(payment_event, action, **columns).pk)
    payment_event.refresh_from_db()
    return decision
