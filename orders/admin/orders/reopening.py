"""Placing an order anew that was cancelled because it was not paid in time."""

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders import labels
from orders.admin.base import people
from orders.admin.base.credit_told import credit_told
from orders.admin.base.dialogs import ClientForm, call_client, dialog, dialog_action
from orders.authorization.own_orders import is_own
from orders.models import Order
from orders.payments import reopenable
from orders.payments.reopenable import Offer, OfferedLine
from orders.rules.limits import check_available
from orders.rules.refusals import Refusal, RuleBroken
from temporal_app import client
from temporal_app.client.errors import Refused


def why_not(order: Order, person: User) -> str:
    """Why this person cannot place this order anew; empty where they can, if there is enough of everything."""
    if broken := reopenable.why_not(order):
        return labels.refusal(broken.code, broken.params)
    if is_own(order, person):
        return labels.refusal(Refusal.OWN_ORDER, {"number": order.number})
    return ""


class ReopenForm(ClientForm):
    """What it would cost today. `seen` is what the person saw."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=16)
    request_id = forms.CharField(widget=forms.HiddenInput, max_length=32)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order = get_object_or_404(Order, pk=self.object_id)
        offer = reopenable.offer(self.order)
        then, today = (labels.money(amount, self.order.currency) for amount in (self.order.total, offer.total))
        self.facts = [
            (_("Order"), self.order.number),
            (_("Customer"), self.order.name),
            *((one.line.name, _told(one, self.order.currency)) for one in offer.lines),
            (_("Total then"), then),
            (_("Total today"), today if today != then else _("the same")),
        ]
        self.facts += credit_told(self.order)
        self.closed = why_not(self.order, people.signed_in(self.request)) or _sold_out(offer)
        # a second click asks for the same, once
        self.initial = {"seen": offer.fingerprint, "request_id": uuid4().hex, **(kwargs.get("initial") or {})}


def _told(one: OfferedLine, currency: str) -> str:
    """A line as it was and as it is today."""
    then, today = (labels.money(price, currency) for price in (one.line.unit_price, one.price))
    words = {"quantity": one.line.quantity, "then": then, "today": today, "available": one.available}
    if then == today:
        return _("%(quantity)s at %(then)s as before; %(available)s available") % words
    return _("%(quantity)s at %(today)s instead of %(then)s; %(available)s available") % words


def _sold_out(offer: Offer) -> str:
    """Why the stock does not allow it; empty where it does."""
    for one in offer.lines:
        try:
            check_available(name=one.line.name, wanted=one.line.quantity, available=one.available)
        except RuleBroken as broken:
            return labels.refusal(broken.code, broken.params)
    return ""


REOPEN = dialog(
    ReopenForm,
    gettext_lazy("Place anew"),
    gettext_lazy(
        "A new order with the same lines, at the prices of today and with the time to pay of a new one. "
        "The customer gets a mail."
    ),
)


class ReopenActions:
    """The action of the orders' admin that places an order anew."""

    def has_reopen_order_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("orders.reopen_order")

    @dialog_action(REOPEN, permission="reopen_order")
    def reopen(self, request: HttpRequest, form: ReopenForm, object_id: str) -> HttpResponse:
        def step() -> str:
            if is_own(form.order, people.signed_in(request)):
                raise Refused(Refusal.OWN_ORDER, {"number": form.order.number})
            typed, number = form.cleaned_data, form.order.number
            new = client.reopen_order(number, seen=typed["seen"], by=people.by(request), request_id=typed["request_id"])
            return _("%(number)s is placed anew as %(new)s.") % {"number": number, "new": new}

        back = reverse("admin:orders_order_change", args=[form.order.pk])
        return call_client(request, form, REOPEN, step, back=back)
