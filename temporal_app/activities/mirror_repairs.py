"""Putting right what can be derived: from the workflow where that knows better, from other rows where they prove it.

A repair looks again, with the rows locked, and does nothing where something else is so by now, or where nothing proves
what is right; whether it helped, the next look tells. It stands on the order's timeline.
"""

from collections.abc import Callable

from asgiref.sync import async_to_sync
from django.db import transaction
from django.db.models import Sum

from orders.models import Cart, MirrorFinding, Order, Product
from orders.rules import actors, identifiers
from orders.rules.invariants import Invariant, OrderFace, agree
from orders.rules.order_events import OrderEvent
from orders.rules.states import CartState, PaymentState, ReservationState
from orders.rules.status import ENDED, OrderStatus
from orders.rules.totals import total
from temporal_app.activities.carts import saga_input
from temporal_app.activities.recording import record_timeline_entry, shop_activity
from temporal_app.connection import get_client
from temporal_app.invariants import asking, carrying
from temporal_app.messages import RepairRest

# What becomes of an order's goods at its end, and the event that proves that it has come to that. An event is never
# changed; a status may be what is wrong.
ENDS = {
    OrderStatus.SHIPPED: (OrderEvent.SHIPPED, ReservationState.SHIPPED),
    OrderStatus.DELIVERED: (OrderEvent.SHIPPED, ReservationState.SHIPPED),
    OrderStatus.CANCELLED: (OrderEvent.CANCELLED, ReservationState.RELEASED),
}


@shop_activity(transactions="several")
def repair_finding(finding_id: int) -> RepairRest:
    """Put right what one finding says, if it can be derived; what only a workflow can do is returned to it.

    :raises NotConnected, RPCError: Temporal does not answer
    """
    finding = MirrorFinding.objects.select_related("check_run").get(pk=finding_id)
    repair = REPAIRS.get(Invariant(finding.rule))
    return (repair(finding) if repair else None) or RepairRest()


def _note(order: Order, finding: MirrorFinding, *, before: str, after: str) -> None:
    """On the order's timeline."""
    by, key = finding.check_run.requested_by, str(finding.pk)
    record_timeline_entry(
        order, OrderEvent.MIRROR_REPAIRED, by=by, key=key, rule=finding.rule, before=before, after=after
    )


def _faces(number: str) -> tuple[OrderFace, OrderFace] | None:
    """An order's row and what its workflow says, while nothing moves; None where something does, or none runs."""

    async def look() -> tuple[OrderFace, OrderFace] | None:
        return await carrying.quiet_faces(await get_client(), number)

    return async_to_sync(look)()


def _status_of(workflow_id: str) -> str:
    async def look() -> str:
        return await asking.status(await get_client(), workflow_id)

    return async_to_sync(look)()


def _restore(finding: MirrorFinding) -> None:
    """Make the order's row say what its workflow says."""
    number = identifiers.order_number(finding.subject)
    row, saga = _faces(number) or (None, None)
    if row is None or saga is None or agree(row, saga):
        return
    with transaction.atomic():
        order = Order.objects.locked(number)
        if carrying.face_of(order) == row:
            order.restore(saga)
            _note(order, finding, before=str(row), after=str(saga))


def _set_deadline(finding: MirrorFinding) -> None:
    """Until when an order waits, as its workflow knows it."""
    row, saga = _faces(finding.subject) or (None, None)
    if row is None or saga is None or row.until or not saga.until or not agree(row, saga):
        return
    with transaction.atomic():
        order = Order.objects.locked(finding.subject)
        if carrying.face_of(order) == row:
            order.restore(saga)
            _note(order, finding, before=finding.found, after=f"{order.waiting_for} until {order.waiting_until}")


def _set_end(finding: MirrorFinding) -> None:
    """An order has ended when the last thing happened to it; one that is carried has not."""
    carried = _status_of(identifiers.order_saga(finding.subject)) == asking.RUNNING
    with transaction.atomic():
        order = Order.objects.locked(finding.subject)
        story = order.timeline.exclude(kind=OrderEvent.MIRROR_REPAIRED)
        ended = story.filter(kind__in=[OrderEvent.DELIVERED, OrderEvent.CANCELLED]).exists()
        if ended != (order.status in ENDED) or ended == carried or ended == (order.ended_at is not None):
            return
        order.set_end(story.latest("at").at if ended else None)
        _note(order, finding, before=finding.found, after=finding.wanted)


