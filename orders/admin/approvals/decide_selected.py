"""Deciding what was chosen in a list: the two actions that lead to the confirmation in `bulk`."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class DecideSelected:
    """Actions of a list whose rows are approvals, or have one."""

    approval_key = "pk"  # the column with the approval's key

    def has_decide_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("orders.decide_approval")

    @admin.action(description=_("Approve…"), permissions=["decide"])
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        return self._confirm(queryset, "approve")

    @admin.action(description=_("Reject…"), permissions=["decide"])
    def reject_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        return self._confirm(queryset, "reject")

    def _confirm(self, queryset: QuerySet[Any], decision: str) -> HttpResponse:
        """Go to the confirmation. Nothing is decided yet."""
        keys = queryset.values_list(self.approval_key, flat=True)
        chosen = [("id", key) for key in keys if key is not None]
        return HttpResponseRedirect(f"{reverse('admin:approvals-bulk')}?{urlencode([('decision', decision), *chosen])}")
