"""What staff may do about an order's payment: mark it paid, have it checked."""

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSingleDateWidget, UnfoldAdminTextInputWidget

from orders import labels
from orders.admin.base import people
from orders.admin.base.dialogs import MoneyForm, call_client, dialog, dialog_action
from orders.admin.payments import check_views
from orders.authorization.own_orders import is_own
from orders.authorization.second_person import limit
from orders.models import Order, PaymentEvent
from orders.models.approval import ApprovalKind
from orders.payments import gateway_for, parts
from orders.payments.ledger import LedgerGateway
from orders.payments.reports import PAID, PaymentReport
from orders.reconciliation.matching import record_event
from orders.rules.approvals import ApprovalOutcome
from orders.rules.refusals import Refusal
from orders.rules.states import PaymentEventOutcome
from orders.rules.status import WaitingFor
from temporal_app import client
from temporal_app.client.errors import Refused, kept


class MarkPaidForm(MoneyForm):
    """Somebody has seen the money."""

    amount = forms.DecimalField(
        label=gettext_lazy("Amount"),
        max_digits=12,
        decimal_places=2,
        min_value=0.01,
        localize=True,
        widget=UnfoldAdminTextInputWidget({"inputmode": "decimal"}),  # a box for numbers drops "23,80"
    )
    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=140,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("As it stands on the statement. Left as it is, it is the payment that is waited for."),
    )
    received = forms.DateField(label=gettext_lazy("Received on"), widget=UnfoldAdminSingleDateWidget)
    request_id = forms.CharField(widget=forms.HiddenInput, max_length=32)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order = get_object_or_404(Order, pk=self.object_id)
        payment = self.order.payments.order_by("-attempt").first()
        self.facts = [
            (_("Order"), self.order.number),
            (_("Customer"), self.order.name),
            (_("Total"), labels.money(self.order.rest, self.order.currency)),
            (_("Payment method"), labels.payment_method(self.order.payment_method)),
        ]
        self.initial = {
            "amount": parts.missing(self.order) or self.order.rest,
            "reference": payment.reference if payment else "",
            "received": timezone.localdate(),
            "request_id": uuid4().hex,  # a second click sends the same word, not a second one
            **(kwargs.get("initial") or {}),
        }
        if above := limit(ApprovalKind.MARK_PAID):
            words = _("From %(amount)s on, somebody else has to approve it.")
            self.fields["amount"].help_text = words % {"amount": labels.money(above, self.order.currency)}
        self.closed = why_not(self.order, people.signed_in(self.request))

    def clean_received(self) -> Any:
        received = self.cleaned_data["received"]
        if received > timezone.localdate():
            raise forms.ValidationError(_("This day has not come yet."))
        return received


MARK_PAID = dialog(
    MarkPaidForm,
    gettext_lazy("Mark as paid"),
    gettext_lazy("For money you have seen yourself. The order goes on as if its provider had told us."),
)


def why_not(order: Order, person: User) -> str:
    """Why this person cannot mark this order as paid; empty where they can."""
    if is_own(order, person):
        return labels.refusal(Refusal.OWN_ORDER, {"number": order.number})
    if order.waiting_for != WaitingFor.PAYMENT:
        return labels.refusal(Refusal.NOT_WAITING_FOR_PAYMENT, {"number": order.number})
    if not isinstance(gateway_for(order.payment_method), LedgerGateway):
        return _("Only the card's provider can say that a card was charged; it cannot be marked by hand.")
    return ""


class PaymentActions:
    """Actions of the orders' admin that are about payments."""

    def has_report_payment_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("orders.report_payment")

    def has_check_payments_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("orders.run_paymentcheck")

    @admin.action(description=gettext_lazy("Check payments…"), permissions=["check_payments"])
    def check_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse:
        return check_views.ask(queryset)

    @dialog_action(MARK_PAID, permission="report_payment")
    def mark_paid(self, request: HttpRequest, form: MarkPaidForm, object_id: str) -> HttpResponse:
        back = reverse("admin:orders_order_change", args=[form.order.pk])
        return call_client(request, form, MARK_PAID, lambda: _report(request, form), back=back)


def _report(request: HttpRequest, form: MarkPaidForm) -> str:
    """Write down what the person typed, and have it matched like every other word about money."""
    if is_own(form.order, people.signed_in(request)):
        raise Refused(Refusal.OWN_ORDER, {"number": form.order.number})
    if form.closed:
        raise Refused(Refusal.NOT_WAITING_FOR_PAYMENT, {"number": form.order.number})
    payment_event = _write_down(form, by=people.by(request))
    with kept():
        return said(client.report_payment(payment_event.pk), form.order.number)


def _write_down(form: MarkPaidForm, *, by: str) -> PaymentEvent:
    """What was typed as a row; typed again by the same person before anybody took it, it is the same word."""
    typed = form.cleaned_data
    word = PaymentReport(
        event_id=f"hand:{typed['request_id']}",
        order_number=form.order.number,
        status=PAID,
        amount=typed["amount"],
        currency=form.order.currency,
        reference=typed["reference"],
    )
    body = f"received on {typed['received']:%Y-%m-%d}"
    earlier = PaymentEvent.objects.filter(
        provider=form.order.payment_method,
        reported_by=by,
        order_number=word.order_number,
        amount=word.amount,
        reference=word.reference,
        body=body,
        outcome=PaymentEventOutcome.RECEIVED,
    ).first()
    return earlier or record_event(word, provider=form.order.payment_method, by=by, body=body)[0]


def said(payment_event: PaymentEvent, number: str) -> str:
    """What became of a person's word, as a sentence."""
    if hasattr(payment_event, "approval") and payment_event.approval.outcome == ApprovalOutcome.PENDING:
        return _("Noted. Somebody else has to approve it; then %(number)s goes on.") % {"number": number}
    sentences = {
        PaymentEventOutcome.MATCHED: _("%(number)s is paid and goes on."),
        PaymentEventOutcome.REPEATED: _("This payment of %(number)s had been reported before; nothing changes."),
        PaymentEventOutcome.UNMATCHED: _(
            "Noted, but it does not match %(number)s: %(mismatch)s. Somebody has to look at it."
        ),
        PaymentEventOutcome.RECEIVED: _("Noted; %(number)s goes on in a moment."),
    }
    order = Order.objects.filter(number=number).first()
    if order and payment_event.outcome == PaymentEventOutcome.MATCHED and (missing := parts.missing(order)):
        words = {"missing": labels.money(missing, order.currency), "number": number}
        return _("Noted as a part; %(missing)s are still missing for %(number)s.") % words
    sentence = sentences.get(PaymentEventOutcome(payment_event.outcome), sentences[PaymentEventOutcome.RECEIVED])
    return sentence % {"number": number, "mismatch": labels.mismatch(payment_event.reason).lower()}
