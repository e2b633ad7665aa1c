"""One approval: the page that mails link to, with both decisions in dialogs."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from orders import labels
from orders.admin import bulk, decisions, html, people
from orders.admin.approval_page import approval_panel
from orders.admin.decisions import ApproveForm, RejectForm, decide
from orders.admin.dialogs import call_client
from orders.admin.filters import Overdue, by_label
from orders.admin.order_page import order_lines, workflow_url
from orders.admin.readonly import ReadOnlyAdmin
from orders.models import ApprovalRequest
from orders.models.deciders import with_subjects
from orders.rules.approvals import ApprovalOutcome

APPROVE = {
    "title": _("Approve"),
    "description": "",
    "form_class": ApproveForm,
    "form_submit_text": _("Approve"),
}
REJECT = {
    "title": _("Reject"),
    "description": "",
    "form_class": RejectForm,
    "form_submit_text": _("Reject"),
    "danger": True,
}


class PastDeadline(Overdue):
    column = "deadline"


@admin.register(ApprovalRequest)
class ApprovalRequestAdmin(ReadOnlyAdmin):
    list_display = ("about", "requester", "amount_asked", "state", "levels", "due", "requested")
    list_filter = (
        by_label("outcome", _("outcome"), labels.approval_outcome),
        by_label("kind", _("kind"), labels.approval_kind),
        by_label("levels__role", _("role"), labels.role),
        PastDeadline,
    )
    search_fields = ("order__number", "order__name", "expense__category", "expense__requester__last_name")
    date_hierarchy = "requested_at"
    ordering = ("-requested_at",)
    actions = ("approve_selected", "reject_selected")
    actions_detail = ("approve", "reject")
    change_form_template = "admin/orders/approvalrequest/page.html"

    def get_queryset(self, request: HttpRequest):
        return with_subjects(super().get_queryset(request))

    @display(description=_("about"), ordering="order__number")
    def about(self, approval: ApprovalRequest) -> str:
        return decisions.subject(approval)

    @display(description=_("requested by"))
    def requester(self, approval: ApprovalRequest) -> str:
        return decisions.requester(approval)

    @display(description=_("amount"), ordering="amount")
    def amount_asked(self, approval: ApprovalRequest) -> str:
        return labels.money(approval.amount, decisions.currency(approval))

    @display(description=_("outcome"), ordering="outcome")
    def state(self, approval: ApprovalRequest) -> str:
        return html.badge(labels.approval_outcome(approval.outcome), approval.outcome)

    @display(description=_("levels"))
    def levels(self, approval: ApprovalRequest) -> str:
        return html.levels(approval)

    @display(description=_("deadline"), ordering="deadline")
    def due(self, approval: ApprovalRequest) -> str:
        return html.until(approval.deadline) if approval.outcome == ApprovalOutcome.PENDING else "–"

    requested = html.moment_column("requested_at", _("requested"))

    @admin.action(description=_("Approve…"), permissions=["decide"])
    def approve_selected(self, request: HttpRequest, queryset) -> HttpResponse:
        return bulk.ask(queryset.values_list("pk", flat=True), "approve")

    @admin.action(description=_("Reject…"), permissions=["decide"])
    def reject_selected(self, request: HttpRequest, queryset) -> HttpResponse:
        return bulk.ask(queryset.values_list("pk", flat=True), "reject")

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        approval = self.get_object(request, object_id) if object_id else None
        page: dict = {}
        if approval and self.has_view_permission(request, approval):
            page = {
                "title": decisions.subject(approval),
                "subtitle": None,
                "approval": approval_panel(approval, people.signed_in(request)),
                "lines": order_lines(approval.order) if approval.order else [],
                "total": labels.money(approval.amount, decisions.currency(approval)),
                "workflow_url": workflow_url(approval.workflow_id),
            }
        return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **page})

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list:
        """None in the frame: the page shows them beside what they are about, to those who have a vote."""
        return []

    def has_decide_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("orders.decide_approval")

    @action(description=_("Approve"), permissions=["decide"], dialog=APPROVE)
    def approve(self, request: HttpRequest, form: ApproveForm, object_id: str) -> HttpResponse:
        return call_client(
            request, form, APPROVE, lambda: decide(request, form, approved=True), back=page_of(object_id)
        )

    @action(description=_("Reject"), permissions=["decide"], dialog=REJECT)
    def reject(self, request: HttpRequest, form: RejectForm, object_id: str) -> HttpResponse:
        return call_client(
            request, form, REJECT, lambda: decide(request, form, approved=False), back=page_of(object_id)
        )


def page_of(pk: object) -> str:
    """Where one approval is read and decided."""
    return reverse("admin:orders_approvalrequest_change", args=[pk])
