"""Failed reversals: what could not be undone, and the money at risk."""

from django.contrib import admin
from django.contrib.admin import display
from django.utils.translation import gettext_lazy as _

from orders import labels
from orders.admin.base import html
from orders.admin.base.model_admin import ReadOnlyAdmin
from orders.models import CompensationFailure


@admin.register(CompensationFailure)
class CompensationFailureAdmin(ReadOnlyAdmin):
    list_display = ("order", "step", "at_risk", "error", "age")
    search_fields = ("order__number", "step")
    date_hierarchy = "happened_at"
    ordering = ("-happened_at",)
    list_select_related = ("order",)
    fields = ("order", "step", "at_risk", "error", "happened_at")

    @display(description=_("money at risk"), ordering="amount_at_risk")
    def at_risk(self, failure: CompensationFailure) -> str:
        return labels.money(failure.amount_at_risk, failure.currency)

    @display(description=_("age"), ordering="-happened_at")
    def age(self, failure: CompensationFailure) -> str:
        return html.age(failure.happened_at)
