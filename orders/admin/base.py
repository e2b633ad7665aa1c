"""What stands in an address or a form was typed by anybody: keys that are none, and lists that take nonsense."""

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest
from django.db import DataError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin

LONGEST = 18  # digits; every number of so many fits into a key's column


def key(written: object) -> int | None:
    """The key of a row as an address writes it; None where this cannot be one."""
    text = str(written)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST else None


def keys(written: list[str]) -> list[int]:
    """The keys among these, each once and in their order."""
    found = (key(one) for one in dict.fromkeys(written))
    return [one for one in found if one is not None]


class CarefulAdmin(ModelAdmin):
    """Pages of a table; nonsense in an address or among what was chosen is answered and breaks nothing."""

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        try:
            return super().get_changelist_instance(request)
        except (ValueError, OverflowError, DataError) as error:  # Django looks for them only while it reads the address
            raise IncorrectLookupParameters from error

    def response_action(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        if any(key(chosen) is None for chosen in request.POST.getlist("_selected_action")):
            raise BadRequest("what was chosen are no keys")
        return super().response_action(request, queryset)
