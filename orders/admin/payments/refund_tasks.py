"""Refunds of bank transfers: money that finance has to send back at the bank, and then reports as sent."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders import labels
from orders.admin.base import html, people
from orders.admin.base.dialogs import MoneyForm, call_client, dialog, dialog_action
from orders.admin.base.filters import by_label
from orders.admin.base.keys import key
from orders.admin.base.model_admin import ReadOnlyAdmin
from orders.admin.payments import refund_files
from orders.models import RefundTask
from orders.rules.states import RefundState
from temporal_app import client


class MadeForm(MoneyForm):
    """The transfer of a refund has been made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.task = get_object_or_404(RefundTask, pk=self.object_id)
        self.facts = [
            (_("Order"), self.task.order_number),
            (_("Amount"), labels.money(self.task.amount, self.task.currency)),
            (_("To"), self.task.payee or _("not known; ask the customer")),
            (_("IBAN"), self.task.iban or "–"),
            (_("Purpose"), self.task.purpose),
        ]
        if self.task.batch:
            in_a_file = _("%(file)s – please make no other transfer") % {"file": self.task.batch.message_id}
            self.facts.append((_("In the file"), in_a_file))
        if self.task.state != RefundState.OPEN:
            self.closed = _("This refund has been made.")
        self.closed = self.closed or people.own_order(self.request, self.task.order_number)


MADE = dialog(
    MadeForm,
    gettext_lazy("Refund made"),
    gettext_lazy("Say so once the transfer has been made at the bank. It cannot be taken back."),
)


@admin.register(RefundTask)
class RefundTaskAdmin(ReadOnlyAdmin):
    """Transfers back to customers that finance has to make."""

    when_empty = gettext_lazy("Transfers back to customers that finance has to make stand here.")
    list_display = ("order_number", "sum", "payee", "iban", "progress", "bank_file", "asked", "who")
    list_filter = (by_label("state", gettext_lazy("state"), labels.refund_state),)
    search_fields = ("order_number", "payee", "iban")
    ordering = ("-state", "asked_at")  # open ones first, the oldest on top
    fields = ("order_number", "sum", "payee", "iban", "purpose", "progress", "bank_file", "asked", "done", "who")
    actions_detail = ("made",)
    actions_list = ("export",)
    list_select_related = ("batch",)

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        open_ones = RefundTask.objects.filter(pk=key(object_id) or 0, state=RefundState.OPEN)
        return super().get_actions_detail(request, object_id) if open_ones.exists() else []

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        page = super().get_changelist_instance(request)
        page.result_list = list(page.result_list)
        called = people.names(task.done_by for task in page.result_list)
        for task in page.result_list:
            task.done_by = called.get(task.done_by, task.done_by)  # for this page alone; no task is saved from here
        return page

    def has_make_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("orders.make_refund")

    asked = html.moment_column("asked_at", gettext_lazy("asked for"))
    done = html.moment_column("done_at", gettext_lazy("done"))

    @dialog_action(MADE, permission="make")
    def made(self, request: HttpRequest, form: MadeForm, object_id: str) -> HttpResponse:
        def step() -> str:
            client.mark_refund_made(form.task.pk, by=people.by(request))
            amount = labels.money(form.task.amount, form.task.currency)
            return _("Refund of %(amount)s marked as made.") % {"amount": amount}

        back = reverse("admin:orders_refundtask_change", args=[form.task.pk])
        return call_client(request, form, MADE, step, back=back)

    @dialog_action(refund_files.EXPORT, permission="make")
    def export(self, request: HttpRequest, form: refund_files.ExportForm) -> HttpResponse:
        return refund_files.export(request, form)

    @display(description=gettext_lazy("file"))
    def bank_file(self, task: RefundTask) -> SafeString | str:
        return html.link(refund_files.address(task.batch.pk), task.batch.message_id) if task.batch else "–"

    @display(description=gettext_lazy("amount"), ordering="amount")
    def sum(self, task: RefundTask) -> str:
        return labels.money(task.amount, task.currency)

    @display(description=gettext_lazy("state"), ordering="state")
    def progress(self, task: RefundTask) -> SafeString:
        return html.badge(labels.refund_state(task.state), task.state)

    @display(description=gettext_lazy("done by"))
    def who(self, task: RefundTask) -> str:
        return labels.actor(task.done_by, people.names([task.done_by])) if task.done_by else "–"
