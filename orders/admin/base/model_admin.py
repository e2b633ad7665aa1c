"""The base classes of all pages of tables, and of those that only workflows write."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest
from django.db import DataError, IntegrityError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from orders.admin.base.dialogs import Words
from orders.admin.base.keys import key
from orders.admin.base.typed import ModelAdmin, TabularInline


class OfferedLookups:
    """A list answers what its own filters ask, and nothing else: Django itself would compare any column in any way,
    and so let a reader find out, question by question, what no page shows them."""

    linked_lookups: tuple[str, ...] = ()  # what links from other pages ask for

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in {*self.linked_lookups, *self._filters(request), *self._dates()}

    def _filters(self, request: HttpRequest) -> Iterator[str]:
        for offered in self.get_list_filter(request):  # type: ignore[attr-defined]
            if isinstance(offered, tuple):
                yield from (f"{offered[0]}__isempty", f"{offered[0]}_from", f"{offered[0]}_to")
            elif isinstance(offered, str):
                yield from (offered, f"{offered}__exact", f"{offered}__id__exact", f"{offered}__isnull")
            else:
                yield offered.parameter_name

    def _dates(self) -> Iterator[str]:
        if self.date_hierarchy:  # type: ignore[attr-defined]
            yield from (f"{self.date_hierarchy}__{part}" for part in ("year", "month", "day"))  # type: ignore[attr-defined]


class BaseAdmin(OfferedLookups, ModelAdmin):
    """Pages of a table; nonsense in an address or among what was chosen is answered and breaks nothing."""

    when_empty: Words = ""  # what would stand in the list, where nothing does
    show_full_result_count = False  # it would count the whole table for a figure that nobody needs
    change_form_before_template = "admin/shop/narrow_actions.html"
    view_on_site = False  # an order's address on the site is its customer's alone

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        try:
            found = super().get_changelist_instance(request)
        except (ValueError, OverflowError, DataError) as error:  # Django looks for them only while it reads the address
            raise IncorrectLookupParameters from error
        if not (found.query or found.has_active_filters):
            found.full_result_count = found.result_count  # nothing is left out: the page offers no "show all"
        return found

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        if any(key(chosen) is None for chosen in request.POST.getlist("_selected_action")):
            raise BadRequest("what was chosen are no keys")
        return super().response_action(request, queryset, *args, **kwargs)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A double click sends the same twice in one moment: the second finds the first one's row, and says so."""
        try:
            return super().add_view(request, form_url, extra_context)
        except IntegrityError:
            return super().add_view(request, form_url, extra_context)

    def page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What the page of one row shows besides its form."""
        return {}

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        page = self.page(request, obj) if obj is not None else {}
        return super().render_change_form(request, {**context, **page}, add, change, form_url, obj)


class NothingToChange:
    """Nobody adds, changes or deletes here, superusers included."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(NothingToChange, BaseAdmin):
    """A list and a page to read."""

    list_disable_select_all = True
    list_per_page = 50


class ReadOnlyInline(NothingToChange, TabularInline):
    """Rows to read on somebody else's page."""

    extra = 0
    can_delete = False
    show_change_link = False
