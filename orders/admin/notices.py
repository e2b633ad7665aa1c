"""Payment notices: everything that was ever said about money, and what people decide about what does not match."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from orders import labels
from orders.admin import cells, people, settling
from orders.admin.filters import by_label
from orders.admin.readonly import ReadOnlyAdmin
from orders.models import ExceptionDecision, Order, PaymentNotice
from orders.models.exceptions import ExceptionAction
from orders.payments.exceptions import ways_out

DIALOGS = {
    ExceptionAction.ASSIGN: settling.ASSIGN,
    ExceptionAction.ACCEPT: settling.ACCEPT,
    ExceptionAction.REFUND: settling.REFUND,
    ExceptionAction.REOPEN: settling.REOPEN,
    ExceptionAction.IGNORE: settling.IGNORE,
}


@admin.register(PaymentNotice)
class PaymentNoticeAdmin(ReadOnlyAdmin):
    list_display = ("event_id", "provider", "order_number", "sum", "result", "why", "who", "received")
    list_filter = (
        by_label("outcome", _("outcome"), labels.notice_outcome),
        by_label("reason", _("reason"), labels.oddity),
        "provider",
    )
    search_fields = ("event_id", "order_number", "reference")
    date_hierarchy = "received_at"
    ordering = ("-pk",)
    fields = ("provider", "event_id", "order_number", "status", "sum", "reference", "received_at", "result", "reason")
    actions_detail = ("assign", "accept", "refund", "reopen", "ignore")
    change_form_template = "admin/orders/paymentnotice/page.html"

    received = cells.moment_column("received_at", _("received"))

    @display(description=_("amount"), ordering="amount")
    def sum(self, notice: PaymentNotice) -> str:
        return labels.money(notice.amount, notice.currency)

    @display(description=_("outcome"), ordering="outcome")
    def result(self, notice: PaymentNotice) -> str:
        return cells.badge(labels.notice_outcome(notice.outcome), notice.outcome)

    @display(description=_("reason"), ordering="reason")
    def why(self, notice: PaymentNotice) -> str:
        return labels.oddity(notice.reason)

    @display(description=_("told by"), ordering="told_by")
    def who(self, notice: PaymentNotice) -> str:
        return labels.actor(notice.told_by)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        notice = self.get_object(request, object_id) if object_id else None
        page: dict[str, Any] = {}
        if notice and self.has_view_permission(request, notice):
            page = {"title": labels.money(notice.amount, notice.currency), "notice": notice_page(request, notice)}
        return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **page})

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list:
        """None in the frame: the page shows the ways out that there are."""
        return []

    def has_settle_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("orders.settle_paymentnotice")

    @action(description=_("Assign to an order"), permissions=["settle"], dialog=settling.ASSIGN)
    def assign(self, request: HttpRequest, form: settling.AssignForm, object_id: str) -> HttpResponse:
        return settling.settle(request, form, settling.ASSIGN)

    @action(description=_("Accept the difference"), permissions=["settle"], dialog=settling.ACCEPT)
    def accept(self, request: HttpRequest, form: settling.AcceptForm, object_id: str) -> HttpResponse:
        return settling.settle(request, form, settling.ACCEPT)

    @action(description=_("Send it back"), permissions=["settle"], dialog=settling.REFUND)
    def refund(self, request: HttpRequest, form: settling.RefundForm, object_id: str) -> HttpResponse:
        return settling.settle(request, form, settling.REFUND)

    @action(description=_("Place the order anew"), permissions=["settle"], dialog=settling.REOPEN)
    def reopen(self, request: HttpRequest, form: settling.ReopenForm, object_id: str) -> HttpResponse:
        return settling.settle(request, form, settling.REOPEN)

    @action(description=_("Put aside"), permissions=["settle"], dialog=settling.IGNORE)
    def ignore(self, request: HttpRequest, form: settling.IgnoreForm, object_id: str) -> HttpResponse:
        return settling.settle(request, form, settling.IGNORE)


def buttons(request: HttpRequest, notice: PaymentNotice) -> list[str]:
    """A button for each way out, for those who may decide; the most likely first and in colour."""
    if not request.user.has_perm("orders.settle_paymentnotice"):
        return []
    return [
        cells.dialog_link(
            reverse(f"admin:orders_paymentnotice_{way}", args=[notice.pk]),
            str(DIALOGS[way]["title"]),
            tone="plain" if position else "primary",
            subject=notice.reference,
        )
        for position, way in enumerate(ways_out(notice))
    ]


def notice_page(request: HttpRequest, notice: PaymentNotice) -> dict[str, Any]:
    """Everything about one notice, in words."""
    decisions = notice.decisions.select_related("decided_by").order_by("-pk")
    return {
        "row": notice,
        "amount": labels.money(notice.amount, notice.currency),
        "outcome": cells.badge(labels.notice_outcome(notice.outcome), notice.outcome),
        "oddity": labels.oddity(notice.reason),
        "provider": labels.payment_method(notice.provider),
        "who": labels.actor(notice.told_by, people.names([notice.told_by])),
        "ago": cells.ago(notice.received_at),
        "received": labels.moment(notice.received_at),
        "order": Order.objects.filter(number=notice.order_number).first() if notice.order_number else None,
        "buttons": buttons(request, notice),
        "decisions": [told(decision) for decision in decisions],
    }


def told(decision: ExceptionDecision) -> dict[str, Any]:
    """One decision in words."""
    tones = {"done": "approved", "refused": "rejected", "requested": "pending"}
    return {
        "row": decision,
        "action": labels.exception_action(decision.action),
        "oddity": labels.oddity(decision.oddity),
        "state": cells.badge(labels.exception_state(decision.state), tones[decision.state]),
        "who": people.name(decision.decided_by),
        "when": labels.moment(decision.decided_at),
        "outcome": settling.outcome(decision),
        "amount": labels.money(decision.notice.amount, decision.notice.currency),
    }
