"""What happens to an order as a whole: changed, remarked on, completed, undone."""

from collections.abc import Callable

from django.utils import timezone

from orders.models import CompensationFailure, Order, OrderLine, Product, TypedWords
from orders.models.notification import MailKind
from orders.payments import credit, parts
from orders.rules import actors
from orders.rules.limits import ORDER_LINES, check_quantity
from orders.rules.order_events import OrderEvent
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.status import OrderStatus
from orders.rules.totals import ZERO, total
from temporal_app.activities import reservations
from temporal_app.activities.outbox import alert_operations, mail_customer
from temporal_app.activities.payment_events import paid_with
from temporal_app.activities.recording import locked_for_step, record_timeline_entry, shop_activity
from temporal_app.activities.stock import reserve
from temporal_app.messages import (
    Ending,
    FailedReversal,
    LanguageChange,
    LineChange,
    OrderContent,
    OrderStep,
    TimelineMessage,
)


@shop_activity(transactions="one")
def add_line(change: LineChange) -> OrderContent:
    """Add pieces of a product to a pending order and reserve them, once for each key.

    :raises RuleBroken: not pending any more, unknown product, sold out, or too many lines
    """
    return _change_line(change, OrderEvent.ITEM_ADDED, lambda present: present + change.quantity)


@shop_activity(transactions="one")
def set_line(change: LineChange) -> OrderContent:
    """Have a pending order hold exactly so many pieces of a product, once for each key; the rest is given back.

    :raises RuleBroken: not pending any more, unknown product, sold out, too many lines, the last one taken off, or
        less left than is paid with credit
    """
    return _change_line(change, OrderEvent.ITEM_CHANGED, lambda _present: change.quantity)


def _change_line(change: LineChange, event: OrderEvent, wanted: Callable[[int], int]) -> OrderContent:
    order = locked_for_step(change.number)
    if order.status != OrderStatus.PENDING:
        raise RuleBroken(Refusal.ORDER_NOT_PENDING, number=order.number, status=order.status)
    if not order.timeline.filter(key=f"{event}:{change.key}").exists():
        line = order.lines.select_related("product").filter(sku=change.sku).first()
        quantity, before = wanted(line.quantity if line else 0), order.total
        product = _product_for(order, change.sku, line, quantity)
        reservations.check_pieces_of(order, product, quantity)
        reserve(order, product, quantity)
        order.set_line(product, quantity)
        details = {"sku": change.sku, "quantity": change.quantity, "before": str(before), "after": str(order.total)}
        record_timeline_entry(order, event, by=change.by, key=change.key, **details)
    enough = parts.confirming(order)
    paid = paid_with(enough) if enough else None
    return OrderContent(order.lines.count(), order.total, order.fingerprint(), paid.confirmation if paid else None)


def _product_for(order: Order, sku: str, line: OrderLine | None, quantity: int) -> Product:
    """The product of a line that is to hold `quantity` pieces. What is on it may be taken off, on sale or not.

    :raises RuleBroken: unknown product, more of one that is not on sale, too many lines, or none left
    """
    check_quantity(quantity, may_be_zero=True)
    if line is not None and quantity <= line.quantity:
        if not quantity and order.lines.count() == 1:
            raise RuleBroken(Refusal.LAST_LINE)
        return line.product
    product = Product.objects.on_sale().filter(sku=sku).first()
    if product is None:
        raise RuleBroken(Refusal.UNKNOWN_SKU, sku=sku)
    if line is None and quantity and order.lines.count() >= ORDER_LINES:
        raise RuleBroken(Refusal.ORDER_FULL, limit=ORDER_LINES)
    return product


@shop_activity(transactions="one")
def set_language(change: LanguageChange) -> None:
    """Speak another language to the customer from now on."""
    order = Order.objects.locked(change.number)
    if order.language != change.language:
        record_timeline_entry(
            order, OrderEvent.LANGUAGE_SET, by=actors.SYSTEM, key=change.key, language=change.language
        )
        order.set_language(change.language)


