"""Orders: a list to find them, a page to read them, and what staff may do about them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from orders import labels
from orders.admin.approvals.decide_selected import DecideSelected
from orders.admin.approvals.waiting import voter_of
from orders.admin.base import html, people
from orders.admin.base.dialogs import ClientForm, call_client, dialog, dialog_action
from orders.admin.base.filters import Overdue, WithFailedReversal, by_label
from orders.admin.base.lines import in_parcel
from orders.admin.base.model_admin import ReadOnlyAdmin
from orders.admin.orders.erasing import EraseActions, erase_button
from orders.admin.orders.extending import ExtendActions
from orders.admin.orders.mark_paid import PaymentActions
from orders.admin.orders.next_steps import TITLES, possible, why_not_cancelled
from orders.admin.orders.page import order_page
from orders.admin.orders.refunding import RefundActions
from orders.admin.orders.reopening import ReopenActions
from orders.models import Order, OrderOpening, Shipment
from orders.rules.refusals import Refusal
from orders.rules.status import OrderStatus, WaitingFor
from orders.rules.totals import ZERO, fingerprint
from temporal_app import client
from temporal_app.client.errors import Refused


class OrderForm(ClientForm):
    """A dialog about one order."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order = get_object_or_404(Order, pk=self.object_id)
        self.facts = [
            (_("Order"), self.order.number),
            (_("Customer"), self.order.name),
            (_("Total"), labels.money(self.order.total, self.order.currency)),
        ]


class ShipForm(OrderForm):
    """The parcel has left the house."""

    carrier = forms.CharField(label=gettext_lazy("Carrier"), max_length=60, widget=UnfoldAdminTextInputWidget)
    tracking_number = forms.CharField(
        label=gettext_lazy("Tracking number"), max_length=80, widget=UnfoldAdminTextInputWidget
    )

    seen = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.facts.append((_("In the parcel"), ", ".join(in_parcel(self.order))))
        self.initial["seen"] = self.contents = contents(self.order)
        latest = Shipment.objects.exclude(carrier="").order_by("-shipped_at").first()
        self.initial.setdefault("carrier", latest.carrier if latest else "")


def contents(order: Order) -> str:
    """A digest of what goes into a parcel."""
    return fingerprint([(line.sku, ZERO, line.to_ship) for line in order.lines.all()], ZERO)


class DeliverForm(OrderForm):
    """The parcel has arrived."""


