"""The inbox of unmatched payments: payments that did not match, with the money at stake, and what was decided about
them."""

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
from orders.admin.base import html, people
from orders.admin.base.pages import page_context
from orders.admin.payments.payment_events import buttons, record_event
from orders.admin.payments.resolutions import proposal
from orders.models import Order, PaymentEvent, Resolution
from orders.payments import parts
from orders.reconciliation.near import Near, near
from orders.reconciliation.unmatched import under_way
from orders.rules.states import MismatchReason, PaymentEventOutcome

PER_PAGE = 25


@require_safe
def unmatched(request: HttpRequest) -> HttpResponse:
    """What waits for a decision, or what was decided, by `?tab=`."""
    if not request.user.has_perm("orders.view_paymentevent"):
        raise PermissionDenied
    number = request.GET.get("page")
    page: Page[Any]
    if resolved := request.GET.get("tab") == "resolved":
        decisions = Resolution.objects.select_related("payment_event", "decided_by").order_by("-pk")
        page = Paginator(decisions, PER_PAGE).get_page(number)
        rows = [_decided(decision) for decision in page]
    else:
        page = Paginator(waiting(), PER_PAGE).get_page(number)
        rows = _rows(request, list(page))
    context = {
        "resolved": resolved,
        "page": page,
        "rows": rows,
        "at_stake": at_stake(),
        "partly_paid": [] if resolved else [_partly_paid(request, order) for order in parts.partly_paid()[:PER_PAGE]],
        **page_context(request, _("Unmatched payments")),
    }
    return TemplateResponse(request, "admin/shop/unmatched.html", context)


def waiting() -> QuerySet[PaymentEvent]:
    """Payments that did not match and that nobody has dealt with, oldest first."""
    return PaymentEvent.objects.filter(outcome=PaymentEventOutcome.UNMATCHED).order_by("received_at", "pk")


def at_stake() -> dict[str, Any]:
    """How many payments wait, and how much money they are, by currency."""
    # where provider and shop disagree there is no money that came in
    money = waiting().exclude(reason=MismatchReason.PROVIDER_DISAGREES).values("currency").annotate(sum=Sum("amount"))
    sums = [labels.money(row["sum"], row["currency"]) for row in money.order_by("currency")]
    return {
        "count": waiting().aggregate(count=Count("pk"))["count"],
        "money": " + ".join(sums) or labels.money(Decimal("0.00")),
    }


def _rows(request: HttpRequest, payment_events: list[PaymentEvent]) -> list[dict[str, Any]]:
    orders = {
        order.number: order for order in Order.objects.filter(number__in={n.order_number for n in payment_events})
    }
    called = people.names(payment_event.reported_by for payment_event in payment_events)
    decided = under_way(payment_events)
    return [
        {
            **_row(request, payment_event, orders.get(payment_event.order_number), called),
            "decision": payment_event.pk in decided and record_event(decided[payment_event.pk]),
        }
        for payment_event in payment_events
    ]


def _row(
    request: HttpRequest, payment_event: PaymentEvent, order: Order | None, called: dict[str, str]
) -> dict[str, Any]:
    return {
        "row": payment_event,
        "url": reverse("admin:orders_paymentevent_change", args=[payment_event.pk]),
        "mismatch": html.badge(labels.mismatch(payment_event.reason), "unmatched"),
        "amount": labels.money(payment_event.amount, payment_event.currency),
        "ago": html.ago(payment_event.received_at),
        "who": labels.actor(payment_event.reported_by, called),
        "order": order,
        "order_url": order and reverse("admin:orders_order_change", args=[order.pk]),
        "order_total": order and labels.money(order.rest, order.currency),
        "order_status": order and html.badge(labels.order_status(order.status), order.status),
        "difference": order
        and payment_event.currency == order.currency
        and _difference(payment_event.amount - order.rest),
        "near": [] if order else [_near(one) for one in near(payment_event)[:3]],
        "buttons": buttons(request, payment_event),
    }


def _partly_paid(request: HttpRequest, order: Order) -> dict[str, Any]:
    """An order whose rest is missing, with the last part that came, on whose page it can be waived."""
    received = parts.received(order)
    part = parts.matched(order.number).latest("pk")
    return {
        "number": order.number,
        "url": reverse("admin:orders_order_change", args=[order.pk]),
        "name": order.name,
        "received": labels.money(received, order.currency),
        "total": labels.money(order.rest, order.currency),
        "missing": labels.money(order.rest - received, order.currency),
        "ago": html.ago(part.received_at),
        "buttons": buttons(request, part),
    }


def _difference(amount: Decimal) -> str:
    return f"{'+' if amount > 0 else ''}{labels.money(amount)}" if amount else ""


def _near(one: Near) -> dict[str, str]:
    return {"words": proposal(one), "url": reverse("admin:orders_order_change", args=[one.order.pk])}


def _decided(decision: Resolution) -> dict[str, Any]:
    return {
        **record_event(decision),
        "url": reverse("admin:orders_paymentevent_change", args=[decision.payment_event_id]),
    }
