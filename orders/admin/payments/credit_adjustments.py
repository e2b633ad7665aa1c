"""Giving a customer store credit, or taking some: asked for with a reason, above a limit approved by somebody else."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from orders import labels
from orders.admin.base import html, people
from orders.admin.base.dialogs import ClientForm, MoneyForm, call_client, dialog, dialog_action
from orders.admin.base.keys import key
from orders.admin.base.model_admin import ReadOnlyAdmin
from orders.authorization.own_orders import is_same
from orders.authorization.second_person import limit
from orders.forms import new_request_id, request_key
from orders.models import CreditAdjustment
from orders.models.approval import ApprovalKind
from orders.payments import credit as books
from orders.rules.refusals import Refusal
from orders.rules.states import ResolutionState
from temporal_app import client
from temporal_app.client.errors import Refused, kept

ADJUSTS = "orders.adjust_credit"
GIVE, TAKE = "give", "take"


class AdjustForm(MoneyForm):
    """How much, which way, and why. `customer` is whose page the dialog was opened on."""

    way = forms.ChoiceField(
        label=gettext_lazy("What"),
        choices=[(GIVE, gettext_lazy("Give store credit")), (TAKE, gettext_lazy("Take store credit"))],
        initial=GIVE,
        widget=UnfoldAdminRadioSelectWidget,
    )
    amount = forms.DecimalField(
        label=gettext_lazy("Amount"),
        max_digits=12,
        decimal_places=2,
        min_value=0.01,
        localize=True,
        widget=UnfoldAdminTextInputWidget({"inputmode": "decimal"}),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        error_messages={"required": gettext_lazy("Please say why, for whoever looks at it later.")},
    )
    customer = forms.CharField(required=False, widget=forms.HiddenInput, max_length=20)
    request_id = forms.CharField(widget=forms.HiddenInput, max_length=40)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = self.data.get("customer") or self.initial.get("customer") or self.request.GET.get("customer", "")
        self.initial = {"request_id": new_request_id(), **self.initial, "customer": named}
        self.owner = User.objects.filter(pk=named).first() if key(named) is not None else None
        if self.owner is None:
            self.closed = _("Please open it on a customer's page of store credit.")
            return
        if is_same(self.owner, people.signed_in(self.request)):
            self.closed = labels.refusal(Refusal.OWN_CREDIT, {})
        self.facts = [
            (_("Customer"), people.name(self.owner)),
            (_("Balance"), labels.money(books.balance(self.owner.pk))),
        ]
        if above := limit(ApprovalKind.CREDIT):
            words = _("From %(amount)s on, somebody else has to approve it.")
            self.fields["amount"].help_text = words % {"amount": labels.money(above)}

    def again(self) -> "ClientForm":
        """The same form with what was typed, for the same customer."""
        fresh = super().again()
        assert isinstance(fresh, AdjustForm)
        data = {"customer": self.cleaned_data.get("customer", "")}
        return type(self)(request=self.request, object_id=None, initial={**fresh.initial, **data})


ADJUST = dialog(
    AdjustForm,
    gettext_lazy("Adjust store credit"),
    gettext_lazy("What is given is the shop's own money; what is taken goes back to the shop."),
)


@admin.register(CreditAdjustment)
class CreditAdjustmentAdmin(ReadOnlyAdmin):
    """What staff gave and took, the latest first."""

    when_empty = gettext_lazy("What staff give to customers' store credit, or take from it, stands here.")
    list_display = ("asked", "whose", "sum", "reason", "who", "progress")
    fields = ("asked", "whose", "sum", "reason", "who", "progress", "why")
    ordering = ("-pk",)
    list_select_related = ("customer", "asked_by")
    actions_list = ("adjust_credit",)

    asked = html.moment_column("asked_at", gettext_lazy("when"))

    def has_adjust_credit_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(ADJUSTS)

    @dialog_action(ADJUST, permission="adjust_credit")
    def adjust_credit(self, request: HttpRequest, form: AdjustForm) -> HttpResponse:
        def step() -> str:
            adjustment = _write_down(request, form)
            with kept():
                return said(client.adjust_credit(adjustment.pk))

        owner = form.owner
        back = reverse("admin:credit", args=[owner.pk]) if owner else reverse("admin:all-credit")
        return call_client(request, form, ADJUST, step, back=back)

    @display(description=gettext_lazy("customer"))
    def whose(self, adjustment: CreditAdjustment) -> SafeString:
        return html.link(reverse("admin:credit", args=[adjustment.customer_id]), people.name(adjustment.customer))

    @display(description=gettext_lazy("amount"), ordering="amount")
    def sum(self, adjustment: CreditAdjustment) -> str:
        return labels.money(-adjustment.amount if adjustment.out else adjustment.amount)

    @display(description=gettext_lazy("asked for by"))
    def who(self, adjustment: CreditAdjustment) -> str:
        return people.name(adjustment.asked_by)

    @display(description=gettext_lazy("state"), ordering="state")
    def progress(self, adjustment: CreditAdjustment) -> SafeString:
        words = {
            ResolutionState.REQUESTED: _("Not made yet"),
            ResolutionState.DONE: _("Made"),
            ResolutionState.REFUSED: _("Not made"),
        }
        return html.badge(words[ResolutionState(adjustment.state)], adjustment.state)

    @display(description=gettext_lazy("why not"))
    def why(self, adjustment: CreditAdjustment) -> str:
        return labels.refusal(adjustment.result, adjustment.details) if adjustment.result else "–"


def _write_down(request: HttpRequest, form: AdjustForm) -> CreditAdjustment:
    """What was typed as a row; sent twice it is one.

    :raises Refused: it is the own account of who is signed in, or nobody's
    """
    typed, person = form.cleaned_data, people.signed_in(request)
    if form.owner is None:
        raise Refused(Refusal.UNKNOWN_CUSTOMER, {"customer": typed["customer"]})
    if is_same(form.owner, person):
        raise Refused(Refusal.OWN_CREDIT)
    columns = {
        "customer": form.owner,
        "amount": typed["amount"],
        "out": typed["way"] == TAKE,
        "reason": typed["reason"].strip(),
        "asked_by": person,
    }
    once = request_key(typed["request_id"], form.owner.pk, person.pk, typed["way"], typed["amount"], columns["reason"])
    try:
        with transaction.atomic():
            return CreditAdjustment.objects.create(request_key=once, **columns)
    except IntegrityError:
        return CreditAdjustment.objects.get(request_key=once)


def said(adjustment: CreditAdjustment) -> str:
    """What became of it, as a sentence."""
    words = {
        "amount": labels.money(adjustment.amount),
        "name": people.name(adjustment.customer),
        "balance": labels.money(books.balance(adjustment.customer_id)),
    }
    if adjustment.state == ResolutionState.REQUESTED and hasattr(adjustment, "approval"):
        return _("Waits for somebody else's approval.")
    if adjustment.state == ResolutionState.REQUESTED:
        return _("This takes a moment. If it stays like this, choose the same again; it is carried out once.")
    sentence = _("%(amount)s taken from %(name)s; %(balance)s are left.")
    if not adjustment.out:
        sentence = _("%(amount)s given to %(name)s, who has %(balance)s now.")
    return sentence % words
