"""Stock: promised to an order, given back, corrected by a person."""

from django.utils import timezone

from orders.models import Order, Product, Reservation, StockAdjustment
from orders.rules.limits import adjustment_refusal
from orders.rules.order_events import OrderEvent
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.states import ReservationState
from temporal_app.activities.recording import locked_for_step, record_timeline_entry, shop_activity
from temporal_app.messages import OrderStep


@shop_activity(transactions="one")
def reserve_stock(step: OrderStep) -> None:
    """Promise every line of an order to it.

    :raises RuleBroken: too little is left of a product; then nothing is reserved
    """
    order = locked_for_step(step.number)
    # always in the same order, so that two orders never wait for each other
    for line in order.lines.select_related("product").order_by("product_id"):
        reserve(order, line.product, line.quantity)
    record_timeline_entry(order, OrderEvent.STOCK_RESERVED, by=step.by)


def reserve(order: Order, product: Product, quantity: int) -> None:
    """Have exactly `quantity` pieces of a product promised to an order, whose row is locked.

    :raises RuleBroken: too little is left
    """
    mine = Reservation.objects.filter(order=order, product=product)
    more = quantity - (mine.values_list("quantity", flat=True).first() or 0)
    products = Product.objects.filter(pk=product.pk)
    if more > 0 and not products.reserve(more):
        product.refresh_from_db()
        code = Refusal.NOT_ENOUGH_STOCK if product.available > 0 else Refusal.OUT_OF_STOCK
        raise RuleBroken(code, name=product.name, available=product.available)
    if more < 0:
        products.release(-more)
    if not quantity:
        mine.delete()
    elif more and not mine.update(quantity=quantity):
        Reservation.objects.create(order=order, product=product, quantity=quantity)


@shop_activity(transactions="one")
def release_stock(step: OrderStep) -> None:
    """Give back everything an order still holds."""
    order = Order.objects.locked(step.number)
    held = list(order.reservations.filter(state=ReservationState.HELD).order_by("product_id"))
    for reservation in held:
        reservation.move_to(ReservationState.RELEASED)
        Product.objects.filter(pk=reservation.product_id).release(reservation.quantity)
    if held:
        record_timeline_entry(order, OrderEvent.STOCK_RELEASED, by=step.by)


@shop_activity(transactions="one")
def adjust_stock(adjustment_id: int) -> None:
    """Apply a person's correction of a stock, once; one that cannot be is refused with a reason."""
    adjustments = StockAdjustment.objects.select_for_update(of=("self",)).select_related("product")
    adjustment = adjustments.filter(pk=adjustment_id).first()  # gone where the person was told that nobody answered
    if adjustment is None or adjustment.has_ended:
        return
    product = adjustment.product
    if Product.objects.filter(pk=product.pk).adjust(adjustment.delta):
        adjustment.end(at=timezone.now())
    else:
        refusal = adjustment_refusal(name=product.name, delta=adjustment.delta, available=product.available)
        adjustment.end(refused=str(refusal))