@shop_activity(transactions="one")
def record_order_event(remark: TimelineMessage) -> None:
    """Note on the timeline that something happened or was refused."""
    record_timeline_entry(
        Order.objects.locked(remark.number), OrderEvent(remark.kind), by=remark.by, key=remark.key, **remark.data
    )


@shop_activity(transactions="one")
def complete_order(step: OrderStep) -> None:
    """Close the books on a delivered order."""
    order = Order.objects.locked(step.number)
    order.end(timezone.now())
    record_timeline_entry(order, OrderEvent.COMPLETED, by=step.by)


@shop_activity(transactions="one")
def begin_undo(ending: Ending) -> None:
    """Close the order to every step forward, so that nothing new takes effect behind the undoing.

    :raises RuleBroken: its parcel has left
    """
    order = Order.objects.locked(ending.number)
    if order.status in (OrderStatus.SHIPPED, OrderStatus.DELIVERED):
        raise RuleBroken(Refusal.TOO_LATE_TO_CANCEL, number=order.number, status=order.status)
    order.begin_undo(timezone.now())
    reason = TypedWords.spoken(ending.reason)
    record_timeline_entry(order, OrderEvent.UNDO_STARTED, by=ending.by, code=ending.code, reason=reason)


@shop_activity(transactions="one")
def record_cancelled(ending: Ending) -> str:
    """End an order that has been undone, as far as that was possible; returns its status."""
    order = Order.objects.locked(ending.number)
    return close_undone(order, code=ending.code, reason=TypedWords.spoken(ending.reason), by=ending.by)


def close_undone(order: Order, *, code: str, reason: str, by: str) -> OrderStatus:
    """Cancelled is an order that is undone; as long as a step of it could not be, it says so.

    :param order: locked
    :param code: why it ends; `reason` is what a person gave
    :returns: its status from now on
    """
    if order.status != OrderStatus.CANCELLED and order.compensation_failures.open().exists():
        order.move_to(OrderStatus.ROLLBACK_INCOMPLETE)
        record_timeline_entry(order, OrderEvent.ROLLBACK_INCOMPLETE, by=by, code=code, reason=reason)
        mail_customer(order, MailKind.ROLLBACK_INCOMPLETE, code=code)
        return OrderStatus.ROLLBACK_INCOMPLETE
    order.move_to(OrderStatus.CANCELLED)
    order.end(timezone.now())
    record_timeline_entry(order, OrderEvent.CANCELLED, by=by, code=code, reason=reason)
    mail_customer(order, MailKind.ORDER_CANCELLED, code=code)
    return OrderStatus.CANCELLED


@shop_activity(transactions="one")
def record_failed_reversal(failure: FailedReversal) -> None:
    """Put what could not be undone in front of people, with what is at risk: the money of a payment that was not given
    back, the goods of a parcel that was not taken back. Stock that is not free again is not lost."""
    order = Order.objects.locked(failure.number)
    money = order.rest + credit.part_of(order) if failure.step == "payment" else ZERO
    sent = total((line.unit_price, line.to_ship) for line in order.lines.all())
    goods = sent if failure.step == "shipping" else ZERO
    reversal, _new = CompensationFailure.objects.get_or_create(
        order=order,
        step=failure.step,
        defaults={
            "error": failure.error,
            "amount_at_risk": money,
            "goods_at_risk": goods,
            "currency": order.currency,
            "happened_at": timezone.now(),
        },
    )
    at_risk = {"at_risk": str(money), **({"goods": str(goods)} if goods else {})}
    record_timeline_entry(
        order, OrderEvent.UNDO_FAILED, by=actors.SYSTEM, key=failure.step, step=failure.step, **at_risk
    )
    alert_operations(order, MailKind.OPERATIONS_ALERT, key=failure.step, step=failure.step, reversal=reversal.pk)
