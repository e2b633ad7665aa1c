"""Stock adjustments: what staff asked for, and what became of it."""

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.admin.base import html, people
from orders.admin.base.model_admin import ReadOnlyAdmin, ReadOnlyInline
from orders.models import StockAdjustment


def outcome(adjustment: StockAdjustment) -> SafeString:
    """What became of an adjustment."""
    if adjustment.refused:
        return format_html("{} {}", html.badge(_("Refused"), "rejected"), adjustment.refused)
    if adjustment.applied_at:
        return html.badge(_("Applied"), "approved")
    return html.badge(_("Requested"), "pending")


class AdjustmentColumns:
    """What every list of adjustments shows."""

    requested = html.moment_column("requested_at", gettext_lazy("requested"))

    @display(description=gettext_lazy("change"), ordering="delta")
    def change(self, adjustment: StockAdjustment) -> str:
        return f"{adjustment.delta:+d}"

    @display(description=gettext_lazy("by"))
    def who(self, adjustment: StockAdjustment) -> str:
        return people.name(adjustment.requested_by)

    @display(description=gettext_lazy("outcome"))
    def outcome(self, adjustment: StockAdjustment) -> SafeString:
        return outcome(adjustment)


class AdjustmentInline(AdjustmentColumns, ReadOnlyInline):
    model = StockAdjustment
    fields = readonly_fields = ("change", "reason", "who", "requested", "outcome")
    ordering = ("-requested_at",)
    verbose_name_plural = gettext_lazy("Stock adjustments")
    per_page = 20
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockAdjustment]:
        return super().get_queryset(request).select_related("requested_by", "product")


@admin.register(StockAdjustment)
class StockAdjustmentAdmin(AdjustmentColumns, ReadOnlyAdmin):
    when_empty = gettext_lazy("Changes of the stock stand here; they are made on a product's page.")
    list_display = ("product", "change", "reason", "who", "requested", "outcome")
    search_fields = ("product__sku", "product__name", "reason")
    date_hierarchy = "requested_at"
    ordering = ("-requested_at",)
    list_select_related = ("product", "requested_by")
    fields = ("product", "change", "reason", "who", "requested_at", "outcome")
