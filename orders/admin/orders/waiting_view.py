"""The part of an order's page that says why it waits. Temporal is asked too, so it is fetched after the page."""

import json
from dataclasses import asdict
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from orders import labels
from orders.admin.approvals.panel import approval_panel
from orders.admin.approvals.waiting import voter_of
from orders.admin.base import html, people
from orders.admin.base.keys import key
from orders.admin.base.pages import page_context, workflow_url
from orders.admin.orders.next_steps import next_steps
from orders.admin.orders.why_waiting import Wait, in_trouble, outages_of, wait_of
from orders.authorization.lookups import with_subjects
from orders.models import ApprovalRequest, Order
from orders.rules.approvals import ApprovalOutcome
from orders.rules.discretion import discreet
from orders.rules.status import OrderStatus, WaitingFor
from temporal_app import client
from temporal_app.client.errors import ClientError

OPERATE = "orders.view_failedworkflow"  # who looks after workflows that fail, reads what is technical
PAGE, PART = "admin/orders/order/waiting_page.html", "admin/orders/order/waiting.html"


@require_safe
def waiting(request: HttpRequest, order_id: str) -> HttpResponse:
    """Why one order waits: a part of its page, and without JavaScript a page of its own."""
    if not request.user.has_perm("orders.view_order"):
        raise PermissionDenied
    if key(order_id) is None:
        raise Http404
    order = get_object_or_404(Order, pk=order_id)
    part = {"order": order, **_told(request, order)}
    if getattr(request, "htmx", False):
        return TemplateResponse(request, PART, part)
    title = _("Why is %(number)s waiting?") % {"number": order.number}
    return TemplateResponse(request, PAGE, {**page_context(request, title), **part})


def _told(request: HttpRequest, order: Order) -> dict[str, Any]:
    wait = wait_of(order)
    operator = request.user.has_perm(OPERATE)
    try:
        seen: client.Inspection | None = client.inspect_order(order.number, closely=operator)
    except ClientError:
        seen = None
    if seen and wait:
        wait = _as_seen(wait, seen)
    return {
        "wait": wait and _worded(wait),
        "outages": outages_of(order) if wait and wait.outside else [],
        "temporal_away": seen is None,
        "lost": bool(wait and seen) and order.status != OrderStatus.ROLLBACK_INCOMPLETE and not _is_carried(seen),
        "pending": [_pending(activity) for activity in seen.activities] if seen else [],
        "steps": next_steps(order, people.signed_in(request)) if wait else [],
        "approval": wait and _approval(request, order),
        "links": _links(request, order) if wait else [],
        "technical": _technical(seen) if operator and seen else None,
    }


def _is_carried(seen: client.Inspection | None) -> bool:
    """Whether a workflow still cares for the order."""
    return seen is not None and any(one.is_running for one in seen.workflows)


def _as_seen(wait: Wait, seen: client.Inspection) -> Wait:
    failing = next((activity for activity in seen.activities if activity.attempt > 1), None)
    return in_trouble(wait, failing) if failing else wait


def _worded(wait: Wait) -> dict[str, Any]:
    return {
        "what": wait.what,
        "whom": wait.whom,
        "since": wait.since and labels.moment(wait.since),
        "since_ago": wait.since and html.ago(wait.since),
        "until": wait.until and labels.moment(wait.until),
        "left": wait.until and html.until(wait.until),
        "then": wait.then,
    }


def _pending(activity: client.PendingActivity) -> dict[str, Any]:
    partner = labels.activity_partner(activity.name)
    return {
        "row": activity,
        "what": labels.activity(activity.name),
        "whom": "" if partner == activity.name else partner,
        "last": activity.last_attempt_at and labels.clock(activity.last_attempt_at),
        "next": activity.next_attempt_at and labels.clock(activity.next_attempt_at),
    }


def _approval(request: HttpRequest, order: Order) -> dict[str, Any] | None:
    """Whether the reader can decide on it, where it waits for an approval."""
    request_row = with_subjects(ApprovalRequest.objects.filter(order=order, outcome=ApprovalOutcome.PENDING)).first()
    return approval_panel(request_row, voter_of(request)) if request_row else None


def _links(request: HttpRequest, order: Order) -> list[str]:
    """Pages on which people go on, as far as this reader may open them."""
    may = request.user.has_perm
    links: list[str] = []
    if order.waiting_for == WaitingFor.PAYMENT and may("orders.run_paymentcheck"):
        url = f"{reverse('admin:payment-checks-chosen')}?id={order.pk}"
        links.append(html.link(url, _("Ask the provider about the payment")))
    if may("orders.view_paymentevent"):
        url = f"{reverse('admin:orders_paymentevent_changelist')}?q={order.number}"
        links.append(html.link(url, _("Payment events")))
    if may("orders.view_compensationfailure") and order.compensation_failures.exists():
        url = f"{reverse('admin:orders_compensationfailure_changelist')}?q={order.number}"
        links.append(html.link(url, _("Failed reversals")))
    return links


def _technical(seen: client.Inspection) -> dict[str, Any]:
    return {
        "workflows": [
            {
                "row": one,
                "url": workflow_url(one.workflow_id),
                "status": labels.workflow_status(one.status),
                "started": labels.moment(one.started_at),
            }
            for one in seen.workflows
        ],
        "operations": _legible([asdict(operation) for operation in seen.operations or ()]),
        "state": _legible(asdict(seen.state)) if seen.state else "",
        "stack": seen.stack,
        "silent": seen.state is None,
    }


def _legible(value: object) -> str:
    return discreet(json.dumps(value, indent=2, default=str, ensure_ascii=False))
