"""How the shop does: orders and revenue by day, orders by status, and three figures that must not get worse."""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timesince import timesince
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from orders import labels
from orders.models import Order, TimelineEntry
from orders.rules.order_events import OrderEvent
from orders.rules.status import OrderStatus
from orders.rules.totals import ZERO

DAYS = 21
DAY_FORMATS = {"de": "j.n."}
LOOK_BACK = timedelta(days=30)
MOST = 1000  # payments whose median is taken
SOLD = [OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.DELIVERED]
# beyond these somebody should ask why
SLOW_PAYMENT = timedelta(days=3)
MANY_TIMEOUTS = 10  # percent of those that were to be paid
FEW_UNDONE = 99  # percent of those that were to be undone


def figures() -> dict[str, Any]:
    """Everything, in four queries, however many orders there are."""
    now = timezone.now()
    days = _by_day(now)
    return {
        "days": days,
        "orders_chart": _chart(days, _("Orders"), [day["count"] for day in days]),
        "revenue_chart": _chart(days, _("Revenue"), [float(day["revenue"]) for day in days]),
        "revenue": labels.money(sum((day["revenue"] for day in days), ZERO)),
        "orders": sum(day["count"] for day in days),
        "statuses": _by_status(now),
        "watched": [_payment_time(now), *_rates(now)],
    }


def _by_day(now: datetime) -> list[dict[str, Any]]:
    first = timezone.localdate(now) - timedelta(days=DAYS - 1)
    rows = (
        Order.objects.filter(placed_at__gte=now - timedelta(days=DAYS + 1))
        .annotate(day=TruncDate("placed_at"))
        .values("day")
        .annotate(count=Count("pk"), revenue=Sum("total", filter=Q(status__in=SOLD)))
        .order_by()
    )
    found: dict[date, dict[str, Any]] = {row["day"]: dict(row) for row in rows}
    wanted = [first + timedelta(days=number) for number in range(DAYS)]
    return [
        {
            "day": date_format(day, DAY_FORMATS.get(get_language() or "", "j M")),
            "count": found.get(day, {}).get("count", 0),
            "revenue": Decimal(found.get(day, {}).get("revenue") or ZERO).quantize(ZERO),
        }
        for day in wanted
    ]


def _chart(days: list[dict[str, Any]], words: str, values: list[float]) -> str:
    """What Unfold's chart draws, as JSON."""
    dataset = {"label": words, "data": values, "backgroundColor": "var(--color-primary-600)"}
    return json.dumps({"labels": [day["day"] for day in days], "datasets": [dataset]})


def _by_status(now: datetime) -> list[dict[str, Any]]:
    since = now - timedelta(days=DAYS)
    rows = Order.objects.filter(placed_at__gte=since).values("status").annotate(count=Count("pk")).order_by()
    found = {row["status"]: row["count"] for row in rows}
    most = max(found.values(), default=1)
    return [
        {
            "words": labels.order_status(status),
            "count": found.get(status, 0),
            "share": 100 * found.get(status, 0) // most,
        }
        for status in OrderStatus
    ]


def _payment_time(now: datetime) -> dict[str, Any]:
    """From the order to its money, for the middle one of the latest."""
    paid = TimelineEntry.objects.filter(kind=OrderEvent.PAID, order__placed_at__gte=now - LOOK_BACK)
    times = sorted(at - placed for at, placed in paid.order_by("-pk").values_list("at", "order__placed_at")[:MOST])
    middle = times[len(times) // 2] if times else None
    return {
        "words": _("Until an order is paid"),
        "value": _lasting(middle),
        "alarm": _("alarm line: %(limit)s") % {"limit": _lasting(SLOW_PAYMENT)},
        "is_bad": middle is not None and middle >= SLOW_PAYMENT,
    }


def _rates(now: datetime) -> list[dict[str, Any]]:
    """How many of those that were to be paid were not in time, and of those that were to be undone, were."""
    told = TimelineEntry.objects.filter(order__placed_at__gte=now - LOOK_BACK)
    sums = told.aggregate(
        paid=Count("pk", filter=Q(kind=OrderEvent.PAID)),
        timeouts=Count("pk", filter=Q(kind=OrderEvent.UNDO_STARTED, data__code="payment_deadline")),
        begun=Count("pk", filter=Q(kind=OrderEvent.UNDO_STARTED)),
        failed=Count("pk", filter=Q(kind=OrderEvent.ROLLBACK_INCOMPLETE)),
    )
    asked = sums["paid"] + sums["timeouts"]
    late = 100 * sums["timeouts"] / asked if asked else None
    undone = 100 * (sums["begun"] - sums["failed"]) / sums["begun"] if sums["begun"] else None
    return [
        {
            "words": _("Not paid in time"),
            "value": _percent(late),
            "alarm": _("alarm line: %(limit)s") % {"limit": _percent(MANY_TIMEOUTS)},
            "is_bad": late is not None and late >= MANY_TIMEOUTS,
        },
        {
            "words": _("Cancelled without a rest"),
            "value": _percent(undone),
            "alarm": _("alarm below %(limit)s") % {"limit": _percent(FEW_UNDONE)},
            "is_bad": undone is not None and undone < FEW_UNDONE,
        },
    ]


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0f} %"


def _lasting(time: timedelta | None) -> str:
    """How long something takes, in its largest unit."""
    now = timezone.now()
    return "–" if time is None else timesince(now - time, now, depth=1)