def _run(finding: MirrorFinding) -> RepairRest | None:
    """An order that nobody has ever carried is carried; a cart that nobody keeps is closed."""
    if finding.subject.startswith(identifiers.cart("")):
        for cart in Cart.objects.filter(
            cart_id=finding.subject.removeprefix(identifiers.cart("")), state=CartState.OPEN
        ):
            cart.close(CartState.EXPIRED)
        return None
    number = identifiers.order_number(finding.subject)
    if finding.subject != identifiers.order_saga(number) or _status_of(finding.subject):
        return None
    with transaction.atomic():
        order = Order.objects.locked(number)
        story = order.timeline.exclude(kind=OrderEvent.MIRROR_REPAIRED)
        if order.status != OrderStatus.PENDING or list(story.values_list("kind", flat=True)) != [OrderEvent.PLACED]:
            return None  # somebody has begun to carry it, and what became of that nobody knows
        _note(order, finding, before=finding.found, after=finding.wanted)
        by = actors.customer(order.customer_id) if order.customer_id else story.get().actor
        return RepairRest(order=saga_input(order, requested_by=by))


def _hear(finding: MirrorFinding) -> RepairRest:
    """A payment event is matched, which its own workflow failed to do."""
    return RepairRest(payment_event_id=int(finding.subject.rpartition("-")[2]))


def _let_goods_follow(finding: MirrorFinding) -> None:
    """What a cancelled order still holds is given back, and what has left is not held any more.

    The product is counted down where it still counts these pieces; where it does not, only the reservation was wrong.
    """
    with transaction.atomic():
        order = Order.objects.locked(finding.subject)
        event, state = ENDS.get(OrderStatus(order.status), (None, None))
        held = order.reservations.filter(state=ReservationState.HELD).order_by("product_id")
        if event is None or state is None or not held or not order.timeline.filter(kind=event).exists():
            return
        for reservation in held:
            products = Product.objects.filter(pk=reservation.product_id)
            product = products.select_for_update().get()
            promised = _held_of(product)
            reservation.move_to(state)
            if product.reserved == promised:
                (products.ship if state == ReservationState.SHIPPED else products.release)(reservation.quantity)
        _note(order, finding, before=finding.found, after=finding.wanted)


def _held_of(product: Product) -> int:
    held = product.reservations.filter(state=ReservationState.HELD)
    return int(held.aggregate(n=Sum("quantity", default=0))["n"])


def _recount_reserved(finding: MirrorFinding) -> None:
    """A product has reserved what orders hold of it, unless less than that is there."""
    with transaction.atomic():
        product = Product.objects.select_for_update().get(sku=finding.subject)
        Product.objects.filter(pk=product.pk).set_reserved(_held_of(product))


def _recount_total(finding: MirrorFinding) -> None:
    """An ended order cost what its lines cost, where that is what was taken for it. What an open one costs, its
    workflow knows."""
    with transaction.atomic():
        order = Order.objects.locked(finding.subject)
        lines = total(order.lines.values_list("unit_price", "quantity"))
        taken = [PaymentState.CAPTURED, PaymentState.REFUNDED]
        proven = order.payments.filter(state__in=taken, amount=lines).exists()
        if order.status in ENDED and proven and order.total != lines:
            order.count_total()
            _note(order, finding, before=finding.found, after=f"{order.total:.2f}")


REPAIRS: dict[Invariant, Callable[[MirrorFinding], RepairRest | None]] = {
    Invariant.MIRROR_AGREES: _restore,
    Invariant.ROW_IS_OPEN: _restore,
    Invariant.WORKFLOW_RUNS: _run,
    Invariant.WAITS_UNTIL: _set_deadline,
    Invariant.ENDED_HAS_AN_END: _set_end,
    Invariant.EVENTS_ARE_HEARD: _hear,
    Invariant.GOODS_FOLLOW_ORDER: _let_goods_follow,
    Invariant.RESERVED_AS_PROMISED: _recount_reserved,
    Invariant.TOTAL_OF_LINES: _recount_total,
}
