"""Payment events: everything that was ever said about money, and what people decide about what does not match."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from orders import labels
from orders.admin.base import html, people
from orders.admin.base.filters import by_label
from orders.admin.base.model_admin import ReadOnlyAdmin
from orders.admin.payments import resolutions
from orders.models import Order, PaymentEvent, Resolution
from orders.models.resolution import ResolutionAction
from orders.reconciliation.unmatched import ways_out

DIALOGS = {
    ResolutionAction.ASSIGN: resolutions.ASSIGN,
    ResolutionAction.ACCEPT: resolutions.ACCEPT,
    ResolutionAction.REFUND: resolutions.REFUND,
    ResolutionAction.REOPEN: resolutions.REOPEN,
    ResolutionAction.IGNORE: resolutions.IGNORE,
}


@admin.register(PaymentEvent)
class PaymentEventAdmin(ReadOnlyAdmin):
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
    actions_detail = ("assign", "accept", "refund", "reopen", "ignore")
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

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        payment_event = self.get_object(request, object_id) if object_id else None
        page: dict[str, Any] = {}
        if payment_event and self.has_view_permission(request, payment_event):
            page = {
                "title": labels.money(payment_event.amount, payment_event.currency),
                "payment_event": payment_event_page(request, payment_event),
            }
        return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **page})

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list:
        """None in the frame: the page shows the ways out that there are."""
        return []

    def has_resolve_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("orders.resolve_paymentevent")

    @action(description=_("Assign to an order"), permissions=["resolve"], dialog=resolutions.ASSIGN)
    def assign(self, request: HttpRequest, form: resolutions.AssignForm, object_id: str) -> HttpResponse:
        return resolutions.resolve(request, form, resolutions.ASSIGN)

    @action(description=_("Accept the difference"), permissions=["resolve"], dialog=resolutions.ACCEPT)
    def accept(self, request: HttpRequest, form: resolutions.AcceptForm, object_id: str) -> HttpResponse:
        return resolutions.resolve(request, form, resolutions.ACCEPT)

    @action(description=_("Send it back"), permissions=["resolve"], dialog=resolutions.REFUND)
    def refund(self, request: HttpRequest, form: resolutions.RefundForm, object_id: str) -> HttpResponse:
        return resolutions.resolve(request, form, resolutions.REFUND)

    @action(description=_("Place the order anew"), permissions=["resolve"], dialog=resolutions.REOPEN)
    def reopen(self, request: HttpRequest, form: resolutions.ReopenForm, object_id: str) -> HttpResponse:
        return resolutions.resolve(request, form, resolutions.REOPEN)

    @action(description=_("Put aside"), permissions=["resolve"], dialog=resolutions.IGNORE)
    def ignore(self, request: HttpRequest, form: resolutions.IgnoreForm, object_id: str) -> HttpResponse:
        return resolutions.resolve(request, form, resolutions.IGNORE)


def buttons(request: HttpRequest, payment_event: PaymentEvent) -> list[str]:
    """A button for each way out, for those who may decide; the most likely first and in colour."""
    if not request.user.has_perm("orders.resolve_paymentevent"):
        return []
    return [
        html.dialog_link(
            reverse(f"admin:orders_paymentevent_{way}", args=[payment_event.pk]),
            str(DIALOGS[way]["title"]),
            tone="plain" if position else "primary",
            subject=payment_event.reference,
        )
        for position, way in enumerate(ways_out(payment_event))
    ]


def payment_event_page(request: HttpRequest, payment_event: PaymentEvent) -> dict[str, Any]:
    """Everything about one payment_event, in words."""
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
        "decisions": [record_event(decision) for decision in decisions],
    }


def record_event(decision: Resolution) -> dict[str, Any]:
    """One decision in words."""
    tones = {"done": "approved", "refused": "rejected", "requested": "pending"}
    return {
        "row": decision,
        "action": labels.resolution_action(decision.action),
        "mismatch": labels.mismatch(decision.mismatch),
        "state": html.badge(labels.resolution_state(decision.state), tones[decision.state]),
        "who": people.name(decision.decided_by),
        "when": labels.moment(decision.decided_at),
        "outcome": resolutions.outcome(decision),
        "amount": labels.money(decision.payment_event.amount, decision.payment_event.currency),
    }
