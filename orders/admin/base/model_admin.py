"""The base classes of all pages of tables, and of those that only workflows write."""

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest
from django.db import DataError, IntegrityError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from orders.admin.base.keys import key
from orders.admin.base.typed import ModelAdmin, TabularInline


class BaseAdmin(ModelAdmin):
    """Pages of a table; nonsense in an address or among what was chosen is answered and breaks nothing."""

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        try:
            return super().get_changelist_instance(request)
        except (ValueError, OverflowError, DataError) as error:  # Django looks for them only while it reads the address
            raise IncorrectLookupParameters from error

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
