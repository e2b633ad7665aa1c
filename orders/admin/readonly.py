"""Admin pages for tables that only workflows write."""

from typing import Any

from django.http import HttpRequest
from unfold.admin import TabularInline

from orders.admin.base import CarefulAdmin


class NothingToChange:
    """Nobody adds, changes or deletes here, superusers included."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(NothingToChange, CarefulAdmin):
    """A list and a page to read."""

    list_disable_select_all = True
    list_per_page = 50


class ReadOnlyInline(NothingToChange, TabularInline):
    """Rows to read on somebody else's page."""

    extra = 0
    can_delete = False
    show_change_link = False
