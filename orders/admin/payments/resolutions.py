"""Deciding about a payment that did not match: a dialog for each way out, and what is said afterwards."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from orders import labels
from orders.admin.base import people
from orders.admin.base.credit_told import credit_told
from orders.admin.base.dialogs import Dialog, MoneyForm, Words, call_client, dialog
from orders.authorization.second_person import tier_of
from orders.models import Order, PaymentEvent, Resolution
from orders.models.approval import ApprovalKind
from orders.models.resolution import ResolutionAction
from orders.payments import credit, parts
from orders.reconciliation.near import Near, near
from orders.reconciliation.unmatched import ways_out
from orders.rules import actors
from orders.rules.refusals import Refusal
from orders.rules.states import PaymentEventOutcome, ResolutionState
from orders.rules.totals import ZERO
from temporal_app import client
from temporal_app.client.errors import Refused, kept


def reason_field(*, required: bool) -> forms.CharField:
    """Why a person decides so."""
    return forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        required=required,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        error_messages={"required": gettext_lazy("Please say why, for whoever looks at it later.")},
    )


class ResolveForm(MoneyForm):
    """A decision about one payment. Subclasses say which."""

    action: ResolutionAction
    reason = reason_field(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.payment_event = get_object_or_404(PaymentEvent, pk=self.object_id)
        self.facts = facts(self.payment_event)
        ways = ways_out(self.payment_event)
        if not ways:
            self.closed = labels.refusal(Refusal.NOT_UNMATCHED, {})
        elif self.action not in ways:
            self.closed = labels.refusal(Refusal.NO_SUCH_WAY_OUT, {})
        else:
            self.closed = people.own_order(self.request, self.payment_event.named_order)

    def decided(self) -> dict[str, Any]:
        """What the person typed, by column."""
        return {"reason": self.cleaned_data["reason"].strip()}


class AcceptForm(ResolveForm):
    """The order goes on although the amount differs."""

    action = ResolutionAction.ACCEPT

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        order = Order.objects.filter(number=self.payment_event.order_number).first()
        others = parts.received(order, but=self.payment_event) if order else ZERO
        more = others + self.payment_event.amount - order.rest if order else ZERO
        if order and more:
            words = _("Stays on the order's account") if more > 0 else _("Is waived")
            self.facts = [*self.facts, (words, labels.money(abs(more), order.currency))]
            if tier := tier_of(ApprovalKind.ACCEPT_DIFFERENCE, abs(more)):
                self.facts.append((_("Needs the approval of"), labels.roles(tier.roles)))


class RefundForm(ResolveForm):
    """The money goes back."""

    action = ResolutionAction.REFUND


class ReopenForm(ResolveForm):
    """The order is placed anew."""

    action = ResolutionAction.REOPEN

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        old = Order.objects.filter(number=self.payment_event.order_number).first()
        if old and (gone := credit.used_for(old)):
            words = {"number": old.number, "amount": gone}
            self.closed = self.closed or labels.refusal(Refusal.CREDIT_NOT_BACK, words)
        elif old:
            self.facts = [*self.facts, *credit_told(old)]


class IgnoreForm(ResolveForm):
    """Nothing is done, for a reason."""

    action = ResolutionAction.IGNORE
    reason = reason_field(required=True)


class AssignForm(ResolveForm):
    """The payment is for another order."""

    action = ResolutionAction.ASSIGN
    field_order = ("proposal", "other", "reason")

    proposal = forms.CharField(
        label=gettext_lazy("Order"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=gettext_lazy("Orders that wait for a payment and come near to this one, the nearest first."),
    )
    other = forms.CharField(
        label=gettext_lazy("Another order's number"), required=False, max_length=20, widget=UnfoldAdminTextInputWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        proposed = [] if self.closed else near(self.payment_event)
        choices = [(one.order.number, proposal(one)) for one in proposed]
        self.fields["proposal"].widget.choices = [*choices, ("", _("another, typed below"))]
        self.initial.setdefault("proposal", choices[0][0] if choices else "")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        number = (data.get("other") or data.get("proposal") or "").strip().upper()
        if not number:
            raise forms.ValidationError(_("Please choose an order, or type a number."))
        if not Order.objects.filter(number=number).exists():
            self.add_error("other", _("There is no order %(number)s.") % {"number": number})
        elif own := people.own_order(self.request, number):
            self.add_error("other", own)
        data["number"] = number
        return data

    def decided(self) -> dict[str, Any]:
        return {**super().decided(), "order_number": self.cleaned_data["number"]}


def way_out(form: type[ResolveForm], description: Words, *, danger: bool = False) -> Dialog:
    """A dialog called after what it does."""
    return dialog(form, labels.resolution_action.words[form.action], description, danger=danger)


ASSIGN = way_out(AssignForm, gettext_lazy("The payment is matched with the order you choose, as if it had named it."))
ACCEPT = way_out(
    AcceptForm,
    gettext_lazy(
        "The order goes on as paid. What is missing is waived. What is too much stays on the order's account: the "
        "order's page shows it, and it goes back to the customer if the order is cancelled."
    ),
)
REFUND = way_out(
    RefundForm, gettext_lazy("The whole payment goes back to the customer, once. An order keeps waiting."), danger=True
)
REOPEN = way_out(
    ReopenForm,
    gettext_lazy(
        "A new order takes the place of the one that has ended: same lines, prices of then, same address. It needs "
        "the stock, and approval where its total asks for it. This payment is assigned to it."
    ),
)
IGNORE = way_out(IgnoreForm, gettext_lazy("Nothing is done with the money. The reason stays with the payment."))


def resolve(request: HttpRequest, form: ResolveForm, about: Dialog) -> HttpResponse:
    """Write the decision down and have it carried out; what cannot be done is said inside the dialog."""

    def step() -> str:
        decision = _write_down(request, form)
        with kept():
            return outcome(client.resolve_payment(decision.pk))

    back = reverse("admin:orders_paymentevent_change", args=[form.payment_event.pk])
    return call_client(request, form, about, step, back=back)


def _write_down(request: HttpRequest, form: ResolveForm) -> Resolution:
    """The decision as a row; where the same has been decided and is still to be carried out, that one."""
    if people.own_order(request, form.payment_event.named_order):
        raise Refused(Refusal.OWN_ORDER, {"number": form.payment_event.order_number})
    if form.closed:
        raise Refused(Refusal.NOT_UNMATCHED)
    try:
        with transaction.atomic():
            return Resolution.objects.create(
                payment_event=form.payment_event,
                action=form.action,
                mismatch=form.payment_event.reason,
                decided_by=people.signed_in(request),
                **form.decided(),
            )
    except IntegrityError:
        return _decided_before(form)


def _decided_before(form: ResolveForm) -> Resolution:
    """The decision that is still to be carried out, whoever took it; its first reason stands.

    :raises Refused: it is another one than this
    """
    earlier = form.payment_event.decisions.filter(state=ResolutionState.REQUESTED).first()
    if earlier is None:  # it has just been carried out
        raise Refused(Refusal.NOT_UNMATCHED)
    typed = form.decided()
    meant = (form.action, typed.get("order_number", ""), typed.get("shares", []))
    if (earlier.action, earlier.order_number, earlier.shares) != meant:
        who, words = actors.user(earlier.decided_by_id), labels.resolution_action(earlier.action)
        raise Refused(Refusal.DECISION_UNDER_WAY, {"who": who, "action": words})
    return earlier


def outcome(decision: Resolution) -> str:
    """What became of a decision, as a sentence."""
    if decision.is_unknown:
        return _(
            "It is not known yet whether the money has gone back. The shop asks the provider until it says, and then "
            "settles this. Please do not send it back yourself meanwhile."
        )
    if decision.state == ResolutionState.REQUESTED and hasattr(decision, "approval"):
        return _("Waits for somebody else's approval.")
    if decision.state == ResolutionState.REQUESTED:
        return _("This takes a moment. If it stays like this, choose the same again; it is carried out once.")
    if decision.state == ResolutionState.REFUSED:
        return labels.refusal(decision.result, decision.details)
    words = {"order": decision.result, "mismatch": labels.mismatch(decision.details.get("mismatch", "")).lower()}
    if words["mismatch"]:
        return _("Assigned to %(order)s, but it does not match that one either: %(mismatch)s.") % words
    handed_on = decision.action in (ResolutionAction.ASSIGN, ResolutionAction.ACCEPT, ResolutionAction.REOPEN)
    if handed_on and decision.payment_event.outcome == PaymentEventOutcome.UNMATCHED:
        words["mismatch"] = labels.mismatch(decision.payment_event.reason).lower()
        return _("The order could not take this payment any more: %(mismatch)s. Somebody has to look at it.") % words
    words["amount"] = labels.money(decision.payment_event.amount, decision.payment_event.currency)
    if decision.action in (ResolutionAction.CREDIT, ResolutionAction.GIVE_BACK) and decision.result:
        rest = Resolution.objects.filter(payment_event__part_of=decision.payment_event).order_by("pk")
        return " ".join([_("%(order)s gets its share.") % words, *map(outcome, rest)])
    sentences = {
        ResolutionAction.ASSIGN: _("Assigned to %(order)s."),
        ResolutionAction.ACCEPT: _("Accepted; the order goes on as paid."),
        ResolutionAction.REFUND: _("Sent back (%(order)s)."),
        ResolutionAction.REOPEN: _("Placed anew as %(order)s."),
        ResolutionAction.IGNORE: _("Closed without action."),
        ResolutionAction.ALLOCATE: _("Shared out: %(order)s."),
        ResolutionAction.CREDIT: _("%(amount)s credited to the customer."),
        ResolutionAction.GIVE_BACK: "",  # tells what became of the rest
    }
    if decision.action == ResolutionAction.ALLOCATE:
        return " ".join([sentences[ResolutionAction.ALLOCATE] % words, *_not_shared(decision)])
    return sentences[ResolutionAction(decision.action)] % words


def _not_shared(decision: Resolution) -> Iterator[str]:
    """What of a payment that was shared out waits for another decision."""
    waiting = decision.payment_event.shares.filter(outcome=PaymentEventOutcome.UNMATCHED).order_by("pk")
    for share in waiting:
        words = {"amount": labels.money(share.amount, share.currency), "mismatch": labels.mismatch(share.reason)}
        yield _("%(amount)s wait for a decision: %(mismatch)s.") % words


def proposal(one: Near) -> str:
    """An order that a payment may be meant for, with what it waits for, and why it may be meant."""
    why = ", ".join(labels.near_by(reason) for reason in one.by)
    return f"{one.order.number} · {labels.money(one.missing, one.order.currency)} · {one.order.name} ({why})"


def facts(payment_event: PaymentEvent) -> list[tuple[str, object]]:
    """What a person should see before they decide."""
    order = Order.objects.filter(number=payment_event.order_number).first()
    expected = [(_("Order's total"), labels.money(order.rest, order.currency))] if order else []
    status = [(_("Order's status"), labels.order_status(order.status))] if order else []
    return [
        (_("Payment"), labels.money(payment_event.amount, payment_event.currency)),
        (_("Did not match"), labels.mismatch(payment_event.reason) or "–"),
        (_("Order named"), payment_event.order_number or "–"),
        *expected,
        *status,
        (_("Reference"), payment_event.reference),
    ]
