"""The inbox of approvals: what waits for me, everything undecided, and what I decided."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from orders import labels
from orders.admin.approvals import wording
from orders.admin.approvals.panel import buttons
from orders.admin.approvals.waiting import voter_of, waiting_for_me
from orders.admin.base import html, people
from orders.admin.base.pages import page_context
from orders.authorization.lookups import decided_by, undecided
from orders.models import ApprovalDecision, ApprovalRequest

PER_PAGE = 50


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """One of three lists, by `?tab=`."""
    if not request.user.has_perm("orders.view_approvalrequest"):
        raise PermissionDenied
    tabs: dict[str, tuple[str, Any]] = {
        "mine": (_("Waiting for me"), waiting_for_me(request)),
        "all": (_("Undecided"), undecided()),
        "decided": (_("Decided by me"), decided_by(people.signed_in(request))),
    }
    chosen = request.GET.get("tab", "mine")
    chosen = chosen if chosen in tabs else "mine"
    page: Page[Any] = Paginator(tabs[chosen][1], PER_PAGE).get_page(request.GET.get("page"))
    row = _decided if chosen == "decided" else _undecided
    context = {
        "tabs": [(key, words, len(rows) if key == "mine" else "") for key, (words, rows) in tabs.items()],
        "chosen": chosen,
        "page": page,
        "rows": [row(request, item) for item in page],
        "may_decide": request.user.has_perm("orders.decide_approval"),
        **page_context(request, _("Approvals")),
    }
    return TemplateResponse(request, "admin/shop/inbox.html", context)


def _undecided(request: HttpRequest, approval: ApprovalRequest) -> dict[str, Any]:
    mine = request.user.has_perm("orders.decide_approval") and bool(voter_of(request).votes(approval))
    return {
        "key": approval.pk,
        "subject": wording.subject(approval),
        "is_order": approval.order_id is not None,
        "url": reverse("admin:orders_approvalrequest_change", args=[approval.pk]),
        "requester": wording.requester(approval),
        "amount": labels.money(approval.amount, approval.currency),
        "levels": html.levels(approval),
        "age": html.age(approval.requested_at),
        "deadline": html.until(approval.deadline),
        "mine": mine,
        "buttons": buttons(approval) if mine else [],
    }


def _decided(request: HttpRequest, decision: ApprovalDecision) -> dict[str, Any]:
    state = "approved" if decision.approved else "rejected"
    return {
        "subject": wording.subject(decision.request),
        "is_order": decision.request.order_id is not None,
        "url": reverse("admin:orders_approvalrequest_change", args=[decision.request_id]),
        "amount": labels.money(decision.amount, decision.request.currency),
        "role": labels.role(decision.role),
        "in_place_of": decision.acting_for and people.name(decision.acting_for),
        "state": html.badge(labels.level_state(state), state),
        "comment": decision.comment,
        "when": labels.moment(decision.at),
    }
