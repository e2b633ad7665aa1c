"""Small factories for steps that could not be undone: rows as activities would leave them."""

from django.contrib.auth.models import User
from django.utils import timezone

from orders.models import CompensationFailure, Order, ReversalDecision
from orders.rules.order_events import OrderEvent
from orders.rules.status import OrderStatus
from temporal_app.activities import orders
from temporal_app.activities.recording import record_timeline_entry
from temporal_app.messages import Ending
from tests.factories.rows import make_order


def make_reversal(order: Order | None = None, step: str = "payment", **columns: object) -> CompensationFailure:
    """A step of an order that could not be undone, with 12.00 of money at risk."""
    return CompensationFailure.objects.create(
        **{
            "order": order or make_order(),
            "step": step,
            "error": "no answer",
            "amount_at_risk": "12.00",
            "currency": "EUR",
            "happened_at": timezone.now(),
            **columns,
        }
    )


def left_to_people(*steps: str, **columns: object) -> Order:
    """A paid order that was cancelled, and of which these steps could not be undone."""
    order = make_order(**{"status": OrderStatus.PAID, **columns})
    order.begin_undo(timezone.now())
    record_timeline_entry(order, OrderEvent.PAID, by="system", amount=str(order.total))
    for step in steps or ("payment",):
        make_reversal(order, step)
    orders.record_cancelled(Ending(order.number, "cancelled", "changed_mind", "customer:guest"))
    order.refresh_from_db()
    return order


def decide_on(failure: CompensationFailure, person: User, action: str, text: str = "") -> ReversalDecision:
    """What a person has decided about a failed reversal, still to be carried out."""
    return ReversalDecision.objects.create(failure=failure, action=action, text=text, decided_by=person)
