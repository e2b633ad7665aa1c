"""Failed reversals: the inbox of what could not be undone, and what a person can do about each."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from orders import labels
from orders.admin.base import html, people
from orders.admin.base.dialogs import dialog_action
from orders.admin.base.filters import by_label
from orders.admin.base.model_admin import ReadOnlyAdmin
from orders.admin.base.pages import workflow_url
from orders.admin.failures import deciding
from orders.models import CompensationFailure, ReversalDecision
from orders.models.compensation import ReversalAction
from orders.rules import identifiers

BUTTONS = (
    ("retry", deciding.RETRY, "primary"),
    ("settle", deciding.SETTLE, "plain"),
    ("write_off", deciding.WRITE_OFF, "danger"),
    ("take_care", deciding.OWNER, "plain"),
)
TONES = {"done": "approved", "refused": "rejected", "requested": "pending"}


@admin.register(CompensationFailure)
class CompensationFailureAdmin(ReadOnlyAdmin):
    when_empty = _("What could not be undone of a cancelled order stands here. None is good news.")
    list_display = ("order", "what", "at_risk", "progress", "tried", "last_error", "age", "who")
    list_filter = (
        by_label("state", _("state"), labels.reversal_state),
        by_label("step", _("step"), labels.reversal_step),
        ("owner", admin.RelatedOnlyFieldListFilter),
    )
    search_fields = ("order__number", "step")
    date_hierarchy = "happened_at"
    ordering = ("state", "happened_at")  # open ones first, the oldest on top
    actions_detail = ("retry", "settle", "write_off", "take_care")
    change_form_template = "admin/orders/compensationfailure/page.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[CompensationFailure]:
        return super().get_queryset(request).select_related("order", "owner")

    @display(description=_("step"), ordering="step")
    def what(self, failure: CompensationFailure) -> str:
        return labels.reversal_step(failure.step)

    @display(description=_("at risk"), ordering="-amount_at_risk")
    def at_risk(self, failure: CompensationFailure) -> SafeString:
        money = labels.money(failure.amount_at_risk, failure.currency)
        goods = labels.money(failure.goods_at_risk, failure.currency)
        return format_html("{}<br>{}", money, gettext("goods %(amount)s") % {"amount": goods})

    @display(description=_("tried"), ordering="attempts")
    def tried(self, failure: CompensationFailure) -> int:
        return failure.attempts

    @display(description=_("state"), ordering="state")
    def progress(self, failure: CompensationFailure) -> SafeString:
        return state_badge(failure)

    @display(description=_("last error"))
    def last_error(self, failure: CompensationFailure) -> str:
        return Truncator(failure.error).chars(50)

    @display(description=_("age"), ordering="-happened_at")
    def age(self, failure: CompensationFailure) -> str:
        return html.age(failure.happened_at)

    @display(description=_("who takes care"), ordering="owner")
    def who(self, failure: CompensationFailure) -> str:
        return people.name(failure.owner)

    def page(self, request: HttpRequest, row: CompensationFailure) -> dict[str, Any]:
        buttons = self._buttons(row) if row.is_open and self.has_settle_permission(request) else []
        return {"title": str(row.order), "subtitle": None, "reversal": {**reversal_page(row), "buttons": buttons}}

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """None in the frame: the page shows what can be done, to those who may."""
        return []

    def _buttons(self, failure: CompensationFailure) -> list[SafeString]:
        """All of them; while something is under way, only what begins it anew where it stands still."""
        under_way = failure.under_way()
        names = {name for name, _dialog, _tone in BUTTONS}
        if under_way is not None:
            names = {"take_care", under_way.action} - {ReversalAction.WRITE_OFF}
        return [
            html.dialog_link(
                reverse(f"admin:orders_compensationfailure_{name}", args=[failure.pk]), str(dialog["title"]), tone=tone
            )
            for name, dialog, tone in BUTTONS
            if name in names
        ]

    def has_settle_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(deciding.SETTLES)

    @dialog_action(deciding.RETRY, permission="settle")
    def retry(self, request: HttpRequest, form: deciding.RetryForm, object_id: str) -> HttpResponse:
        return deciding.decide(request, form, deciding.RETRY)

    @dialog_action(deciding.SETTLE, permission="settle")
    def settle(self, request: HttpRequest, form: deciding.SettleForm, object_id: str) -> HttpResponse:
        return deciding.decide(request, form, deciding.SETTLE)

    @dialog_action(deciding.WRITE_OFF, permission="settle")
    def write_off(self, request: HttpRequest, form: deciding.WriteOffForm, object_id: str) -> HttpResponse:
        return deciding.decide(request, form, deciding.WRITE_OFF)

    @dialog_action(deciding.OWNER, permission="settle")
    def take_care(self, request: HttpRequest, form: deciding.OwnerForm, object_id: str) -> HttpResponse:
        return deciding.hand_over(request, form)


def state_badge(failure: CompensationFailure) -> SafeString:
    """Open, or how it was settled."""
    return html.badge(labels.reversal_state(failure.state), "unmatched" if failure.is_open else "done")


def reversal_page(failure: CompensationFailure) -> dict[str, Any]:
    """Everything about one failed reversal, in words."""
    decisions = failure.decisions.select_related("decided_by", "approval").order_by("-pk")
    return {
        "row": failure,
        "step": labels.reversal_step(failure.step),
        "state": state_badge(failure),
        "at_risk": labels.money(failure.at_risk, failure.currency),
        "money": labels.money(failure.amount_at_risk, failure.currency),
        "goods": labels.money(failure.goods_at_risk, failure.currency),
        "age": html.age(failure.happened_at),
        "happened": labels.moment(failure.happened_at),
        "settled": failure.settled_at and labels.moment(failure.settled_at),
        "owner": people.name(failure.owner),
        "order_status": html.badge(labels.order_status(failure.order.status), failure.order.status),
        "decisions": [_told(decision) for decision in decisions],
        "workflow_url": workflow_url(identifiers.retry_compensation(failure.pk)),
        "workflow_id": identifiers.retry_compensation(failure.pk),
    }


def _told(decision: ReversalDecision) -> dict[str, Any]:
    approval = getattr(decision, "approval", None)
    return {
        "row": decision,
        "action": labels.reversal_action(decision.action),
        "state": html.badge(labels.resolution_state(decision.state), TONES[decision.state]),
        "who": people.name(decision.decided_by),
        "when": labels.moment(decision.decided_at),
        "outcome": deciding.outcome(decision),
        "approval_url": reverse("admin:orders_approvalrequest_change", args=[approval.pk]) if approval else "",
    }
