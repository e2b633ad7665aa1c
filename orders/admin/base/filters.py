"""What lists of the admin can be narrowed down to."""

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from orders import labels
from orders.models import CompensationFailure


class ByLabel(SimpleListFilter):
    """One column's values by their labels. Subclasses name the column and the labels."""

    column: str
    words: labels.Labels

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(value, str(words)) for value, words in self.words.choices() if value]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.column: self.value()}) if self.value() else queryset


def by_label(column: str, title: object, words: labels.Labels) -> type[ByLabel]:
    """A filter on `column` that shows `words`."""
    attributes = {"column": column, "parameter_name": column, "title": title, "words": words}
    return type("ByLabel", (ByLabel,), attributes)


class Overdue(SimpleListFilter):
    """What waits longer than it should. Subclasses name the column that holds the deadline."""

    title = _("deadline")
    parameter_name = "late"
    column = "waiting_until"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("yes", gettext("Overdue"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{f"{self.column}__lt": timezone.now()}) if self.value() else queryset


class WithFailedReversal(SimpleListFilter):
    """Orders that could not be undone completely."""

    title = _("failed reversal")
    parameter_name = "failed_reversal"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("yes", gettext("Needs a person"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        needs_a_person = CompensationFailure.objects.open().values("order")
        return queryset.filter(pk__in=needs_a_person) if self.value() else queryset
