"""Approval requests: the list, the page that mails link to, and both decisions in dialogs."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from orders import labels
from orders.admin.approvals import wording
from orders.admin.approvals.decide_selected import DecideSelected
from orders.admin.approvals.panel import approval_panel
from orders.admin.approvals.waiting import voter_of
from orders.admin.base import html, people
from orders.admin.base.dialogs import ClientForm, Dialog, call_client, dialog, dialog_action
from orders.admin.base.filters import Overdue, by_label
from orders.admin.base.lines import order_lines
from orders.admin.base.model_admin import ReadOnlyAdmin
from orders.admin.base.pages import workflow_url
from orders.authorization.eligibility import Vote, Voter
from orders.authorization.lookups import with_subjects
from orders.models import ApprovalRequest
from orders.rules.approvals import ApprovalOutcome
from temporal_app import client


class ApproveForm(ClientForm):
    """Approve one level of one approval."""

    approved = True

    role = forms.CharField(label=_("Decide as"), widget=UnfoldAdminSelectWidget)
    comment = forms.CharField(
        label=_("Comment"), required=False, max_length=2000, widget=UnfoldAdminTextareaWidget({"rows": 3})
    )
    fingerprint = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.approval = get_object_or_404(with_subjects(ApprovalRequest.objects.all()), pk=self.object_id)
        voter = Voter.of(people.signed_in(self.request), timezone.now())
        votes = voter.votes(self.approval)
        self.facts = wording.facts(self.approval)
        self.closed = "" if votes else wording.why_not(voter, self.approval)
        self.initial["fingerprint"] = self.approval.fingerprint  # what the person is looking at now
        self._offer(votes)

    def _offer(self, votes: list[Vote]) -> None:
        field = self.fields["role"]
        field.widget.choices = [(vote.role, wording.capacity(vote)) for vote in votes]
        if len(votes) == 1:
            self.initial["role"] = votes[0].role
            field.widget = forms.HiddenInput()
            self.facts.append((gettext("You decide as"), wording.capacity(votes[0])))


class RejectForm(ApproveForm):
    """Reject the whole, with a reason."""

    approved = False

    comment = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        error_messages={"required": _("Please say why: a rejection needs a comment.")},
        help_text=_("The requester reads it; it ends the matter at once."),
    )


APPROVE = dialog(ApproveForm, _("Approve"))
REJECT = dialog(RejectForm, _("Reject"), danger=True)


FORMS: dict[str, type[ApproveForm]] = {"approve": ApproveForm, "reject": RejectForm}


class PastDeadline(Overdue):
    column = "deadline"


@admin.register(ApprovalRequest)
class ApprovalRequestAdmin(DecideSelected, ReadOnlyAdmin):
    when_empty = _("What needs somebody's approval stands here: orders, expenses, refunds, write-offs and the like.")
    list_display = ("about", "requester", "amount_asked", "state", "levels", "due", "requested")
    list_filter = (
        by_label("outcome", _("outcome"), labels.approval_outcome),
        by_label("kind", _("kind"), labels.approval_kind),
        by_label("levels__role", _("role"), labels.role),
        PastDeadline,
    )
    search_fields = (
        "order__number",
        "order__name",
        "expense__category",
        "expense__requester__last_name",
        "write_off__failure__order__number",
        "refund__order__number",
    )
    date_hierarchy = "requested_at"
    ordering = ("-requested_at",)
    actions = ("approve_selected", "reject_selected")
    actions_detail = ("approve", "reject")
    change_form_template = "admin/orders/approvalrequest/page.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApprovalRequest]:
        return with_subjects(super().get_queryset(request))

    @display(description=_("about"), ordering="order__number")
    def about(self, approval: ApprovalRequest) -> str:
        return wording.subject(approval)

    @display(description=_("requested by"))
    def requester(self, approval: ApprovalRequest) -> str:
        return wording.requester(approval)

    @display(description=_("amount"), ordering="amount")
    def amount_asked(self, approval: ApprovalRequest) -> str:
        return labels.money(approval.amount, approval.currency)

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

    def page(self, request: HttpRequest, row: ApprovalRequest) -> dict[str, Any]:
        return {
            "title": wording.subject(row),
            "subtitle": None,
            "approval": approval_panel(row, voter_of(request)),
            "lines": order_lines(row.order) if row.order else [],
            "payment": wording.payment(row),
            "total": labels.money(row.amount, row.currency),
            "workflow_url": workflow_url(row.workflow_id),
        }

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """None in the frame: the page shows them beside what they are about, to those who have a vote."""
        return []

    @dialog_action(APPROVE, permission="decide")
    def approve(self, request: HttpRequest, form: ApproveForm, object_id: str) -> HttpResponse:
        return _submit(request, form, APPROVE)

    @dialog_action(REJECT, permission="decide")
    def reject(self, request: HttpRequest, form: RejectForm, object_id: str) -> HttpResponse:
        return _submit(request, form, REJECT)


def _submit(request: HttpRequest, form: ApproveForm, about: Dialog) -> HttpResponse:
    def step() -> str:
        typed = form.cleaned_data
        role, comment, seen = typed["role"], typed["comment"], typed["fingerprint"]
        return submit_decision(request, form.approval, role=role, approved=form.approved, comment=comment, seen=seen)

    return call_client(request, form, about, step, back=page_of(form.approval.pk))


def submit_decision(
    request: HttpRequest, approval: ApprovalRequest, *, role: str, approved: bool, comment: str, seen: str
) -> str:
    """Submit the decision of the person signed in; returns what to tell them.

    :param seen: the fingerprint of what that person looked at
    :raises ClientError: it was refused, or nobody answers
    """
    state = client.decide(
        approval.kind,
        wording.subject_key(approval),
        role=role,
        approved=approved,
        comment=comment.strip(),
        by=people.by(request),
        fingerprint=seen,
    )
    return wording.verdict(state, wording.subject(approval), approved=approved)


def page_of(pk: int) -> str:
    """Where one approval is read and decided."""
    return reverse("admin:orders_approvalrequest_change", args=[pk])
