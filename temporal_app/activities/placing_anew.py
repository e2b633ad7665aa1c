"""Placing an order that has ended anew: as a new order with the same lines, which knows the old one."""

from hashlib import sha256

from django.utils import timezone

from orders.authorization.own_orders import check_not_own
from orders.models import Order
from orders.models.notification import MailKind
from orders.payments import reopenable
from orders.rules import actors
from orders.rules.limits import check_available
from orders.rules.order_events import OrderEvent
from orders.rules.refusals import Refusal, RuleBroken
from temporal_app.activities.carts import saga_input
from temporal_app.activities.outbox import mail_customer
from temporal_app.activities.recording import record_timeline_entry, shop_activity
from temporal_app.messages import OrderInput, Reopening


@shop_activity(transactions="one")
def reopen_order(reopening: Reopening) -> OrderInput:
    """Write an order that was not paid in time anew, at today's prices; what its saga starts with.

    :raises RuleBroken: it cannot be placed anew, was before, or what a person saw is not so any more
    """
    old = Order.objects.locked(reopening.number)
    cart_id = f"anew-{sha256(reopening.key.encode()).hexdigest()[:26]}"
    if not old.placed_anew.filter(cart_id=cart_id).exists():
        check_not_own(old, reopening.by)
        reopenable.check(old)
        offer = reopenable.offer(old)
        if offer.fingerprint != reopening.seen:
            raise RuleBroken(Refusal.CONTENT_CHANGED, total=offer.total)
    return write_anew(old, cart_id=cart_id, payment_method=old.payment_method, by=reopening.by)


def write_anew(
    old: Order,
    *,
    cart_id: str,
    payment_method: str,
    by: str,
    as_sold_then: bool = False,
    key: str = "",
    **details: str,
) -> OrderInput:
    """Write a new order with the lines of one that has ended, once for each `cart_id`; what its saga starts with.

    :param old: locked
    :param as_sold_then: at the prices of then; otherwise at those of today
    :param key: what tells the entry on the old order's timeline from others of its kind, with further `details`
    :raises RuleBroken: something is sold out, its customer's credit has not come back, or they are forgotten
    """
    order = Order.objects.filter(cart_id=cart_id).first()
    if order is None:
        reopenable.check_known(old)
        reopenable.check_credit(old)
        order = _copy(old, cart_id=cart_id, payment_method=payment_method, as_sold_then=as_sold_then)
    record_timeline_entry(order, OrderEvent.PLACED, by=by, total=str(order.total))
    record_timeline_entry(order, OrderEvent.PLACED_ANEW, by=by, old=old.number)
    record_timeline_entry(old, OrderEvent.PLACED_ANEW, by=by, key=key, new=order.number, **details)
    mail_customer(order, MailKind.ORDER_PLACED)
    return saga_input(order, requested_by=actors.customer(order.customer_id))


def _copy(old: Order, *, cart_id: str, payment_method: str, as_sold_then: bool) -> Order:
    lines = []
    for line in old.lines.select_related("product").order_by("pk"):
        product = line.product
        check_available(name=product.name, wanted=line.quantity, available=product.available if product.active else 0)
        if as_sold_then:
            product.name, product.price = line.name, line.unit_price  # the product's row stays as it is
        lines.append((product, line.quantity))
    return Order.place(
        at=timezone.now(),
        lines=lines,
        anew_of=old,
        cart_id=cart_id,
        customer_id=old.customer_id,
        language=old.language,
        payment_method=payment_method,
        currency=old.currency,
        **old.address(),
    )
