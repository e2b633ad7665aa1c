"""What every activity that writes our database has in common."""

import functools
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Literal, ParamSpec, TypeVar

from django.db import transaction
from django.utils import timezone
from temporalio import activity
from temporalio.exceptions import ApplicationError

from orders.models import Order, TimelineEntry
from orders.rules.order_events import OrderEvent
from orders.rules.refusals import Refusal, RuleBroken
from temporal_app.failures import refusing

Params = ParamSpec("Params")
Answer = TypeVar("Answer")


FinalErrors = Mapping[type[Exception], str]


def shop_activity(
    *, transactions: Literal["one", "several"], final: FinalErrors = MappingProxyType({})
) -> Callable[[Callable[Params, Answer]], Callable[Params, Answer]]:
    """An activity of the shop. A broken rule is a refusal, and is not tried again.

    :param transactions: `one`, around the whole activity: it writes our database and does nothing else. A cancellation
        does not break into it: a thread torn out of a commit would leave its connection in the middle. `several`: the
        activity calls somebody else, and opens short transactions itself.
    :param final: the other errors that are not tried again, and the type of the failure that a workflow sees
    """

    def define(act: Callable[Params, Answer]) -> Callable[Params, Answer]:
        @activity.defn(no_thread_cancel_exception=transactions == "one")
        @functools.wraps(act)
        def run(*args: Params.args, **kwargs: Params.kwargs) -> Answer:
            try:
                with refusing(), transaction.atomic() if transactions == "one" else nullcontext():
                    return act(*args, **kwargs)
            except tuple(final) as error:
                kind = next(name for known, name in final.items() if isinstance(error, known))
                raise ApplicationError(str(error), {}, type=kind, non_retryable=True) from error

        return run

    return define


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
