"""By when an order has to be paid: reminding its customer, and giving them more time."""

from django.utils import timezone

from orders.authorization.own_orders import check_not_own
from orders.models import GuestHold, Order
from orders.models.notification import MailKind
from orders.payments import parts
from orders.reconciliation.arrived import may_be_paid
from orders.rules.order_events import OrderEvent
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.status import WaitingFor
from temporal_app.activities.outbox import mail_customer
from temporal_app.activities.recording import locked_for_step, moment, record_timeline_entry, shop_activity
from temporal_app.messages import OrderStep


@shop_activity(transactions="one")
def remind_of_payment(step: OrderStep) -> None:
    """Remind the customer of what is missing, once for an order; not where money has arrived in whatever way, or where
    the time is up."""
    order = Order.objects.locked(step.number)
    if not _is_awaited(order) or may_be_paid(order):
        return
    missing = str(parts.missing(order))
    record_timeline_entry(order, OrderEvent.PAYMENT_REMINDED, by=step.by, missing=missing)
    mail_customer(order, MailKind.PAYMENT_REMINDER, missing=missing)


def _is_awaited(order: Order) -> bool:
    """Whether the order waits for its money, and will for a while."""
    waits = order.waiting_for == WaitingFor.PAYMENT and order.undo_started_at is None
    return waits and order.waiting_until is not None and order.waiting_until > timezone.now()


@shop_activity(transactions="one")
def extend_payment_deadline(step: OrderStep) -> None:
    """Give the customer of an order time until `step.until` to pay, and tell them; a guest's goods are kept as long.

    :raises RuleBroken: it waits for no money any more, or is the own order of who says so
    """
    order = locked_for_step(step.number)
    check_not_own(order, step.by)
    if order.waiting_for != WaitingFor.PAYMENT:
        raise RuleBroken(Refusal.NOT_WAITING_FOR_PAYMENT, number=order.number)
    until, hold = moment(step.until), GuestHold.objects.filter(order=order).first()
    order.wait_for(WaitingFor.PAYMENT, until)
    if hold and until:
        hold.put_off(until)
    key = f"{step.until:.0f}"
    record_timeline_entry(order, OrderEvent.PAYMENT_EXTENDED, by=step.by, key=key, until=step.until)
    mail_customer(order, MailKind.PAYMENT_EXTENDED, key=key, missing=str(parts.missing(order)))
