"""Giving the customer of an order that is not paid yet more time."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSingleDateWidget

from orders import labels
from orders.admin.base import people
from orders.admin.base.dialogs import ClientForm, call_client, dialog, dialog_action
from orders.authorization.own_orders import is_own
from orders.models import Order
from orders.payments import parts
from orders.rules.deadlines import EXTENSION_DAYS, check_extension
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.status import WaitingFor
from temporal_app import client
from temporal_app.client.errors import Refused

A_WEEK = timedelta(days=7)
ALWAYS = float("inf")  # how long the order may wait at most, its workflow says


def why_not(order: Order, person: User) -> str:
    """Why this person cannot give this order's customer more time; empty where they can."""
    if order.waiting_for != WaitingFor.PAYMENT or order.waiting_until is None:
        return labels.refusal(Refusal.NOT_WAITING_FOR_PAYMENT, {"number": order.number})
    if is_own(order, person):
        return labels.refusal(Refusal.OWN_ORDER, {"number": order.number})
    return ""


class ExtendForm(ClientForm):
    """By which day the customer has to pay."""

    until = forms.DateField(
        label=gettext_lazy("Pay by"),
        widget=UnfoldAdminSingleDateWidget,
        help_text=gettext_lazy("Until the end of this day."),
    )
    request_id = forms.CharField(widget=forms.HiddenInput, max_length=32)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order = get_object_or_404(Order, pk=self.object_id)
        self.closed = why_not(self.order, people.signed_in(self.request))
        self.facts = [
            (_("Order"), self.order.number),
            (_("Customer"), self.order.name),
            (_("Missing"), labels.money(parts.missing(self.order), self.order.currency)),
            (_("To be paid by"), labels.moment(self.order.waiting_until)),
        ]
        last = timezone.localdate() + timedelta(days=EXTENSION_DAYS)
        proposed = timezone.localdate(self.order.waiting_until) + A_WEEK if self.order.waiting_until else last
        self.initial = {
            "until": min(proposed, last),
            "request_id": uuid4().hex,  # a second click asks for the same, once
            **(kwargs.get("initial") or {}),
        }

    def clean_until(self) -> datetime:
        day = self.cleaned_data["until"]
        until = timezone.make_aware(datetime.combine(day, time(23, 59, 59)))
        deadline = self.order.waiting_until or timezone.now()
        try:
            now = timezone.now().timestamp()
            check_extension(until.timestamp(), now=now, deadline=deadline.timestamp(), last=ALWAYS)
        except RuleBroken as broken:
            raise forms.ValidationError(labels.refusal(broken.code, broken.params)) from broken
        return until


EXTEND = dialog(
    ExtendForm,
    gettext_lazy("Give more time to pay"),
    gettext_lazy("The order is not cancelled before then. The customer gets a mail with the new deadline."),
)


class ExtendActions:
    """The action of the orders' admin that puts the deadline for the payment off."""

    def has_extend_payment_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("orders.extend_payment")

    @dialog_action(EXTEND, permission="extend_payment")
    def extend(self, request: HttpRequest, form: ExtendForm, object_id: str) -> HttpResponse:
        def step() -> str:
            if is_own(form.order, people.signed_in(request)):
                raise Refused(Refusal.OWN_ORDER, {"number": form.order.number})
            typed, by = form.cleaned_data, people.by(request)
            number, request_id = form.order.number, typed["request_id"]
            until = client.extend_payment_deadline(number, until=typed["until"], by=by, request_id=request_id)
            return _("%(number)s can be paid until %(until)s.") % {"number": number, "until": labels.moment(until)}

        back = reverse("admin:orders_order_change", args=[form.order.pk])
        return call_client(request, form, EXTEND, step, back=back)
