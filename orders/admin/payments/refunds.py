"""Refunds in part: all that were asked for, what became of each, and sending one again that was broken off."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders import labels
from orders.admin.base import html, people
from orders.admin.base.dialogs import MoneyForm, call_client, dialog, dialog_action
from orders.admin.base.filters import by_label
from orders.admin.base.model_admin import ReadOnlyAdmin
from orders.models import Refund
from orders.rules.states import RefundStage
from temporal_app import client
from temporal_app.client.errors import kept

ASKS = "orders.ask_refund"
UNDER_WAY = (RefundStage.REQUESTED, RefundStage.SENDING)
TONES = {"done": "approved", "refused": "rejected", "requested": "pending", "sending": "unmatched"}


class SendAgainForm(MoneyForm):
    """The same refund once more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.refund = get_object_or_404(Refund.objects.select_related("order"), pk=self.object_id)
        self.facts = [
            (_("Order"), self.refund.order.number),
            (_("Amount"), labels.money(self.refund.amount, self.refund.currency)),
            (_("State"), labels.refund_stage(self.refund.state)),
        ]
        if self.refund.state not in UNDER_WAY:
            self.closed = _("This refund has come to its end.")
        self.closed = self.closed or people.own_order(self.request, self.refund.order.number)


SEND_AGAIN = dialog(
    SendAgainForm,
    gettext_lazy("Send again"),
    gettext_lazy(
        "For a refund that was broken off. What has been sent is looked up at the provider first: nothing goes back "
        "twice, and where it is still being worked on, nothing happens."
    ),
)


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    """Refunds in part, the latest first."""

    when_empty = gettext_lazy("Refunds in part stand here; they are asked for on the page of an order that is paid.")
    list_display = ("number", "sum", "progress", "why", "asker", "approver", "trouble", "asked")
    list_filter = (by_label("state", gettext_lazy("state"), labels.refund_stage),)
    search_fields = ("order__number", "reason")
    date_hierarchy = "asked_at"
    ordering = ("-asked_at", "-pk")
    actions_detail = ("send_again",)
    change_form_template = "admin/orders/refund/page.html"

    asked = html.moment_column("asked_at", gettext_lazy("asked for"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Refund]:
        found = super().get_queryset(request).select_related("order", "asked_by", "approval", "payment")
        return found.prefetch_related("approval__decisions__person", "lines__line")

    def has_send_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(ASKS)

    @display(description=gettext_lazy("order"), ordering="order__number")
    def number(self, refund: Refund) -> str:
        return refund.order.number

    @display(description=gettext_lazy("amount"), ordering="amount")
    def sum(self, refund: Refund) -> str:
        return labels.money(refund.amount, refund.currency)

    @display(description=gettext_lazy("state"), ordering="state")
    def progress(self, refund: Refund) -> SafeString:
        return html.badge(labels.refund_stage(refund.state), TONES[refund.state])

    @display(description=gettext_lazy("reason"))
    def why(self, refund: Refund) -> str:
        return Truncator(refund.reason).chars(60)

    @display(description=gettext_lazy("asked for by"))
    def asker(self, refund: Refund) -> str:
        return people.name(refund.asked_by)

    @display(description=gettext_lazy("approved by"))
    def approver(self, refund: Refund) -> str:
        return approvers(refund)

    @display(description=gettext_lazy("error"))
    def trouble(self, refund: Refund) -> str:
        return trouble(refund)

    def page(self, request: HttpRequest, row: Refund) -> dict[str, Any]:
        return {"title": str(row.order), "subtitle": None, "refund": _page(row)}

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """None in the frame: the page offers it where no workflow carries the refund."""
        return []

    @dialog_action(SEND_AGAIN, permission="send")
    def send_again(self, request: HttpRequest, form: SendAgainForm, object_id: str) -> HttpResponse:
        def step() -> str:
            with kept():
                return said(client.refund_in_part(form.refund.pk, by=people.by(request)))

        back = reverse("admin:orders_refund_change", args=[form.refund.pk])
        return call_client(request, form, SEND_AGAIN, step, back=back)


def said(refund: Refund) -> str:
    """What became of a refund, as a sentence."""
    amount = {"amount": labels.money(refund.amount, refund.currency)}
    if refund.state == RefundStage.DONE:
        return _("%(amount)s are on their way back to the customer.") % amount
    if refund.unknown_since:
        return _("The provider has not answered yet; it is asked until it says. %(amount)s are sent once.") % amount
    if refund.state == RefundStage.REQUESTED:
        return _("%(amount)s: waits for somebody else's approval.") % amount
    return _("%(amount)s are being sent; this takes a moment.") % amount


def approvers(refund: Refund) -> str:
    """Who has approved it; a dash where nobody was asked, or nobody has so far."""
    approval = getattr(refund, "approval", None)
    decisions = approval.decisions.all() if approval else []
    return ", ".join(people.name(one.person) for one in decisions if one.approved) or "–"


def trouble(refund: Refund) -> str:
    """Why it was not made, or what is in its way; a dash where nothing is."""
    if refund.state == RefundStage.REFUSED:
        return labels.refusal(refund.result, refund.details)
    if refund.state == RefundStage.SENDING and refund.unknown_since:
        return _("Outcome not known since %(when)s") % {"when": labels.moment(refund.unknown_since)}
    return "–"


def _page(refund: Refund) -> dict[str, Any]:
    approval = getattr(refund, "approval", None)
    return {
        "row": refund,
        "sum": labels.money(refund.amount, refund.currency),
        "credit": labels.money(refund.credit, refund.currency) if refund.credit else "",
        "state": html.badge(labels.refund_stage(refund.state), TONES[refund.state]),
        "asker": people.name(refund.asked_by),
        "asked": labels.moment(refund.asked_at),
        "ended": refund.ended_at and labels.moment(refund.ended_at),
        "approvers": approvers(refund),
        "approval_url": approval and reverse("admin:orders_approvalrequest_change", args=[approval.pk]),
        "trouble": trouble(refund),
        "said": labels.reason(refund.details.get("reason", "")) if refund.state == RefundStage.REFUSED else "",
        "lines": [f"{line.quantity} × {line.line.name}" for line in refund.lines.all()],
        "provider": labels.payment_method(refund.payment.provider) if refund.payment else "–",
    }
