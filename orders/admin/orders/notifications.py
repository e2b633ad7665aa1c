"""Outgoing mail."""

from django.contrib import admin
from django.contrib.admin import display
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from orders import labels
from orders.admin.base import html, people
from orders.admin.base.filters import by_label
from orders.admin.base.model_admin import ReadOnlyAdmin
from orders.models import Notification
from orders.models.notification import SUPERSEDED


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    when_empty = _("Mails to customers and staff stand here as soon as one is written.")
    list_display = ("what", "about_order", "about_expense", "to", "written", "progress", "attempts")
    list_filter = (by_label("kind", _("kind"), labels.mail_kind), ("sent_at", admin.EmptyFieldListFilter))
    search_fields = ("order__number", "recipient")
    date_hierarchy = "written_at"
    ordering = ("-pk",)
    list_select_related = ("order", "expense")
    fields = (
        "what",
        "about_order",
        "about_expense",
        "to",
        "written_at",
        "progress",
        "sent_at",
        "attempts",
        "last_error",
    )

    written = html.moment_column("written_at", _("written"))

    @display(description=_("mail"), ordering="kind")
    def what(self, mail: Notification) -> str:
        return labels.mail_kind(mail.kind)

    @display(description=_("order"), ordering="order__number")
    def about_order(self, mail: Notification) -> str:
        row = mail.order
        return html.link(reverse("admin:orders_order_change", args=[row.pk]), row.number) if row else "–"

    @display(description=_("expense"), ordering="expense")
    def about_expense(self, mail: Notification) -> str:
        row = mail.expense
        if row is None:
            return "–"
        return _whole(html.link(reverse("admin:orders_expenserequest_change", args=[row.pk]), row.category))

    @display(description=pgettext_lazy("a mail", "to"), ordering="recipient")
    def to(self, mail: Notification) -> str:
        return _whole(people.recipient(mail.recipient))

    @display(description=_("state"), ordering="sent_at")
    def progress(self, mail: Notification) -> str:
        if mail.sent_at:
            return html.badge(_("Sent"), "approved")
        if mail.last_error == SUPERSEDED and mail.given_up_at:
            return html.badge(pgettext("a mail", "A later one says it"), "done")
        if mail.given_up_at:
            return html.badge(pgettext("a mail", "Given up"), "rejected")
        if mail.is_held_back(timezone.now()):
            until = {"at": labels.moment(mail.due_at)}
            meaning = gettext(
                "Its address has had enough mail for now: one of a kind in an hour, and so many in a day."
            )
            return html.badge(gettext("Held back until %(at)s") % until, "pending", meaning)
        return html.badge(_("Waiting"), "pending")


def _whole(words: str) -> SafeString:
    """Words that stay on one line, however narrow their column."""
    return format_html('<span class="whitespace-nowrap">{}</span>', words)
