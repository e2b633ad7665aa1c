"""Outages: when a payment provider or carrier did not answer."""

from django.contrib import admin
from django.contrib.admin import display
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from orders import labels
from orders.admin.base import html
from orders.admin.base.model_admin import ReadOnlyAdmin
from orders.models import Outage


@admin.register(Outage)
class OutageAdmin(ReadOnlyAdmin):
    """The orders that waited say so on their timelines."""

    when_empty = _("Whenever a payment provider or the carrier does not answer, it stands here.")
    list_display = ("who", "began", "over", "calls", "told", "progress")
    date_hierarchy = "began_at"
    ordering = ("-began_at",)
    fields = ("who", "began_at", "last_at", "calls", "alerted_at", "ended_at")

    over = html.moment_column("ended_at", pgettext_lazy("an outage", "over"))
    began = html.moment_column("began_at", _("began"))
    told = html.moment_column("alerted_at", _("operations were told"))

    @display(description=_("provider"), ordering="provider")
    def who(self, outage: Outage) -> str:
        return labels.provider(outage.provider)

    @display(description=_("state"), ordering="ended_at")
    def progress(self, outage: Outage) -> str:
        if outage.ended_at:
            return html.badge(pgettext("an outage", "Over"), "approved")
        return html.badge(pgettext("an outage", "Does not answer"), "rejected")
