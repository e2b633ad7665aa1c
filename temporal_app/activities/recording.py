"""What every activity that writes our database has in common."""

import functools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from django.db import transaction
from django.utils import timezone
from temporalio import activity

from orders.models import Order, TimelineEntry
from orders.rules.order_events import OrderEvent
from orders.rules.refusals import Refusal, RuleBroken
from temporal_app.failures import refusing

Message = TypeVar("Message")
Answer = TypeVar("Answer")


def recorded(write: Callable[[Message], Answer]) -> Callable[[Message], Answer]:
    """An activity that writes state: one transaction, and a broken rule is a refusal that is not retried.

    A cancellation does not break into it: a thread torn out of a commit would leave its connection in the middle.
    """

    @activity.defn(no_thread_cancel_exception=True)
    @functools.wraps(write)
    def in_one_transaction(message: Message) -> Answer:
        with refusing(), transaction.atomic():
            return write(message)

    return in_one_transaction


def refusable(act: Callable[[Message], Answer]) -> Callable[[Message], Answer]:
    """An activity that calls the outside world: several short transactions; a broken rule is a refusal."""

    @activity.defn
    @functools.wraps(act)
    def without_retrying_refusals(message: Message) -> Answer:
        with refusing():
            return act(message)

    return without_retrying_refusals


def locked_for_step(number: str) -> Order:
    """The order, locked, for a step forward.

    :raises RuleBroken: the order is being undone or has ended; a step that comes this late must not take effect
    """
    order = Order.objects.locked(number)
    if order.undo_started_at is not None:
        raise RuleBroken(Refusal.ORDER_CLOSING, number=number)
    return order


def record_timeline_entry(order: Order, kind: OrderEvent, *, by: str, key: str = "", **data: object) -> None:
    """Write on the order's timeline, now; see `TimelineEntry.record`."""
    TimelineEntry.record(order, kind, by=by, at=timezone.now(), key=key, **data)


def moment(unix_seconds: float) -> datetime | None:
    """A time from the wire; zero is no time."""
    return datetime.fromtimestamp(unix_seconds, UTC) if unix_seconds else None
