"""Lengths of time as people write them: days, hours and minutes, kept as whole seconds."""

from typing import Any

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldAdminIntegerFieldWidget

UNITS = (86_400, 3_600, 60)
NAMES = (gettext_lazy("days"), gettext_lazy("hours"), gettext_lazy("minutes"))


def split(seconds: int) -> list[int]:
    """Days, hours and minutes in so many seconds; what is less than a minute is dropped."""
    parts = []
    for unit in UNITS:
        count, seconds = divmod(seconds, unit)
        parts.append(count)
    return parts


def span(seconds: int) -> str:
    """So many seconds in words."""
    days, hours, minutes = split(seconds)
    words = [
        ngettext("%(n)s day", "%(n)s days", days) % {"n": days} if days else "",
        ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours} if hours else "",
        ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes} if minutes else "",
    ]
    return " ".join(word for word in words if word) or _("none")


class SpanWidget(forms.MultiWidget):
    """Three small boxes side by side."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__([UnfoldAdminIntegerFieldWidget({"min": 0, "aria-label": name}) for name in NAMES], attrs)

    def decompress(self, value: int | None) -> list[int]:
        return split(value or 0)

    def _render(self, template_name: str, context: dict[str, Any], renderer: Any = None) -> SafeString:
        parts = context["widget"]["subwidgets"]
        boxes = [mark_safe(renderer.render(box["template_name"], {"widget": box})) for box in parts]  # noqa: S308 # nosec B308 # HTML of Django's own
        labelled = format_html_join("", "<label>{} {}</label>", zip(boxes, NAMES, strict=True))
        return format_html('<div class="s-span">{}</div>', labelled)


class SpanField(forms.MultiValueField):
    """Seconds, typed as days, hours and minutes; an empty box is zero."""

    widget = SpanWidget

    def __init__(self, **kwargs: Any) -> None:
        fields = [forms.IntegerField(min_value=0, max_value=3_650, required=False) for _unit in UNITS]
        super().__init__(fields, **{"require_all_fields": False, **kwargs})

    def compress(self, data_list: list[int | None]) -> int:
        return sum((count or 0) * unit for count, unit in zip(data_list, UNITS, strict=False))
