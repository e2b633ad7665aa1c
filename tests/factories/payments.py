"""Small factories: orders as activities leave them, and what is told about their payments."""

from decimal import Decimal
from itertools import count

from orders.models import Order, Payment, PaymentEvent
from orders.payments.reports import PaymentReport
from orders.reconciliation import matching
from orders.rules.states import PaymentState
from orders.rules.status import OrderStatus, WaitingFor
from tests.factories.rows import make_order

TOTAL = "43.90"
events = count(1)


def make_waiting_order(total: str = TOTAL, **columns: object) -> Order:
    """An order that waits for its payment, held at the provider as `sbx_{number}`."""
    order = make_order(total, **columns)
    order.wait_for(WaitingFor.PAYMENT, None)
    Payment.objects.create(
        order=order,
        provider=order.payment_method,
        reference=f"sbx_{order.number}",
        amount=order.total,
        currency="EUR",
        state=PaymentState.HELD,
    )
    return order


def make_payment_event(
    order: Order | None = None, *, provider: str = "sandbox", by: str = "", event_id: str = "", **fields: object
) -> PaymentEvent:
    """Somebody says that `order` is paid in full."""
    number = order.number if order else "ORD-2026-999999"
    told = {
        "event_id": event_id or f"evt_{next(events)}",
        "order_number": number,
        "status": "paid",
        "amount": Decimal(order.total if order else TOTAL),
        "currency": "EUR",
        "reference": f"sbx_{number}",
        **fields,
    }
    row, _new = matching.record_event(PaymentReport(**told), provider=provider, by=by or f"webhook:{provider}")
    return row


def capture(order: Order) -> None:
    """What the saga does once it knows of the payment."""
    order.payments.get().move_to(PaymentState.CAPTURED)
    order.move_to(OrderStatus.PAID, waiting_for=WaitingFor.SHIPMENT)
