"""Forgetting the customer of an order, where the law allows it: what goes and what stays is shown first."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from orders import labels
from orders.admin.base import html, people
from orders.admin.base.dialogs import ClientForm, call_client, dialog, dialog_action
from orders.models import ErasureRecord, Order
from orders.personal_data.customer import customer_of
from orders.personal_data.erasure import plan
from temporal_app import client
from temporal_app.client.errors import StillWorking, Unavailable

ERASES = "orders.erase_customer"


class EraseForm(ClientForm):
    """Why, and what it comes to."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("For the record, without names: who asked, and when."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order = get_object_or_404(Order, pk=self.object_id)
        self.customer = customer_of(self.order)
        found = plan(self.customer)
        self.facts = [
            (_("Goes"), labels.removed_things(found.removed)),
            (_("Stays"), labels.kept_things(found.kept)),
        ]
        if self.customer.is_staff:
            self.closed = _("This is somebody of the staff, whose acts stay on record under their name.")
        elif not self.order.email:
            self.closed = _("Whose order this was is forgotten already.")


ERASE = dialog(
    EraseForm,
    gettext_lazy("Erase customer"),
    gettext_lazy(
        "Removes what the shop knows of this customer, in all of their orders, and their sessions. It cannot be taken "
        "back. What open orders need goes once they have ended."
    ),
    danger=True,
)


def erase_button(order: Order, reader: User) -> list[SafeString]:
    """What opens the dialog, for those who may."""
    if not (reader.has_perm(ERASES) and order.email):
        return []
    url = reverse("admin:orders_order_erase", args=[order.pk])
    return [html.dialog_link(url, str(ERASE["title"]), tone="danger")]


class EraseActions:
    """The action of the orders' admin that forgets a customer."""

    def has_erase_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(ERASES)

    @dialog_action(ERASE, permission="erase")
    def erase(self, request: HttpRequest, form: EraseForm, object_id: str) -> HttpResponse:
        def step() -> str:
            customer = form.customer
            record = ErasureRecord.objects.create(
                asked_by=people.by(request),
                reason=form.cleaned_data["reason"],
                customer=customer.user,
                email=customer.email,
                open_orders=list(customer.order_keys),
            )
            try:
                client.erase_customer(record.pk)
            except StillWorking:
                raise
            except Unavailable:
                record.take_back()
                raise
            record.refresh_from_db()
            return _("Removed: %(what)s.") % {"what": labels.removed_things(record.removed)}

        back = reverse("admin:orders_order_change", args=[form.order.pk])
        return call_client(request, form, ERASE, step, back=back)
