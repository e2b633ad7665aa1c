"""What something other than the shop may do to its tables, and the rule that this breaks."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import F
from django.utils import timezone

from orders.models import (
    Order,
    Payment,
    PaymentEvent,
    Product,
    Reservation,
    Shipment,
    TimelineEntry,
)
from orders.rules.invariants import Invariant
from tests.factories import steps
from tests.factories.steps import Call


@dataclass(frozen=True)
class Drift:
    """A sound order after these steps, what happens to its rows, and which rule says so."""

    after: tuple[Call, ...]
    plant: Callable[[Order], object]
    rule: Invariant
    found: str
    wanted: str


def _forget(kind: str) -> Callable[[Order], object]:
    # below `delete()`, which the model refuses
    return lambda order: TimelineEntry.objects.filter(order=order, kind=kind)._raw_delete("default")


def _second_capture(order: Order) -> None:
    first = order.payments.get()
    Payment.objects.create(
        order=order, attempt=2, provider=first.provider, amount=first.amount, currency="EUR", state="captured"
    )


def _captured_more(order: Order) -> None:
    order.payments.update(amount=Decimal("299.99"))


def _unheard(order: Order) -> None:
    event, _new = PaymentEvent.receive(
        provider="sandbox",
        event_id="evt-1",
        order_number=order.number,
        status="paid",
        amount=order.total,
        currency="EUR",
        reference="r",
        reported_by="webhook:sandbox",
    )
    PaymentEvent.objects.filter(pk=event.pk).update(received_at=timezone.now() - timedelta(hours=1))


def _no_end(order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(ended_at=None)
    Shipment.objects.filter(order=order).update(delivered_at=timezone.now() - timedelta(hours=1))


def _order(**columns: object) -> Callable[[Order], object]:
    return lambda order: Order.objects.filter(pk=order.pk).update(**columns)


def _goods(**columns: object) -> Callable[[Order], object]:
    return lambda order: Reservation.objects.filter(order=order).update(**columns)


WAITING, PAID = steps.up_to(steps.charge), steps.up_to(steps.book)
DELIVERED, CANCELLED = steps.FORWARD, (*PAID, *steps.UNDO)

DRIFTS = {
    "more is reserved than promised": Drift(
        WAITING,
        lambda _order: Product.objects.update(reserved=F("reserved") + 2),
        Invariant.RESERVED_AS_PROMISED,
        "5",
        "3",
    ),
    "a reservation is lost": Drift(
        PAID,
        lambda order: order.reservations.all().delete(),
        Invariant.LINES_ARE_RESERVED,
        "",
        "3 TEA",
    ),
    "a reservation for nobody's line": Drift(
        PAID, lambda order: order.lines.all().delete(), Invariant.LINES_ARE_RESERVED, "3 TEA", ""
    ),
    "fewer pieces are promised than ordered": Drift(
        PAID, _goods(quantity=2), Invariant.LINES_ARE_RESERVED, "", "3 TEA"
    ),
    "goods of a waiting order are given away": Drift(
        WAITING, _goods(state="released"), Invariant.GOODS_FOLLOW_ORDER, "TEA released", "TEA held"
    ),
    "goods that left are still held": Drift(
        DELIVERED, _goods(state="held"), Invariant.GOODS_FOLLOW_ORDER, "TEA held", "TEA shipped"
    ),
    "goods of a cancelled order are still held": Drift(
        CANCELLED, _goods(state="held"), Invariant.GOODS_FOLLOW_ORDER, "TEA held", "TEA released"
    ),
    "a total that is not that of the lines": Drift(
        WAITING, _order(total=Decimal("1.00")), Invariant.TOTAL_OF_LINES, "1.00", "300.00"
    ),
    "a second capture": Drift(PAID, _second_capture, Invariant.CAPTURED_ONCE, "2 captured", "1 captured"),
    "more captured than held": Drift(PAID, _captured_more, Invariant.CAPTURED_WITHIN_HELD, "300.00", "299.99"),
    "a refund of what was never taken": Drift(
        WAITING,
        lambda order: order.payments.update(refunded=Decimal("5.00")),
        Invariant.REFUNDED_WITHIN_RECEIVED,
        "5.00",
        "0.00",
    ),
    "shipped without money": Drift(
        DELIVERED,
        lambda order: order.payments.update(state="held"),
        Invariant.PAID_ONLY_IF_CAPTURED,
        "delivered, nothing captured",
        "captured",
    ),
    "paid, and nobody says so": Drift(
        PAID, _order(status="pending"), Invariant.PAID_ONLY_IF_CAPTURED, "captured", "paid"
    ),
    "cancelled with the money kept": Drift(
        CANCELLED,
        lambda order: order.payments.update(state="captured"),
        Invariant.CANCELLED_KEEPS_NOTHING,
        "300.00 captured",
        "0.00",
    ),
    "delivered, and the story says otherwise": Drift(
        DELIVERED, _forget("shipped"), Invariant.STORY_FITS_STATUS, "delivered", "delivered after shipped"
    ),
    "ended without an end": Drift(
        DELIVERED, _no_end, Invariant.ENDED_HAS_AN_END, "delivered without an end", "delivered with an end"
    ),
    "an end before it has ended": Drift(
        WAITING,
        _order(ended_at=timezone.now()),
        Invariant.ENDED_HAS_AN_END,
        "pending with an end",
        "pending without an end",
    ),
    "waits for ever": Drift(
        WAITING, _order(waiting_until=None), Invariant.WAITS_UNTIL, "payment until no time", "payment until a time"
    ),
    "an event that nobody looked at": Drift(WAITING, _unheard, Invariant.EVENTS_ARE_HEARD, "", "matched"),
}
