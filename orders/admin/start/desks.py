"""What waits on each desk: parcels to ship, money to match and to send back, failed reversals to settle."""

from datetime import timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from orders import labels
from orders.admin.base import html
from orders.admin.base.lines import in_parcel
from orders.models import CompensationFailure, Order, PaymentEvent, RefundTask, TimelineEntry
from orders.rules.order_events import OrderEvent
from orders.rules.states import PaymentEventOutcome, RefundState
from orders.rules.status import WaitingFor
from orders.rules.totals import ZERO

SHOWN = 8
SOON = timedelta(days=2)


def waits() -> list[dict[str, Any]]:
    """For everything an order can wait for: how many do, what they are worth, and how many are overdue."""
    groups = (
        Order.objects.open()
        .exclude(waiting_for="")
        .values("waiting_for")
        .annotate(count=Count("pk"), worth=Sum("total"), late=Count("pk", filter=Q(waiting_until__lt=timezone.now())))
        .order_by()
    )
    found: dict[str, dict[str, Any]] = {group["waiting_for"]: dict(group) for group in groups}
    return [
        {
            "words": labels.waiting_for(value),
            "count": group.get("count", 0),
            "worth": labels.money(group.get("worth", ZERO)),
            "late": group.get("late", 0),
            "url": _orders_waiting_for(value),
        }
        for value in WaitingFor
        if value
        for group in [found.get(value, {})]
    ]


def to_ship() -> dict[str, Any]:
    """The queue of the warehouse, oldest first, with what goes into each parcel and where it goes."""
    late = TimelineEntry.objects.filter(order=OuterRef("pk"), kind=OrderEvent.SHIPMENT_LATE)
    waiting = Order.objects.filter(waiting_for=WaitingFor.SHIPMENT)
    rows = waiting.annotate(was_late=Exists(late)).order_by("shipment__scheduled_at", "pk").prefetch_related("lines")
    return {
        "count": waiting.count(),
        "rows": [_parcel(order) for order in rows.select_related("shipment")[:SHOWN]],
        "url": _orders_waiting_for(WaitingFor.SHIPMENT),
    }


def _parcel(order: Order) -> dict[str, Any]:
    return {
        **_order(order),
        "lines": in_parcel(order),
        "where": f"{order.name}, {order.street}, {order.postal_code} {order.city}, {order.country}",
        "since": html.age(order.shipment.scheduled_at),
        "late": getattr(order, "was_late", False),
        "button": html.dialog_link(
            reverse("admin:orders_order_ship", args=[order.pk]), _("Ship"), tone="primary", subject=order.number
        ),
    }


def unmatched() -> dict[str, Any]:
    """Money that no order has got, oldest first."""
    waiting = PaymentEvent.objects.filter(outcome=PaymentEventOutcome.UNMATCHED)
    return {
        "count": waiting.count(),
        "rows": [
            {
                "url": reverse("admin:orders_paymentevent_change", args=[one.pk]),
                "amount": labels.money(one.amount, one.currency),
                "why": html.badge(labels.mismatch(one.reason), "unmatched"),
                "number": one.order_number,
                "ago": html.ago(one.received_at),
            }
            for one in waiting.order_by("received_at", "pk")[:SHOWN]
        ],
        "url": reverse("admin:unmatched"),
    }


def due() -> dict[str, Any]:
    """Orders whose money is due, the most urgent first, and how many are in the next days."""
    waiting: QuerySet[Order] = Order.objects.filter(waiting_for=WaitingFor.PAYMENT)
    sums = waiting.aggregate(count=Count("pk"), worth=Sum("total"))
    rows = [
        {**_order(order), "name": order.name, "until": html.until(order.waiting_until), "soon": _is_soon(order)}
        for order in waiting.order_by("waiting_until", "pk")[:SHOWN]
    ]
    worth = labels.money(sums["worth"] or ZERO)
    return {"count": sums["count"], "worth": worth, "rows": rows, "url": _orders_waiting_for(WaitingFor.PAYMENT)}


def refunds() -> dict[str, Any]:
    """Transfers that finance has to make, oldest first."""
    waiting = RefundTask.objects.filter(state=RefundState.OPEN)
    return {
        "count": waiting.count(),
        "rows": [
            {
                "url": reverse("admin:orders_refundtask_change", args=[task.pk]),
                "number": task.order_number,
                "amount": labels.money(task.amount, task.currency),
                "payee": task.payee,
                "ago": html.ago(task.asked_at),
            }
            for task in waiting.order_by("asked_at", "pk")[:SHOWN]
        ],
        "url": reverse("admin:orders_refundtask_changelist"),
    }


def failed_reversals() -> dict[str, Any]:
    """What could not be undone and nobody has settled, and what is at risk with it."""
    at_risk = F("amount_at_risk") + F("goods_at_risk")
    sums = CompensationFailure.objects.open().aggregate(count=Count("pk"), risk=Sum(at_risk))
    return {
        "count": sums["count"],
        "risk": labels.money(sums["risk"] or ZERO),
        "url": reverse("admin:orders_compensationfailure_changelist"),
    }


def _order(order: Order) -> dict[str, Any]:
    return {
        "number": order.number,
        "url": reverse("admin:orders_order_change", args=[order.pk]),
        "total": labels.money(order.total, order.currency),
    }


def _is_soon(order: Order) -> bool:
    return order.waiting_until is not None and order.waiting_until < timezone.now() + SOON


def _orders_waiting_for(value: WaitingFor) -> str:
    return f"{reverse('admin:orders_order_changelist')}?waiting_for={value}"
