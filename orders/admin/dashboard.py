"""The admin's first page: what stands on the desk of whoever opens it, and how the shop does."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from orders import labels
from orders.admin.approvals import wording
from orders.admin.approvals.panel import buttons
from orders.admin.approvals.waiting import count_late_for_me, waiting_for_me
from orders.admin.base import html
from orders.admin.start import desks, figures
from orders.models import ApprovalRequest

SHOWN = 6


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Context of the first page (named in the settings): a part for each job of whoever reads it."""
    may = request.user.has_perm
    leads = request.user.is_superuser or (may("orders.decide_approval") and may("orders.view_compensationfailure"))
    parts = {
        "search": reverse("admin:orders_order_changelist") if may("orders.view_order") else "",
        "waits": desks.waits() if may("orders.view_order") else [],
        "mine": _mine(request) if may("orders.decide_approval") else None,
        "to_ship": desks.to_ship() if may("orders.ship_order") else None,
        "unmatched": desks.unmatched() if may("orders.resolve_paymentevent") else None,
        "due": desks.due() if may("orders.report_payment") or may("orders.extend_payment") else None,
        "refunds": desks.refunds() if may("orders.make_refund") else None,
        "failed": desks.failed_reversals() if may("orders.view_compensationfailure") else None,
        "figures": figures.figures() if leads else None,
    }
    return {**context, "title": _("Overview"), "shop": parts, "charts": leads}


def _mine(request: HttpRequest) -> dict[str, Any]:
    """What waits for the decision of the reader, the most urgent first."""
    waiting = waiting_for_me(request)
    return {
        "count": len(waiting),
        "late": count_late_for_me(request),
        "rows": [_approval(approval) for approval in waiting[:SHOWN]],
        "url": reverse("admin:approvals"),
    }


def _approval(approval: ApprovalRequest) -> dict[str, Any]:
    return {
        "subject": wording.subject(approval),
        "url": reverse("admin:orders_approvalrequest_change", args=[approval.pk]),
        "requester": wording.requester(approval),
        "amount": labels.money(approval.amount, approval.currency),
        "levels": html.levels(approval),
        "deadline": html.until(approval.deadline),
        "buttons": buttons(approval),
    }
