"""Whether what rows say of themselves fits together."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from django.db.models import Exists, FilteredRelation, OuterRef, Q

from orders.models import CompensationFailure, Order, PaymentEvent
from orders.rules import identifiers
from orders.rules.invariants import Finding, Invariant
from orders.rules.order_events import OrderEvent
from orders.rules.states import PaymentEventOutcome, ReversalState
from orders.rules.status import OrderStatus, WaitingFor

STORY = {
    OrderStatus.PENDING: (OrderEvent.PLACED,),
    OrderStatus.PAID: (OrderEvent.STOCK_RESERVED, OrderEvent.PAID),
    OrderStatus.SHIPPED: (OrderEvent.STOCK_RESERVED, OrderEvent.PAID, OrderEvent.SHIPPED),
    OrderStatus.DELIVERED: (OrderEvent.STOCK_RESERVED, OrderEvent.PAID, OrderEvent.SHIPPED, OrderEvent.DELIVERED),
    OrderStatus.ROLLBACK_INCOMPLETE: (OrderEvent.UNDO_STARTED, OrderEvent.ROLLBACK_INCOMPLETE),
    OrderStatus.CANCELLED: (OrderEvent.PLACED, OrderEvent.UNDO_STARTED, OrderEvent.CANCELLED),
}


def findings(due: datetime) -> Iterator[Finding]:
    """Everything that contradicts itself. What follows in a later step has to be there since `due`."""
    yield from _undone_or_in_hands()
    yield from _story_fits_status()
    yield from _ended_has_an_end(due)
    yield from _waits_until()
    yield from _events_are_heard(due)


def _undone_or_in_hands() -> Iterator[Finding]:
    """What could not be undone is in front of people, and until they have settled it the order is not cancelled."""
    unsettled = CompensationFailure.objects.filter(order=OuterRef("pk"), state=ReversalState.OPEN)
    forgotten = Order.objects.filter(~Exists(unsettled), status=OrderStatus.ROLLBACK_INCOMPLETE).order_by("pk")
    for number in forgotten.values_list("number", flat=True).iterator():
        yield Finding(Invariant.UNDONE_OR_IN_HANDS, number, OrderStatus.ROLLBACK_INCOMPLETE, OrderStatus.CANCELLED)
    too_soon = Order.objects.filter(Exists(unsettled), status=OrderStatus.CANCELLED).order_by("pk")
    for number in too_soon.values_list("number", flat=True).iterator():
        yield Finding(Invariant.UNDONE_OR_IN_HANDS, number, OrderStatus.CANCELLED, OrderStatus.ROLLBACK_INCOMPLETE)


def _story_fits_status() -> Iterator[Finding]:
    """Whatever an order has become stands on its timeline."""
    kinds = {str(kind) for story in STORY.values() for kind in story}
    orders = Order.objects.annotate(told=FilteredRelation("timeline", condition=Q(timeline__key__in=kinds)))
    rows = orders.order_by("pk").values_list("number", "status", "told__key").iterator()
    for (number, status), entries in groupby(rows, key=itemgetter(0, 1)):
        told = {key for _number, _status, key in entries}
        for kind in STORY[OrderStatus(status)]:
            if kind not in told:
                yield Finding(Invariant.STORY_FITS_STATUS, number, status, f"{status} after {kind}")


def _ended_has_an_end(due: datetime) -> Iterator[Finding]:
    """What has ended has a time when it did, and nothing else has. A delivered order ends one step later."""
    no_end = Q(status=OrderStatus.CANCELLED) | Q(status=OrderStatus.DELIVERED, shipment__delivered_at__lt=due)
    wrong = Order.objects.filter(no_end, ended_at=None).order_by("pk")
    for number, status in wrong.values_list("number", "status").iterator():
        yield Finding(Invariant.ENDED_HAS_AN_END, number, f"{status} without an end", f"{status} with an end")
    for number, status in (
        Order.objects.open().exclude(ended_at=None).order_by("pk").values_list("number", "status").iterator()
    ):
        yield Finding(Invariant.ENDED_HAS_AN_END, number, f"{status} with an end", f"{status} without an end")


def _waits_until() -> Iterator[Finding]:
    """Whoever waits knows until when."""
    wrong = Order.objects.exclude(waiting_for=WaitingFor.NOTHING).filter(waiting_until=None).order_by("pk")
    for number, waiting_for in wrong.values_list("number", "waiting_for").iterator():
        yield Finding(Invariant.WAITS_UNTIL, number, f"{waiting_for} until no time", f"{waiting_for} until a time")


def _events_are_heard(due: datetime) -> Iterator[Finding]:
    """Whatever a provider has told us has been looked at."""
    wrong = PaymentEvent.objects.filter(outcome=PaymentEventOutcome.RECEIVED, received_at__lt=due).order_by("pk")
    for pk, number in wrong.values_list("pk", "order_number").iterator():
        yield Finding(Invariant.EVENTS_ARE_HEARD, identifiers.payment_matching(pk), f"{number} received", "matched")
