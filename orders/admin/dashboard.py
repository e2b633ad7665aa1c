"""The admin's first page: the few figures that tell staff where to begin."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from orders import labels
from orders.admin.approvals.waiting import count_late_for_me, count_waiting_for_me
from orders.admin.base import html
from orders.models import CompensationFailure, Order
from orders.rules.status import WaitingFor


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Context of the first page (named in the settings)."""
    return {**context, "title": _("Overview"), "shop": _figures(request)}


def _figures(request: HttpRequest) -> dict[str, Any]:
    user = request.user
    return {
        "mine": _mine(request) if user.has_perm("orders.decide_approval") else None,
        "waits": _waits() if user.has_perm("orders.view_order") else [],
        "compensation_failures": _failed_reversals() if user.has_perm("orders.view_compensationfailure") else None,
        "latest": _latest() if user.has_perm("orders.view_order") else [],
    }


def _mine(request: HttpRequest) -> dict[str, Any]:
    return {
        "count": count_waiting_for_me(request),
        "late": count_late_for_me(request),
        "url": reverse("admin:approvals"),
    }


def _waits() -> list[dict[str, Any]]:
    """For everything an order can wait for: how many do, what they are worth, and how many are overdue."""
    groups = (
        Order.objects.open()
        .exclude(waiting_for="")
        .values("waiting_for")
        .annotate(
            count=Count("pk"),
            worth=Sum("total"),
            late=Count("pk", filter=Q(waiting_until__lt=timezone.now())),
        )
    )
    found = {group["waiting_for"]: group for group in groups}
    most = max((group["count"] for group in found.values()), default=1)
    return [_wait(value, found.get(value), most) for value in WaitingFor if value]


def _wait(value: WaitingFor, group: Mapping[str, Any] | None, most: int) -> dict[str, Any]:
    group = group or {"count": 0, "worth": Decimal("0.00"), "late": 0}
    return {
        "words": labels.waiting_for(value),
        "count": group["count"],
        "worth": labels.money(group["worth"]),
        "late": group["late"],
        "share": round(100 * group["count"] / most),
        "url": f"{reverse('admin:orders_order_changelist')}?waiting_for={value}",
    }


def _failed_reversals() -> dict[str, Any]:
    at_risk = F("amount_at_risk") + F("goods_at_risk")
    sums = CompensationFailure.objects.open().aggregate(count=Count("pk"), risk=Sum(at_risk))
    return {
        "count": sums["count"],
        "risk": labels.money(sums["risk"] or Decimal("0.00")),
        "url": reverse("admin:orders_compensationfailure_changelist"),
    }


def _latest() -> list[dict[str, Any]]:
    return [
        {
            "number": order.number,
            "url": reverse("admin:orders_order_change", args=[order.pk]),
            "name": order.name,
            "total": labels.money(order.total, order.currency),
            "status": html.badge(labels.order_status(order.status), order.status),
            "waiting": html.waiting(order),
            "age": html.age(order.placed_at),
        }
        for order in Order.objects.order_by("-placed_at")[:8]
    ]
