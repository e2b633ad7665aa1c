"""The part of a refund's page that says what its workflow knows. Temporal is asked, so it is fetched after the page."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from orders import labels
from orders.admin.base import html
from orders.admin.base.pages import workflow_url
from orders.admin.payments.refunds import ASKS, SEND_AGAIN, UNDER_WAY
from orders.models import Refund
from temporal_app import client
from temporal_app.client.errors import ClientError

OPERATE = "orders.view_failedworkflow"  # who looks after workflows that fail, reads what is technical


@require_safe
def refund_workflow(request: HttpRequest, refund_id: int) -> HttpResponse:
    """What the workflow of one refund is at, and whether one carries it at all."""
    if not request.user.has_perm("orders.view_refund"):
        raise PermissionDenied
    refund = get_object_or_404(Refund, pk=refund_id)
    return TemplateResponse(request, "admin/orders/refund/workflow.html", {"refund": refund, **_told(request, refund)})


def _told(request: HttpRequest, refund: Refund) -> dict[str, Any]:
    under_way = refund.state in UNDER_WAY
    try:
        seen = client.inspect_refund(refund.pk)
    except ClientError:
        return {"under_way": under_way, "temporal_away": True}
    carried = any(one.is_running for one in seen.workflows)
    may_send = under_way and request.user.has_perm(ASKS)
    return {
        "under_way": under_way,
        "broken_off": under_way and not carried,
        "button": not carried and may_send and _button(refund),
        "steps": [
            {"what": labels.activity(one.step), "since": labels.moment(one.since)} for one in seen.operations or ()
        ],
        "pending": [_pending(one) for one in seen.activities],
        "workflows": [
            {"row": one, "url": workflow_url(one.workflow_id), "status": labels.workflow_status(one.status)}
            for one in seen.workflows
        ],
        "operator": request.user.has_perm(OPERATE),
    }


def _pending(activity: client.PendingActivity) -> dict[str, Any]:
    at = activity.next_attempt_at
    return {"row": activity, "what": labels.activity(activity.name), "next": at and labels.clock(at)}


def _button(refund: Refund) -> str:
    url = reverse("admin:orders_refund_send_again", args=[refund.pk])
    return html.dialog_link(url, str(SEND_AGAIN["title"]), tone="primary", subject=refund.order.number)
