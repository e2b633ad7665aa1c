"""Approval policies: from which amount on who must approve, and within what time."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from orders import labels
from orders.admin.approvals.policy_changes import propose, to_changes
from orders.admin.base.duration_field import SpanField, span
from orders.admin.base.filters import by_label
from orders.admin.base.model_admin import BaseAdmin
from orders.admin.base.proof import password_first, with_password
from orders.admin.base.typed import ModelForm
from orders.models import ApprovalPolicy
from orders.models.approval import OF_POLICIES
from orders.models.policy_change import terms_of
from orders.rules.approvals import APPROVERS, AtDeadline

# only these groups may decide at all; a level for anybody else would wait for ever
KINDS = [(str(kind), labels.approval_kind.words[kind]) for kind in OF_POLICIES]
ROLES = [(str(role), words) for role, words in labels.role.choices() if role in APPROVERS]


class PolicyForm(ModelForm):
    """A policy, with times in days and hours."""

    kind = forms.ChoiceField(label=_("Kind"), choices=KINDS, widget=UnfoldAdminSelectWidget)
    at_deadline = forms.ChoiceField(
        label=_("At the deadline"), choices=labels.at_deadline.choices(), widget=UnfoldAdminSelectWidget
    )
    escalate_to = forms.ChoiceField(
        label=_("Escalate to"), choices=[("", _("nobody")), *ROLES], widget=UnfoldAdminSelectWidget, required=False
    )
    roles = forms.MultipleChoiceField(
        label=_("Roles required"), choices=ROLES, widget=UnfoldAdminCheckboxSelectMultipleWidget, required=True
    )
    deadline_seconds = SpanField(label=_("Time to decide"))
    remind_before_seconds = SpanField(
        label=_("Reminder before the deadline"), required=False, help_text=_("Nothing: no reminder is sent.")
    )

    class Meta:
        model = ApprovalPolicy
        fields = (
            "kind",
            "from_amount",
            "roles",
            "deadline_seconds",
            "at_deadline",
            "escalate_to",
            "remind_before_seconds",
        )

    def clean_from_amount(self) -> Any:
        amount = self.cleaned_data["from_amount"]
        if amount < 0:
            raise forms.ValidationError(_("The amount cannot be negative."))
        return amount

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        deadline, reminder = data.get("deadline_seconds"), data.get("remind_before_seconds") or 0
        data["remind_before_seconds"] = reminder
        if deadline is not None and deadline < 60:
            self.add_error("deadline_seconds", _("Give at least a minute to decide."))
        elif deadline is not None and reminder >= deadline:
            self.add_error(
                "remind_before_seconds",
                _("The reminder must come after the request: choose less than the time to decide."),
            )
        self._check_escalation(data)
        return data

    def _check_escalation(self, data: dict[str, Any]) -> None:
        target = data.get("escalate_to")
        if data.get("at_deadline") == AtDeadline.ESCALATE and not target:
            self.add_error("escalate_to", _("Say which role is asked when the deadline has passed."))
        elif data.get("at_deadline") != AtDeadline.ESCALATE:
            data["escalate_to"] = ""
        elif target in data.get("roles", []):
            self.add_error("escalate_to", _("This role is asked already; choose another one."))


@admin.register(ApprovalPolicy)
class ApprovalPolicyAdmin(BaseAdmin):
    when_empty = _("There are no policies, so nobody is asked about anything.")
    form = PolicyForm
    list_display = ("name", "asked", "time", "ending", "reminder")
    list_filter = (by_label("kind", _("kind"), labels.approval_kind),)
    ordering = ("kind", "from_amount")
    list_before_template = "admin/shop/policies_intro.html"

    # Nothing takes effect here: what is typed, or deleted, becomes a change that somebody else has to confirm.

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """No deleting of several at once: each is a change of its own."""
        return {}

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """What is typed asks for the password too; who only reads types nothing."""
        types = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        form = with_password(self.form, request) if types else self.form
        return super().get_form(request, obj, change, **{"form": form, **kwargs})

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        return password_first(request, partial(super().delete_view, request, object_id, extra_context))

    def save_model(self, request: HttpRequest, obj: ApprovalPolicy, form: Any, change: bool) -> None:
        policy = ApprovalPolicy.objects.get(pk=obj.pk) if change else None
        propose(request, policy, terms_of(obj))

    def delete_model(self, request: HttpRequest, obj: ApprovalPolicy) -> None:
        propose(request, obj, {})

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return to_changes()

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return to_changes()

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        return to_changes()

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The changes are the log."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The changes are the log."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """The changes are the log."""

    @display(description=_("policy"), ordering="from_amount")
    def name(self, policy: ApprovalPolicy) -> str:
        return _("%(kind)s from %(amount)s") % {
            "kind": labels.approval_kind(policy.kind),
            "amount": labels.money(policy.from_amount),
        }

    @display(description=_("roles required"))
    def asked(self, policy: ApprovalPolicy) -> str:
        return labels.roles(policy.roles)

    @display(description=_("time to decide"), ordering="deadline_seconds")
    def time(self, policy: ApprovalPolicy) -> str:
        return span(policy.deadline_seconds)

    @display(description=_("at the deadline"), ordering="at_deadline")
    def ending(self, policy: ApprovalPolicy) -> str:
        words = labels.at_deadline(policy.at_deadline)
        return f"{words}: {labels.role(policy.escalate_to)}" if policy.escalate_to else words

    @display(description=_("reminder"))
    def reminder(self, policy: ApprovalPolicy) -> str:
        return (
            _("%(span)s before") % {"span": span(policy.remind_before_seconds)} if policy.remind_before_seconds else "–"
        )
