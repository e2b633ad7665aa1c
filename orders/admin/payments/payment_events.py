"""Payment events: everything that was ever said about money, and what people decide about what does not match."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from orders import labels
from orders.admin.base import html, people
from orders.admin.base.dialogs import dialog_action
from orders.admin.base.filters import by_label
from orders.admin.base.model_admin import ReadOnlyAdmin
from orders.admin.payments import resolutions, too_much
from orders.admin.payments.sharing import SHARE_OUT, ShareOutForm
from orders.models import Order, PaymentEvent, Resolution
from orders.models.resolution import ResolutionAction
from orders.reconciliation.unmatched import offered, under_way

DIALOGS = {
    ResolutionAction.ASSIGN: resolutions.ASSIGN,
    ResolutionAction.ACCEPT: resolutions.ACCEPT,
    ResolutionAction.REFUND: resolutions.REFUND,
    ResolutionAction.REOPEN: resolutions.REOPEN,
    ResolutionAction.IGNORE: resolutions.IGNORE,
    ResolutionAction.ALLOCATE: SHARE_OUT,
    ResolutionAction.CREDIT: too_much.CREDIT,
    ResolutionAction.GIVE_BACK: too_much.GIVE_BACK,
}


@admin.register(PaymentEvent)
class PaymentEventAdmin(ReadOnlyAdmin):
    when_empty = _("Whatever anybody reports about a payment stands here.")
    list_display = ("event_id", "provider", "order_number", "sum", "result", "why", "who", "received")
    list_filter = (
        by_label("outcome", _("outcome"), labels.payment_event_outcome),
        by_label("reason", _("reason"), labels.mismatch),
        "provider",
    )
    search_fields = ("event_id", "order_number", "reference")
    date_hierarchy = "received_at"
    ordering = ("-pk",)
    fields = ("provider", "event_id", "order_number", "status", "sum", "reference", "received_at", "result", "reason")
    actions_detail = ("assign", "accept", "refund", "reopen", "ignore", "allocate", "credit", "give_back")
    change_form_template = "admin/orders/paymentevent/page.html"

    received = html.moment_column("received_at", _("received"))

    @display(description=_("amount"), ordering="amount")
    def sum(self, payment_event: PaymentEvent) -> str:
        return labels.money(payment_event.amount, payment_event.currency)

    @display(description=_("outcome"), ordering="outcome")
    def result(self, payment_event: PaymentEvent) -> str:
        return html.badge(labels.payment_event_outcome(payment_event.outcome), payment_event.outcome)

    @display(description=_("reason"), ordering="reason")
    def why(self, payment_event: PaymentEvent) -> str:
        return labels.mismatch(payment_event.reason)

    @display(description=_("reported by"), ordering="reported_by")
    def who(self, payment_event: PaymentEvent) -> str:
        return labels.actor(payment_event.reported_by)

    def page(self, request: HttpRequest, row: PaymentEvent) -> dict[str, Any]:
        return {"title": labels.money(row.amount, row.currency), "payment_event": payment_event_page(request, row)}

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """None in the frame: the page shows the ways out that there are."""
        return []

    def has_resolve_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("orders.resolve_paymentevent")

    @dialog_action(resolutions.ASSIGN, permission="resolve")
    def assign(self, request: HttpRequest, form: resolutions.AssignForm, object_id: str) -> HttpResponse:
        return resolutions.resolve(request, form, resolutions.ASSIGN)

    @dialog_action(resolutions.ACCEPT, permission="resolve")
    def accept(self, request: HttpRequest, form: resolutions.AcceptForm, object_id: str) -> HttpResponse:
        return resolutions.resolve(request, form, resolutions.ACCEPT)

    @dialog_action(resolutions.REFUND, permission="resolve")
    def refund(self, request: HttpRequest, form: resolutions.RefundForm, object_id: str) -> HttpResponse:
        return resolutions.resolve(request, form, resolutions.REFUND)

    @dialog_action(resolutions.REOPEN, permission="resolve")
    def reopen(self, request: HttpRequest, form: resolutions.ReopenForm, object_id: str) -> HttpResponse:
        return resolutions.resolve(request, form, resolutions.REOPEN)

    @dialog_action(resolutions.IGNORE, permission="resolve")
    def ignore(self, request: HttpRequest, form: resolutions.IgnoreForm, object_id: str) -> HttpResponse:
        return resolutions.resolve(request, form, resolutions.IGNORE)

    @dialog_action(SHARE_OUT, permission="resolve")
    def allocate(self, request: HttpRequest, form: ShareOutForm, object_id: str) -> HttpResponse:
        return resolutions.resolve(request, form, SHARE_OUT)

    @dialog_action(too_much.CREDIT, permission="resolve")
    def credit(self, request: HttpRequest, form: too_much.CreditForm, object_id: str) -> HttpResponse:
        return resolutions.resolve(request, form, too_much.CREDIT)

    @dialog_action(too_much.GIVE_BACK, permission="resolve")
    def give_back(self, request: HttpRequest, form: too_much.ReturnForm, object_id: str) -> HttpResponse:
        return resolutions.resolve(request, form, too_much.GIVE_BACK)


def buttons(request: HttpRequest, payment_event: PaymentEvent) -> list[Any]:
    """A button for each way out, for those who may decide; the most likely first and in colour. While a decision is
    being carried out, only that can be sent again."""
    if not request.user.has_perm("orders.resolve_paymentevent"):
        return []
    decision = under_way([payment_event]).get(payment_event.pk)
    return [
        html.dialog_link(
            reverse(f"admin:orders_paymentevent_{way}", args=[payment_event.pk]),
            str(DIALOGS[way]["title"]),
            tone="plain" if position else "primary",
            subject=payment_event.reference,
        )
        for position, way in enumerate(offered(payment_event))
        if decision is None or way == decision.action
    ]


def payment_event_page(request: HttpRequest, payment_event: PaymentEvent) -> dict[str, Any]:
    """Everything about one payment event, in words."""
    decisions = payment_event.decisions.select_related("decided_by").order_by("-pk")
    return {
        "row": payment_event,
        "amount": labels.money(payment_event.amount, payment_event.currency),
        "outcome": html.badge(labels.payment_event_outcome(payment_event.outcome), payment_event.outcome),
        "mismatch": labels.mismatch(payment_event.reason),
        "provider": labels.payment_method(payment_event.provider),
        "who": labels.actor(payment_event.reported_by, people.names([payment_event.reported_by])),
        "ago": html.ago(payment_event.received_at),
        "received": labels.moment(payment_event.received_at),
        "order": Order.objects.filter(number=payment_event.order_number).first()
        if payment_event.order_number
        else None,
        "buttons": buttons(request, payment_event),
        "part_of": payment_event.part_of and share_of(payment_event.part_of),
        "shares": [share_of(share) for share in payment_event.shares.order_by("pk")],
        "decisions": [record_event(decision) for decision in decisions],
    }


def share_of(payment_event: PaymentEvent) -> dict[str, str]:
    """A share of a payment, or the whole, in a line."""
    outcome = labels.mismatch(payment_event.reason) or labels.payment_event_outcome(payment_event.outcome)
    return {
        "amount": labels.money(payment_event.amount, payment_event.currency),
        "what": payment_event.order_number or outcome,
        "url": reverse("admin:orders_paymentevent_change", args=[payment_event.pk]),
    }


def record_event(decision: Resolution) -> dict[str, Any]:
    """One decision in words."""
    tones = {"done": "approved", "refused": "rejected", "requested": "pending"}
    unknown = pgettext("a decision", "Outcome not known")
    return {
        "row": decision,
        "action": labels.resolution_action(decision.action),
        "mismatch": labels.mismatch(decision.mismatch),
        "state": html.badge(
            unknown if decision.is_unknown else labels.resolution_state(decision.state), tones[decision.state]
        ),
        "who": people.name(decision.decided_by),
        "when": labels.moment(decision.decided_at),
        "outcome": resolutions.outcome(decision),
        "amount": labels.money(decision.payment_event.amount, decision.payment_event.currency),
    }
