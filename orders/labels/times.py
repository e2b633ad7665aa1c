"""How far away a moment is, in days, hours or minutes: rounded, so that 14 days are still 14 a minute later."""

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def remaining(distance: timedelta) -> str:
    """How long it still takes: `in 14 days`."""
    unit, count = _rounded(distance)
    words = {
        DAY: ngettext("in %(count)s day", "in %(count)s days", count),
        HOUR: ngettext("in %(count)s hour", "in %(count)s hours", count),
        MINUTE: ngettext("in %(count)s minute", "in %(count)s minutes", count),
    }
    return words[unit] % {"count": count}


def overdue(distance: timedelta) -> str:
    """By how much it is too late: `overdue by 2 days`."""
    unit, count = _rounded(distance)
    words = {
        DAY: ngettext("overdue by %(count)s day", "overdue by %(count)s days", count),
        HOUR: ngettext("overdue by %(count)s hour", "overdue by %(count)s hours", count),
        MINUTE: ngettext("overdue by %(count)s minute", "overdue by %(count)s minutes", count),
    }
    return words[unit] % {"count": count}


def ago(distance: timedelta) -> str:
    """How long it is over: `3 hours ago`."""
    if distance < MINUTE:
        return _("just now")
    unit, count = _rounded(distance)
    words = {
        DAY: ngettext("%(count)s day ago", "%(count)s days ago", count),
        HOUR: ngettext("%(count)s hour ago", "%(count)s hours ago", count),
        MINUTE: ngettext("%(count)s minute ago", "%(count)s minutes ago", count),
    }
    return words[unit] % {"count": count}


def _rounded(distance: timedelta) -> tuple[timedelta, int]:
    """The unit to count in, and how many: days from two on, else hours, and below one of them minutes."""
    if round(distance / HOUR) >= 48:
        return DAY, round(distance / DAY)
    if round(distance / MINUTE) >= 60:
        return HOUR, round(distance / HOUR)
    return MINUTE, max(1, round(distance / MINUTE))
