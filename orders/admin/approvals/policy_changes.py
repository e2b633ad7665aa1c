"""Changes of approval policies: what is proposed beside what is in force, confirmed or rejected by somebody else."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import display
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from orders import labels
from orders.admin.base import html, people
from orders.admin.base.dialogs import Dialog, MoneyForm, call_client, dialog, dialog_action
from orders.admin.base.duration_field import span
from orders.admin.base.filters import by_label
from orders.admin.base.model_admin import ReadOnlyAdmin
from orders.labels.enums import policy_change_state
from orders.models import ApprovalPolicy
from orders.models.policy_change import COLUMNS, MAY_CONFIRM, PolicyChange, terms_of
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.states import PolicyChangeState
from temporal_app.client.errors import Refused

WORDS = {
    "kind": _("Kind"),
    "from_amount": _("From amount"),
    "roles": _("Roles required"),
    "deadline_seconds": _("Time to decide"),
    "at_deadline": _("At the deadline"),
    "escalate_to": _("Escalate to"),
    "remind_before_seconds": _("Reminder before the deadline"),
}

TERMS: dict[str, Callable[[Any], str]] = {
    "kind": labels.approval_kind,
    "from_amount": labels.money,
    "roles": labels.roles,
    "deadline_seconds": span,
    "at_deadline": labels.at_deadline,
    "escalate_to": labels.role,
    "remind_before_seconds": span,
}


def propose(request: HttpRequest, policy: ApprovalPolicy | None, after: dict[str, Any]) -> None:
    """Write down what shall change, and say that somebody else has to confirm it."""
    if terms_of(policy) == after:
        messages.info(request, gettext("Nothing has changed."))
        return
    try:
        PolicyChange.propose(policy, after, by=people.signed_in(request))
    except RuleBroken as broken:
        messages.error(request, labels.refusal(broken.code, broken.params))
    else:
        messages.success(request, gettext("Proposed. It takes effect once somebody else has confirmed it."))


def to_changes() -> HttpResponse:
    """Go to the changes."""
    return HttpResponseRedirect(reverse("admin:orders_policychange_changelist"))


def tier(change: PolicyChange) -> str:
    """Which policy a change is about."""
    words = {"kind": labels.approval_kind(change.kind), "amount": labels.money(change.from_amount)}
    return gettext("%(kind)s from %(amount)s") % words


def side_by_side(change: PolicyChange) -> list[dict[str, Any]]:
    """Each term as it was and as it shall be."""
    rows = []
    for column in COLUMNS:
        old, new = (_term(column, terms) for terms in (change.before, change.after))
        rows.append({"words": WORDS[column], "before": old, "after": new, "differs": old != new})
    return rows


def _term(column: str, terms: dict[str, Any]) -> str:
    if column not in terms:
        return "–"
    value = terms[column]
    return TERMS[column](value) if value else "–"


class DecideForm(MoneyForm):
    """A decision about a proposed change."""

    confirmed = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.change = get_object_or_404(PolicyChange.objects.select_related("proposed_by"), pk=self.object_id)
        self.facts = [
            (gettext("Policy"), tier(self.change)),
            (gettext("Proposed by"), people.name(self.change.proposed_by)),
        ]
        self.facts += [
            (str(row["words"]), f"{row['before']} → {row['after']}")
            for row in side_by_side(self.change)
            if row["differs"]
        ]
        if self.change.state != PolicyChangeState.WAITING:
            self.closed = labels.refusal(Refusal.ALREADY_DECIDED, {})
        elif self.change.proposed_by_id == people.signed_in(self.request).pk:
            self.closed = labels.refusal(Refusal.OWN_REQUEST, {})


class RejectChangeForm(DecideForm):
    """It stays as it is."""

    confirmed = False


CONFIRM = dialog(DecideForm, _("Confirm"), _("The policy holds for what is requested from now on."))
REJECT = dialog(RejectChangeForm, _("Reject"), _("The policy stays as it is."), danger=True)


@admin.register(PolicyChange)
class PolicyChangeAdmin(ReadOnlyAdmin):
    when_empty = _("Changes of approval policies stand here, proposed by one person and confirmed by another.")
    list_display = ("about", "what", "proposer", "proposed", "how_it_stands", "decider")
    list_filter = (by_label("state", _("state"), policy_change_state),)
    list_select_related = ("proposed_by", "decided_by")
    ordering = ("-pk",)
    actions_detail = ("confirm", "reject")
    change_form_template = "admin/orders/policychange/page.html"

    proposed = html.moment_column("proposed_at", _("proposed"))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("orders.view_approvalpolicy")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_confirm_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(MAY_CONFIRM)

    @display(description=_("policy"), ordering="from_amount")
    def about(self, change: PolicyChange) -> str:
        return tier(change)

    @display(description=_("change"))
    def what(self, change: PolicyChange) -> str:
        if not change.before:
            return gettext("New")
        return gettext("Changed") if change.after else gettext("Deleted")

    @display(description=_("proposed by"))
    def proposer(self, change: PolicyChange) -> str:
        return people.name(change.proposed_by)

    @display(description=_("state"), ordering="state")
    def how_it_stands(self, change: PolicyChange) -> str:
        tones = {"waiting": "pending", "confirmed": "approved", "rejected": "rejected"}
        return html.badge(policy_change_state(change.state), tones[change.state])

    @display(description=_("decided by"))
    def decider(self, change: PolicyChange) -> str:
        return people.name(change.decided_by)

    def page(self, request: HttpRequest, row: PolicyChange) -> dict[str, Any]:
        mine = row.proposed_by_id == people.signed_in(request).pk
        waits = row.state == PolicyChangeState.WAITING
        return {
            "title": tier(row),
            "subtitle": None,
            "change_row": row,
            "terms": side_by_side(row),
            "state": self.how_it_stands(row),
            "what": self.what(row),
            "proposer": self.proposer(row),
            "decider": self.decider(row),
            "own": waits and mine,
            "buttons": _buttons(row) if waits and not mine and request.user.has_perm(MAY_CONFIRM) else [],
        }

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """None in the frame: the page shows them to those who may."""
        return []

    @dialog_action(CONFIRM, permission="confirm")
    def confirm(self, request: HttpRequest, form: DecideForm, object_id: str) -> HttpResponse:
        return _decide(request, form, CONFIRM)

    @dialog_action(REJECT, permission="confirm")
    def reject(self, request: HttpRequest, form: RejectChangeForm, object_id: str) -> HttpResponse:
        return _decide(request, form, REJECT)


def _buttons(change: PolicyChange) -> list[str]:
    kinds = (("reject", str(REJECT["title"]), "danger"), ("confirm", str(CONFIRM["title"]), "primary"))
    return [
        html.dialog_link(
            reverse(f"admin:orders_policychange_{name}", args=[change.pk]), words, tone=tone, subject=tier(change)
        )
        for name, words, tone in kinds
    ]


def _decide(request: HttpRequest, form: DecideForm, about: Dialog) -> HttpResponse:
    def step() -> str:
        try:
            form.change.decide(confirmed=form.confirmed, by=people.signed_in(request), at=timezone.now())
        except RuleBroken as broken:
            raise Refused(broken.code, broken.params) from broken
        return (
            gettext("Confirmed; the policy is in force.") if form.confirmed else gettext("Rejected; nothing changes.")
        )

    return call_client(
        request, form, about, step, back=reverse("admin:orders_policychange_change", args=[form.change.pk])
    )
