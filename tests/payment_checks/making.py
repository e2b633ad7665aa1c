"""Small factories: payments reported this way and that, and what people decide about the odd ones."""

from decimal import Decimal
from itertools import count

from orders.models import ExceptionDecision, Order, Payment, PaymentNotice
from orders.payments.intake import told
from orders.payments.webhooks import Notice
from temporal_app import client
from tests.workflows.making import eventually, make_person, place_order, wait_until

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
) -> PaymentNotice:
    """Somebody says that `order` is paid in full, and the shop takes it; answers what became of it."""
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
    notice, _new = told(Notice(**word), provider=provider, by=by)
    client.take_notice(notice.pk)
    if wait:
        eventually(lambda: not _is_open(notice))
    return notice


def _is_open(notice: PaymentNotice) -> bool:
    notice.refresh_from_db()
    return notice.outcome == "received"


def fritz():
    """Somebody in finance."""
    from django.contrib.auth import get_user_model

    return get_user_model().objects.filter(username="fritz").first() or make_person("fritz", "finance")


def write_decision(notice: PaymentNotice, action: str, **columns: object) -> ExceptionDecision:
    """What Fritz types."""
    defaults = {"reason": "as agreed by phone", "oddity": notice.reason, "decided_by": fritz()}
    return ExceptionDecision.objects.create(notice=notice, action=action, **{**defaults, **columns})


def settle(notice: PaymentNotice, action: str, **columns: object) -> ExceptionDecision:
    """Fritz decides, and it is carried out."""
    decision = client.settle_exception(write_decision(notice, action, **columns).pk)
    notice.refresh_from_db()
    return decision
