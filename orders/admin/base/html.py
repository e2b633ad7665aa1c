"""Small pieces of HTML that lists and pages of the admin share."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.contrib.admin import display
from django.db.models import Model
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from orders import labels
from orders.authorization.eligibility import in_order
from orders.models import ApprovalRequest, Order
from orders.rules.approvals import ApprovalOutcome, LevelState
from orders.rules.status import OrderStatus

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MOMENT = timedelta(minutes=1)
TONES: dict[str, str] = {
    OrderStatus.PENDING: "info",
    OrderStatus.PAID: "primary",
    OrderStatus.SHIPPED: "primary",
    OrderStatus.DELIVERED: "success",
    OrderStatus.ROLLBACK_INCOMPLETE: "danger",
    OrderStatus.CANCELLED: "",
    LevelState.APPROVED: "success",
    LevelState.REJECTED: "danger",
    ApprovalOutcome.EXPIRED: "danger",
    ApprovalOutcome.WITHDRAWN: "",
    "submitted": "info",
    "uploaded": "info",
    "imported": "success",
    "refused": "danger",
    "open": "info",
    "done": "success",
    "processed": "success",
    "held": "info",
    "captured": "success",
    "unmatched": "danger",
    "matched": "success",
}


def badge(words: object, value: str, meaning: str = "") -> SafeString:
    """A coloured label; its colour comes from the value it stands for.

    :param meaning: what the colour says, where the words do not; for screen readers and on hover
    """
    told = format_html('<span class="s-unseen">: {}</span>', meaning) if meaning else ""
    tone = TONES.get(value, "") or "plain"
    return format_html('<span class="s-badge s-{}" title="{}">{}{}</span>', tone, meaning, words, told)


def age(at: datetime | None) -> str:
    """How old something is, in its largest unit."""
    if at is None:
        return "–"
    return _("a moment") if timezone.now() - at < MOMENT else timesince(at, depth=1)


def ago(at: datetime) -> str:
    """How long ago something was."""
    return labels.ago(timezone.now() - at)


def until(deadline: datetime | None) -> SafeString | str:
    """How much time is left, or by how much it is too late; the moment itself on hover."""
    if deadline is None:
        return "–"
    now = timezone.now()
    late = deadline < now
    return format_html(
        '<time class="{}" datetime="{}" title="{}">{}</time>',
        "s-late" if late else "s-left",
        deadline.isoformat(),
        labels.moment(deadline),
        labels.overdue(now - deadline) if late else labels.remaining(deadline - now),
    )


def waiting(order: Order) -> SafeString | str:
    """What an order waits for and until when."""
    if order.status == OrderStatus.ROLLBACK_INCOMPLETE:
        return badge(_("Needs a person"), "unmatched")
    if order.undo_started_at and not order.ended_at:
        return badge(_("Being cancelled"), "unmatched")
    if not order.waiting_for:
        return "–"
    return format_html(
        '<span class="s-wait">{} · {}</span>', labels.waiting_for(order.waiting_for), until(order.waiting_until)
    )


def dialog_link(url: str, words: str, *, tone: str = "plain", subject: str = "") -> SafeString:
    """A button that opens a dialog over the page. Without JavaScript it is a link to the dialog's own page.

    :param subject: told to screen readers, so that "Approve" on each of twenty rows can be told apart
    """
    return format_html(
        '<a class="s-button s-{}" href="{}" hx-get="{}" hx-target="#modal-content" hx-select="#dialog" '
        'x-on:htmx:after-on-load="openModal = true" aria-haspopup="dialog">{}<span class="s-unseen"> {}</span></a>',
        tone,
        url,
        url,
        words,
        subject,
    )


def link(url: str, words: str) -> SafeString:
    """A link inside a list."""
    return format_html('<a class="s-link" href="{}">{}</a>', url, words)


def moment_column(field: str, title: "StrOrPromise") -> Callable[[object, Model], str]:
    """A column of a list with a point in time, written as the shop writes it everywhere."""

    @display(description=title, ordering=field)
    def column(self: object, row: Model) -> str:
        return labels.moment(getattr(row, field)) if getattr(row, field) else "–"

    return column


def levels(approval: ApprovalRequest) -> SafeString:
    """All levels in a row, coloured by how they stand."""
    ordered = in_order(approval)
    badges = ((badge(labels.role(level.role), level.state, labels.level_state(level.state)),) for level in ordered)
    return format_html_join("", "{}", badges)
