"""Refunds as files for the bank: exported from the list of refunds to make, downloaded, withdrawn."""

from collections import Counter
from decimal import Decimal
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from orders import labels
from orders.admin.base import html, people
from orders.admin.base.dialogs import MoneyForm, call_client, dialog, dialog_action
from orders.admin.base.keys import key, keys
from orders.admin.base.model_admin import ReadOnlyAdmin
from orders.admin.base.proof import password_first
from orders.models import RefundBatch, RefundTask
from orders.payments.refund_file import MOST_AT_ONCE, obstacle
from orders.rules.states import RefundState
from temporal_app import client


class ExportForm(MoneyForm):
    """The refunds that a new file will hold: those that could be seen when the dialog was opened, and no others."""

    tasks = forms.CharField(widget=forms.HiddenInput, max_length=20 * MOST_AT_ONCE, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        waiting = list(RefundTask.objects.filter(state=RefundState.OPEN, batch=None).order_by("pk"))
        obstacles = {task.pk: obstacle(task) for task in waiting}
        ready = [task for task in waiting if obstacles[task.pk] is None][:MOST_AT_ONCE]
        self.initial["tasks"] = ",".join(str(task.pk) for task in ready)
        total = sum((task.amount for task in ready), Decimal("0.00"))
        self.facts = [(_("Refunds"), len(ready)), (_("Sum"), labels.money(total))]
        left_out = Counter(reason for reason in obstacles.values() if reason is not None)
        self.facts += [(labels.refund_obstacle(reason), count) for reason, count in sorted(left_out.items())]
        if not ready and not self.is_bound:
            self.closed = _("There is no refund that can be put into a file.")

    def clean_tasks(self) -> list[int]:
        chosen = keys(self.cleaned_data["tasks"].split(","))[:MOST_AT_ONCE]
        if not chosen:
            raise forms.ValidationError(_("There is no refund that can be put into a file."))
        return chosen


class WithdrawForm(MoneyForm):
    """The bank did not carry out the rest of a file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.batch = get_object_or_404(RefundBatch, pk=self.object_id)
        left = self.batch.tasks.filter(state=RefundState.OPEN)
        self.facts = [(_("File"), self.batch.message_id), (_("Refunds still to be made"), left.count())]
        if not left.exists():
            self.closed = _("Nothing of this file is still to be made.")


EXPORT = dialog(
    ExportForm,
    gettext_lazy("Make a file for the bank"),
    gettext_lazy(
        "A SEPA credit transfer (pain.001) with all refunds that can stand in one. Each stands in one file at most. "
        "They are marked as made when their debit comes with an account statement."
    ),
    submit=gettext_lazy("Make the file"),
)
WITHDRAW = dialog(
    WithdrawForm,
    gettext_lazy("Not carried out"),
    gettext_lazy(
        "Only where the bank has refused the file, or the rest of it, for good: its refunds can then be put into "
        "another file, and would be paid twice if this one were carried out after all."
    ),
    danger=True,
)


@admin.register(RefundBatch)
class RefundBatchAdmin(ReadOnlyAdmin):
    """Files of refunds: who made them, when, how much, and how far the bank is."""

    when_empty = gettext_lazy("Files for the bank stand here once somebody has exported one under “Refunds to make”.")
    list_display = ("name", "made", "who", "count", "sum", "progress")
    ordering = ("-pk",)
    fields = ("name", "made", "who", "count", "sum", "progress", "refunds", "withdrawn", "withdrawer", "download")
    actions_detail = ("withdraw",)

    made = html.moment_column("made_at", gettext_lazy("made"))
    withdrawn = html.moment_column("withdrawn_at", gettext_lazy("withdrawn"))

    def has_make_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("orders.make_refund")

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        left = RefundTask.objects.filter(batch=key(object_id) or 0, state=RefundState.OPEN)
        return super().get_actions_detail(request, object_id) if left.exists() else []

    @dialog_action(WITHDRAW, permission="make")
    def withdraw(self, request: HttpRequest, form: WithdrawForm, object_id: str) -> HttpResponse:
        def step() -> str:
            client.withdraw_refunds(form.batch.pk, by=people.by(request))
            return _("The refunds of this file can be put into another one.")

        return call_client(request, form, WITHDRAW, step, back=address(form.batch.pk))

    @display(description=gettext_lazy("file"))
    def name(self, batch: RefundBatch) -> str:
        return batch.message_id

    @display(description=gettext_lazy("made by"))
    def who(self, batch: RefundBatch) -> str:
        return labels.actor(batch.made_by, people.names([batch.made_by]))

    @display(description=gettext_lazy("withdrawn by"))
    def withdrawer(self, batch: RefundBatch) -> str:
        by = batch.withdrawn_by
        return labels.actor(by, people.names([by])) if by else "–"

    @display(description=gettext_lazy("sum"), ordering="total")
    def sum(self, batch: RefundBatch) -> str:
        return labels.money(batch.total, batch.currency)

    @display(description=gettext_lazy("state"))
    def progress(self, batch: RefundBatch) -> SafeString:
        done = batch.tasks.filter(state=RefundState.DONE).count()
        if batch.withdrawn_at:
            return html.badge(_("Withdrawn"), "unmatched")
        if done == batch.count:
            return html.badge(_("All made"), "done")
        return html.badge(_("%(done)s of %(count)s made") % {"done": done, "count": batch.count}, "open")

    @display(description=gettext_lazy("refunds"))
    def refunds(self, batch: RefundBatch) -> SafeString | str:
        rows = (
            (reverse("admin:orders_refundtask_change", args=[task.pk]), task.end_to_end_id, task.order_number,
             labels.money(task.amount, task.currency), html.badge(labels.refund_state(task.state), task.state))
            for task in batch.tasks.order_by("pk")
        )  # fmt: skip
        listed = format_html_join("", '<li><a class="s-link" href="{}">{}</a> · {} · {} {}</li>', rows)
        return format_html('<ul class="s-list">{}</ul>', listed) if listed else "–"

    @display(description=gettext_lazy("download"))
    def download(self, batch: RefundBatch) -> SafeString | str:
        if batch.withdrawn_at or not batch.file:
            return "–"
        url = reverse("admin:refund-file", args=[batch.pk])
        return format_html('<a class="s-button s-primary" href="{}" download>{}.xml</a>', url, batch.message_id)


def address(batch_id: int) -> str:
    """The page of a file of refunds."""
    return reverse("admin:orders_refundbatch_change", args=[batch_id])


def export(request: HttpRequest, form: ExportForm) -> HttpResponse:
    """Have the refunds that the form names put into a file, and go to its page."""
    made: list[int] = []

    def step() -> str:
        made.append(client.export_refunds(form.cleaned_data["tasks"], by=people.by(request)))
        count = RefundBatch.objects.get(pk=made[0]).count
        words = ngettext("A file with %(count)s refund is ready.", "A file with %(count)s refunds is ready.", count)
        return words % {"count": count}

    answer = call_client(request, form, EXPORT, step, back=reverse("admin:orders_refundtask_changelist"))
    if made:
        answer.headers["HX-Redirect" if "HX-Redirect" in answer.headers else "Location"] = address(made[0])
    return answer


@require_safe
def refund_file(request: HttpRequest, batch_id: int) -> HttpResponse:
    """The file itself, for those who make refunds; one that was withdrawn is not handed out any more."""
    if not request.user.has_perm("orders.make_refund") or not request.user.has_perm("orders.view_refundbatch"):
        raise PermissionDenied
    return password_first(request, partial(_handed_out, get_object_or_404(RefundBatch, pk=batch_id)))


def _handed_out(batch: RefundBatch) -> HttpResponse:
    if batch.withdrawn_at:
        words = _("This file was withdrawn; its refunds may stand in another one. It is not handed out any more.")
        return HttpResponse(words, status=410, content_type="text/plain; charset=utf-8")
    try:
        with batch.file.open("rb") as file:
            content = file.read()
    except (FileNotFoundError, ValueError) as missing:  # or it is still being written
        raise Http404(_("The file cannot be found.")) from missing
    name = {"Content-Disposition": f'attachment; filename="{batch.message_id}.xml"'}
    return HttpResponse(content, content_type="application/xml", headers=name)
