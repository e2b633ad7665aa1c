"""The exceptions inbox: payments that did not match, with the money at stake, and what was decided about them."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from orders import labels
from orders.admin import cells, people
from orders.admin.notices import buttons, told
from orders.admin.settling import proposal
from orders.admin.site import page_context
from orders.models import ExceptionDecision, Order, PaymentNotice
from orders.models.payment import NoticeOutcome
from orders.payments.exceptions import near_orders
from orders.payments.intake import Oddity

PER_PAGE = 25


@require_safe
def exceptions(request: HttpRequest) -> HttpResponse:
    """What waits for a decision, or what was decided, by `?tab=`."""
    if not request.user.has_perm("orders.view_paymentnotice"):
        raise PermissionDenied
    number = request.GET.get("page")
    page: Page
    if settled := request.GET.get("tab") == "settled":
        decisions = ExceptionDecision.objects.select_related("notice", "decided_by").order_by("-pk")
        page = Paginator(decisions, PER_PAGE).get_page(number)
        rows = [_decided(decision) for decision in page]
    else:
        page = Paginator(waiting(), PER_PAGE).get_page(number)
        rows = _rows(request, list(page))
    context = {
        "settled": settled,
        "page": page,
        "rows": rows,
        "at_stake": at_stake(),
        **page_context(request, _("Payments to look at")),
    }
    return TemplateResponse(request, "admin/shop/exceptions.html", context)


def waiting() -> QuerySet[PaymentNotice]:
    """Payments that did not match and that nobody has dealt with, oldest first."""
    return PaymentNotice.objects.filter(outcome=NoticeOutcome.EXCEPTION).order_by("received_at", "pk")


def at_stake() -> dict[str, Any]:
    """How many payments wait, and how much money they are, by currency."""
    # where provider and shop disagree there is no money that came in
    money = waiting().exclude(reason=Oddity.PROVIDER_DISAGREES).values("currency").annotate(sum=Sum("amount"))
    sums = [labels.money(row["sum"], row["currency"]) for row in money.order_by("currency")]
    return {
        "count": waiting().aggregate(count=Count("pk"))["count"],
        "money": " + ".join(sums) or labels.money(Decimal("0.00")),
    }


def _rows(request: HttpRequest, notices: list[PaymentNotice]) -> list[dict[str, Any]]:
    orders = {order.number: order for order in Order.objects.filter(number__in={n.order_number for n in notices})}
    called = people.names(notice.told_by for notice in notices)
    return [_row(request, notice, orders.get(notice.order_number), called) for notice in notices]


def _row(request: HttpRequest, notice: PaymentNotice, order: Order | None, called: dict[str, str]) -> dict[str, Any]:
    return {
        "row": notice,
        "url": reverse("admin:orders_paymentnotice_change", args=[notice.pk]),
        "oddity": cells.badge(labels.oddity(notice.reason), "exception"),
        "amount": labels.money(notice.amount, notice.currency),
        "ago": cells.ago(notice.received_at),
        "who": labels.actor(notice.told_by, called),
        "order": order,
        "order_url": order and reverse("admin:orders_order_change", args=[order.pk]),
        "order_total": order and labels.money(order.total, order.currency),
        "order_status": order and cells.badge(labels.order_status(order.status), order.status),
        "difference": order and notice.currency == order.currency and _difference(notice.amount - order.total),
        "near": [] if order else [_near(one) for one in near_orders(notice)[:3]],
        "buttons": buttons(request, notice),
    }


def _difference(amount: Decimal) -> str:
    return f"{'+' if amount > 0 else ''}{labels.money(amount)}" if amount else ""


def _near(order: Order) -> dict[str, str]:
    return {"words": proposal(order), "url": reverse("admin:orders_order_change", args=[order.pk])}


def _decided(decision: ExceptionDecision) -> dict[str, Any]:
    return {**told(decision), "url": reverse("admin:orders_paymentnotice_change", args=[decision.notice_id])}
