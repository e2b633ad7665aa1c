"""What is promised, to whom, and whether it is still there."""

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q, Sum

from orders.invariants.money import settled
from orders.models import OrderLine, Product, Reservation
from orders.rules.invariants import Finding, Invariant
from orders.rules.states import ReservationState
from orders.rules.status import OrderStatus

LEFT = [OrderStatus.SHIPPED, OrderStatus.DELIVERED]
UNDER_WAY = Q(order__status__in=[OrderStatus.PENDING, OrderStatus.PAID], order__undo_started_at=None)


def findings() -> Iterator[Finding]:
    """Everything about goods that does not add up."""
    yield from _reserved_as_promised()
    yield from _goods_follow_order()
    yield from _lines_are_reserved()


def _reserved_as_promised() -> Iterator[Finding]:
    """What a product has reserved is what orders hold of it."""
    held = Sum("reservations__quantity", filter=Q(reservations__state=ReservationState.HELD), default=0)
    wrong = Product.objects.annotate(held=held).exclude(reserved=F("held")).order_by("pk")
    for sku, reserved, promised in wrong.values_list("sku", "reserved", "held").iterator():
        yield Finding(Invariant.RESERVED_AS_PROMISED, sku, str(reserved), str(promised))


def _goods_follow_order() -> Iterator[Finding]:
    """Pieces are held while an order is under way, gone when it has left, and not held when it is cancelled."""
    wanted = {
        ReservationState.HELD: UNDER_WAY & ~Q(state=ReservationState.HELD),
        ReservationState.SHIPPED: Q(order__status__in=LEFT) & ~Q(state=ReservationState.SHIPPED),
        ReservationState.RELEASED: Q(order__status=OrderStatus.CANCELLED, state=ReservationState.HELD)
        & ~Exists(settled("stock")),
    }
    for state, broken in wanted.items():
        wrong = Reservation.objects.filter(broken).order_by("pk")
        for number, sku, found in wrong.values_list("order__number", "product__sku", "state").iterator():
            yield Finding(Invariant.GOODS_FOLLOW_ORDER, number, f"{sku} {found}", f"{sku} {state}")


def _lines_are_reserved() -> Iterator[Finding]:
    """An order that is paid has every line promised to it, but what of it is not sent, and nothing else."""
    carried = Q(order__status__in=[OrderStatus.PAID, *LEFT], order__undo_started_at=None)
    same = {"order": OuterRef("order"), "product": OuterRef("product")}
    promised = Reservation.objects.filter(**same, quantity=OuterRef("goes"))
    sent = OrderLine.objects.annotate(goes=F("quantity") - F("held_back"))
    lines = sent.filter(carried, ~Exists(promised), goes__gt=0).order_by("pk")
    for number, sku, quantity in lines.values_list("order__number", "sku", "goes").iterator():
        yield Finding(Invariant.LINES_ARE_RESERVED, number, "", f"{quantity} {sku}")
    nobody_ordered = Reservation.objects.filter(carried, ~Exists(sent.filter(**same, goes__gt=0))).order_by("pk")
    for number, sku, quantity in nobody_ordered.values_list("order__number", "product__sku", "quantity").iterator():
        yield Finding(Invariant.LINES_ARE_RESERVED, number, f"{quantity} {sku}", "")
