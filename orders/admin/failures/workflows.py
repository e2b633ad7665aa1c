"""Workflows that failed, timed out or were terminated: a list, with a way to each in Temporal's own pages."""

from django.contrib import admin
from django.contrib.admin import display
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders import labels
from orders.admin.base import html
from orders.admin.base.filters import by_label
from orders.admin.base.model_admin import ReadOnlyAdmin
from orders.admin.base.pages import workflow_url
from orders.models import FailedWorkflow, Order
from orders.rules.identifiers import order_number


@admin.register(FailedWorkflow)
class FailedWorkflowAdmin(ReadOnlyAdmin):
    when_empty = gettext_lazy("Workflows that ended badly stand here. None is good news.")
    list_display = ("workflow_id", "workflow_type", "ending", "age", "order", "temporal")
    list_filter = (by_label("ended_as", gettext_lazy("ended as"), labels.workflow_end), "workflow_type")
    search_fields = ("workflow_id", "run_id")
    ordering = ("-closed_at",)
    fields = ("workflow_id", "run_id", "workflow_type", "ending", "ended", "order", "told", "temporal")
    readonly_fields = ("run_id",)

    ended = html.moment_column("closed_at", gettext_lazy("when"))
    told = html.moment_column("told_at", gettext_lazy("operations told"))

    @display(description=gettext_lazy("ended as"), ordering="ended_as")
    def ending(self, failed: FailedWorkflow) -> str:
        return html.badge(labels.workflow_end(failed.ended_as), "unmatched")

    @display(description=gettext_lazy("age"), ordering="-closed_at")
    def age(self, failed: FailedWorkflow) -> str:
        return html.age(failed.closed_at)

    @display(description=gettext_lazy("order"))
    def order(self, failed: FailedWorkflow) -> SafeString | str:
        number = order_number(failed.workflow_id)
        order = Order.objects.filter(number=number).first() if number else None
        return html.link(reverse("admin:orders_order_change", args=[order.pk]), order.number) if order else "–"

    @display(description=gettext_lazy("Temporal"))
    def temporal(self, failed: FailedWorkflow) -> SafeString:
        url = f"{workflow_url(failed.workflow_id)}/{failed.run_id}"
        return format_html('<a class="s-link" href="{}" target="_blank" rel="noopener">{}</a>', url, _("Open"))