class CancelForm(OrderForm):
    """Somebody wants the order undone."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=500, widget=UnfoldAdminTextareaWidget({"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.closed = why_not_cancelled(self.order)


SHIP = dialog(ShipForm, TITLES["ship"], gettext_lazy("The customer gets a mail with the tracking number."))
DELIVER = dialog(DeliverForm, TITLES["deliver"], gettext_lazy("The parcel has arrived; the order is complete."))
CANCEL = dialog(
    CancelForm,
    TITLES["cancel"],
    gettext_lazy("Everything done so far is undone: stock is put back, money released or refunded."),
    danger=True,
)


@admin.register(Order)
class OrderAdmin(
    DecideSelected, PaymentActions, ExtendActions, ReopenActions, RefundActions, EraseActions, ReadOnlyAdmin
):
    when_empty = gettext_lazy("Orders stand here as soon as a customer has checked out.")
    approval_key = "approval__pk"
    list_display = ("number", "state", "waits", "amount", "name", "placed")
    list_filter = (
        by_label("status", gettext_lazy("status"), labels.order_status),
        by_label("waiting_for", gettext_lazy("waiting for"), labels.waiting_for),
        Overdue,
        WithFailedReversal,
        ("placed_at", RangeDateFilter),
    )
    list_filter_submit = True
    search_fields = ("number", "name", "email", "city", "shipment__tracking_number")
    search_help_text = gettext_lazy("Number, name, e-mail, city or tracking number")
    ordering = ("-placed_at",)
    actions = ("approve_selected", "reject_selected", "check_selected")
    actions_detail = ("reopen", "refund", "extend", "mark_paid", "ship", "deliver", "cancel", "erase")
    change_form_template = "admin/orders/order/page.html"

    # the list

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """A column with the next step, for those who may take it."""
        steps = [column for column, allowed in self._steps(request).items() if allowed]
        return (*self.list_display, *steps)

    def _steps(self, request: HttpRequest) -> dict[str, bool]:
        return {"to_ship": self.has_ship_permission(request), "to_decide": self.has_decide_permission(request)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        return super().get_queryset(request).select_related("approval")

    @display(description=gettext_lazy("status"), ordering="status")
    def state(self, order: Order) -> str:
        return html.badge(labels.order_status(order.status), order.status)

    @display(description=gettext_lazy("waiting for"), ordering="waiting_until")
    def waits(self, order: Order) -> str:
        return html.waiting(order)

    @display(description=gettext_lazy("total"), ordering="total")
    def amount(self, order: Order) -> str:
        return labels.money(order.total, order.currency)

    @display(description=gettext_lazy("age"), ordering="-placed_at")
    def placed(self, order: Order) -> str:
        return html.age(order.placed_at)

    @display(description=gettext_lazy("shipping"))
    def to_ship(self, order: Order) -> str:
        steps = {WaitingFor.SHIPMENT: ("ship", _("Ship")), WaitingFor.DELIVERY: ("deliver", _("Delivered"))}
        if order.waiting_for not in steps:
            return ""
        step, words = steps[WaitingFor(order.waiting_for)]
        return html.dialog_link(reverse(f"admin:orders_order_{step}", args=[order.pk]), words, subject=order.number)

    @display(description=gettext_lazy("approval"))
    def to_decide(self, order: Order) -> str:
        if order.waiting_for != WaitingFor.APPROVAL or not hasattr(order, "approval"):
            return ""
        return html.link(reverse("admin:orders_approvalrequest_change", args=[order.approval.pk]), _("Look at it"))

    # one order

    def page(self, request: HttpRequest, row: Order) -> dict[str, Any]:
        voter = voter_of(request)
        OrderOpening.objects.create(order=row, person=voter.person)
        page = order_page(row, voter)
        steps = possible(row, voter.person, refundable=page["card"].refundable)
        return {**page, "steps": [*(step.button for step in steps), *erase_button(row, voter.person)]}

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """None in the frame: the page shows those that the order is ready for."""
        return []

    def has_ship_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("orders.ship_order")

    def has_cancel_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("orders.cancel_order")

    @dialog_action(SHIP, permission="ship")
    def ship(self, request: HttpRequest, form: ShipForm, object_id: str) -> HttpResponse:
        def step() -> str:
            carrier, tracking = form.cleaned_data["carrier"], form.cleaned_data["tracking_number"]
            by = people.by(request)
            if form.cleaned_data["seen"] not in ("", form.contents):
                raise Refused(Refusal.PARCEL_CHANGED, {"number": form.order.number})
            client.mark_shipped(form.order.number, carrier=carrier, tracking_number=tracking, by=by)
            return _("%(number)s is on its way with %(carrier)s.") % {"number": form.order.number, "carrier": carrier}

        return call_client(request, form, SHIP, step, back=page_of(form.order))

    @dialog_action(DELIVER, permission="ship")
    def deliver(self, request: HttpRequest, form: DeliverForm, object_id: str) -> HttpResponse:
        def step() -> str:
            client.mark_delivered(form.order.number, by=people.by(request))
            return _("%(number)s is delivered.") % {"number": form.order.number}

        return call_client(request, form, DELIVER, step, back=page_of(form.order))

    @dialog_action(CANCEL, permission="cancel")
    def cancel(self, request: HttpRequest, form: CancelForm, object_id: str) -> HttpResponse:
        def step() -> str:
            by = people.by(request)
            status = client.cancel_order(form.order.number, reason=form.cleaned_data["reason"], by=by)
            return _cancelled(status) % {"number": form.order.number}

        return call_client(request, form, CANCEL, step, back=page_of(form.order))


def _cancelled(status: str) -> str:
    """What became of a cancellation."""
    if status == OrderStatus.ROLLBACK_INCOMPLETE:
        return _("%(number)s could not be undone completely; its failed reversals need a person.")
    if status == OrderStatus.CANCELLED:
        return _("%(number)s is cancelled.")
    return _("%(number)s is being cancelled; this takes a moment.")


def page_of(order: Order) -> str:
    """Where staff read an order."""
    return reverse("admin:orders_order_change", args=[order.pk])
