"""Customers who were forgotten: when, by whom, what went and what stays."""

from django.contrib import admin
from django.contrib.admin import display
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from orders import labels
from orders.admin.base import html, people
from orders.admin.base.model_admin import ReadOnlyAdmin
from orders.models import ErasureRecord


@admin.register(ErasureRecord)
class ErasureRecordAdmin(ReadOnlyAdmin):
    """Records; of whom is nowhere in them."""

    when_empty = _("Whenever a customer's data is erased, it stands here, without whose it was.")
    list_display = ("asked", "who", "reason", "removed_in_words", "progress")
    date_hierarchy = "asked_at"
    ordering = ("-pk",)
    fields = ("asked", "who", "reason", "removed_in_words", "kept_in_words", "done_at", "progress")

    asked = html.moment_column("asked_at", _("asked for"))

    @display(description=_("who"), ordering="asked_by")
    def who(self, record: ErasureRecord) -> str:
        return labels.actor(record.asked_by, people.names([record.asked_by]))

    @display(description=_("removed"))
    def removed_in_words(self, record: ErasureRecord) -> str:
        return labels.removed_things(record.removed)

    @display(description=_("kept"))
    def kept_in_words(self, record: ErasureRecord) -> str:
        return labels.kept_things(record.kept)

    @display(description=_("state"), ordering="finished_at")
    def progress(self, record: ErasureRecord) -> str:
        if record.finished_at:
            return html.badge(pgettext("an erasure", "Finished"), "approved")
        waits = pgettext_lazy("an erasure", "Goes on later") if record.done_at else pgettext("an erasure", "Asked for")
        return html.badge(waits, "pending")
