"""Deciding about a failed reversal: a dialog for each thing that can be done, and what is said afterwards."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from orders import labels
from orders.admin.base import people
from orders.admin.base.dialogs import ClientForm, Dialog, Words, call_client, dialog
from orders.admin.base.person_field import PersonField
from orders.admin.base.proof import PasswordAgain
from orders.models import CompensationFailure, ReversalDecision
from orders.models.compensation import ReversalAction
from orders.rules import actors
from orders.rules.refusals import Refusal
from orders.rules.states import ResolutionState
from temporal_app import client
from temporal_app.client.errors import Refused, kept

SETTLES = "orders.settle_compensationfailure"


class ReversalForm(ClientForm):
    """A dialog about one failed reversal. `goods` says what becomes of those that are still promised to the order."""

    goods: Words = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        failures = CompensationFailure.objects.select_related("order", "owner")
        self.failure = get_object_or_404(failures, pk=self.object_id)
        self.facts = facts(self.failure)
        if self.goods and self.failure.holds_goods:
            self.facts.append((_("Goods"), self.goods))
        if not self.failure.is_open:
            self.closed = labels.refusal(Refusal.REVERSAL_SETTLED, {})


class DecisionForm(PasswordAgain, ReversalForm):
    """A decision that is carried out. Subclasses say which; `seen` is how often it had been tried on the page."""

    action: ReversalAction
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = self.failure.attempts
        self.closed = self.closed or people.own_order(self.request, self.failure.order.number)
        under_way = self.failure.under_way()
        if under_way is not None and not self.closed and under_way.action != self.action:
            self.closed = people.explain(busy(under_way))

    def written(self) -> str:
        """What the person typed."""
        text: str = self.cleaned_data.get("text", "")
        return text.strip()


def text_field(label: Any, missing: Any, help_text: Any) -> forms.CharField:
    """What has to be said with a decision."""
    return forms.CharField(
        label=label,
        max_length=1000,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        error_messages={"required": missing},
        help_text=help_text,
    )


class RetryForm(DecisionForm):
    """The same undo once more."""

    action = ReversalAction.RETRY


class SettleForm(DecisionForm):
    """It was undone outside the shop."""

    action = ReversalAction.SETTLE
    goods = gettext_lazy("What is still promised to the order counts as being in the warehouse again.")
    text = text_field(
        gettext_lazy("Evidence"),
        gettext_lazy("Please say what was done, with a reference that others can look up."),
        gettext_lazy("What was done, and where that can be looked up: a transfer's reference, a ticket, a name."),
    )


class WriteOffForm(DecisionForm):
    """Nobody will get it back."""

    action = ReversalAction.WRITE_OFF
    goods = gettext_lazy("What is still promised to the order leaves the stock.")
    text = text_field(
        gettext_lazy("Reason"),
        gettext_lazy("Please say why, for whoever has to approve it."),
        gettext_lazy("Whoever has to approve it reads this."),
    )


class OwnerForm(ReversalForm):
    """Somebody takes care of it."""

    owner = PersonField(
        queryset=User.objects.none(),
        label=gettext_lazy("Who takes care"),
        required=False,
        empty_label=gettext_lazy("nobody"),
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["owner"]
        if isinstance(field, PersonField):
            field.queryset = may_settle()
        self.initial.setdefault("owner", self.failure.owner_id or people.signed_in(self.request).pk)


RETRY = dialog(
    RetryForm,
    labels.reversal_action.words[ReversalAction.RETRY],
    gettext_lazy("The provider or carrier is asked once more for the same. Nothing is given back twice."),
)
SETTLE = dialog(
    SettleForm,
    labels.reversal_action.words[ReversalAction.SETTLE],
    gettext_lazy("You have seen to it outside the shop. It cannot be taken back."),
)
WRITE_OFF = dialog(
    WriteOffForm,
    labels.reversal_action.words[ReversalAction.WRITE_OFF],
    gettext_lazy("Somebody else decides. If it is approved, what is at risk counts as lost."),
    submit=gettext_lazy("Ask for approval"),
    danger=True,
)
OWNER = dialog(
    OwnerForm,
    gettext_lazy("Who takes care"),
    gettext_lazy("Others see who is working on it."),
    submit=gettext_lazy("Note it"),
)

CARRY_OUT: dict[ReversalAction, Callable[[int], Any]] = {
    ReversalAction.RETRY: client.retry_compensation,
    ReversalAction.SETTLE: client.settle_compensation,
    ReversalAction.WRITE_OFF: client.ask_to_write_off,
}


def decide(request: HttpRequest, form: DecisionForm, about: Dialog) -> HttpResponse:
    """Write the decision down and have it carried out; what cannot be done is said inside the dialog."""

    def step() -> str:
        decision = _write_down(request, form)
        with kept():
            CARRY_OUT[form.action](decision.pk)
        decision.refresh_from_db()
        return outcome(decision)

    return call_client(request, form, about, step, back=page_of(form.failure))


def hand_over(request: HttpRequest, form: OwnerForm) -> HttpResponse:
    """Say who takes care of it."""

    def step() -> str:
        owner = form.cleaned_data["owner"]
        form.failure.hand_to(owner)
        return _("%(who)s takes care of it.") % {"who": people.name(owner)} if owner else _("Nobody takes care of it.")

    return call_client(request, form, OWNER, step, back=page_of(form.failure))


def _write_down(request: HttpRequest, form: DecisionForm) -> ReversalDecision:
    """The decision as a row; where the same is under way, that one: a double click decides once.

    :raises Refused: the order is their own, it is settled, another decision is under way, or it was tried again since
        the page was opened
    """
    with transaction.atomic():
        failure = CompensationFailure.objects.locked(form.failure.pk)
        if people.own_order(request, failure.order.number):
            raise Refused(Refusal.OWN_ORDER, {"number": failure.order.number})
        under_way = failure.under_way()
        if under_way is not None and under_way.action == form.action:
            return under_way
        if under_way is not None:
            raise busy(under_way)
        if not failure.is_open:
            raise Refused(Refusal.REVERSAL_SETTLED)
        if failure.attempts != form.cleaned_data["seen"]:
            raise Refused(Refusal.REVERSAL_RETRIED)
        return ReversalDecision.objects.create(
            failure=failure, action=form.action, text=form.written(), decided_by=people.signed_in(request)
        )


def busy(under_way: ReversalDecision) -> Refused:
    """Why nothing else can be decided now."""
    return Refused(Refusal.REVERSAL_BUSY, {"who": actors.user(under_way.decided_by_id), "undoing": under_way.action})


def outcome(decision: ReversalDecision) -> str:
    """What became of a decision, as a sentence."""
    if decision.state == ResolutionState.REQUESTED:
        if decision.action == ReversalAction.WRITE_OFF:
            return _("Waits for somebody else's approval.")
        return _("This takes a moment. How it went will stand here; choose the same again if it stays like this.")
    if decision.state == ResolutionState.REFUSED:
        if decision.result == Refusal.OWN_ORDER:
            return labels.refusal(Refusal.OWN_ORDER, {"number": decision.failure.order.number})
        if decision.action == ReversalAction.WRITE_OFF:
            return _("Not approved. %(reason)s") % {"reason": labels.reason(decision.result)}
        if decision.action == ReversalAction.SETTLE:
            return labels.refusal(decision.result, {})
        return labels.refusal(Refusal.STILL_NOT_UNDONE, {"error": decision.result})
    return {
        ReversalAction.RETRY: _("Undone after all."),
        ReversalAction.SETTLE: _("Settled by hand."),
        ReversalAction.WRITE_OFF: _("Approved and written off."),
    }[ReversalAction(decision.action)]


def facts(failure: CompensationFailure) -> list[tuple[str, object]]:
    """What a person should see before they decide."""
    return [
        (_("Order"), failure.order.number),
        (_("Step"), labels.reversal_step(failure.step)),
        (_("Money at risk"), labels.money(failure.amount_at_risk, failure.currency)),
        (_("Goods at risk"), labels.money(failure.goods_at_risk, failure.currency)),
        (_("Tried"), failure.attempts),
        (_("Last error"), failure.error),
    ]


def may_settle() -> QuerySet[User]:
    """Everybody who can take care of failed reversals."""
    codename = SETTLES.partition(".")[2]
    holds = Q(groups__permissions__codename=codename) | Q(user_permissions__codename=codename) | Q(is_superuser=True)
    return User.objects.filter(holds, is_active=True, is_staff=True).distinct().order_by("last_name", "username")


def page_of(failure: CompensationFailure) -> str:
    """Where one failed reversal is read and dealt with."""
    return reverse("admin:orders_compensationfailure_change", args=[failure.pk])
