"""Delegations: who casts whose votes while somebody is away. Everybody arranges their own."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from orders import labels
from orders.admin.base import html, people
from orders.admin.base.model_admin import BaseAdmin
from orders.admin.base.person_field import PersonField
from orders.admin.base.typed import ModelForm
from orders.models import Delegation
from orders.rules.approvals import APPROVERS


class DelegationForm(ModelForm):
    """In whose hands the votes of the person signed in are, and when."""

    delegate = PersonField(
        label=_("Acts for you"), queryset=get_user_model().objects.none(), widget=UnfoldAdminSelectWidget
    )

    class Meta:
        model = Delegation
        fields = ("delegate", "starts_at", "ends_at")

    delegator: Any = None  # the admin fills it in for each request

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            self.instance.delegator = self.delegator
        field = self.fields.get("delegate")
        if isinstance(field, PersonField):
            staff = get_user_model().objects.filter(is_active=True, is_staff=True).order_by("last_name", "username")
            approvers = staff.filter(groups__name__in=APPROVERS).distinct()  # nobody else can decide anything
            field.queryset = approvers.exclude(pk=self.instance.delegator_id)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        starts, ends = data.get("starts_at"), data.get("ends_at")
        if not (starts and ends):
            return data
        if ends <= starts:
            self.add_error("ends_at", _("The end must come after the beginning."))
        elif ends <= timezone.now():
            self.add_error("ends_at", _("The end must lie in the future."))
        elif other := self._overlapping(starts, ends):
            words = _("In this time %(name)s already acts for you, from %(start)s to %(end)s.") % {
                "name": people.name(other.delegate),
                "start": labels.moment(other.starts_at),
                "end": labels.moment(other.ends_at),
            }
            self.add_error("starts_at", words)
        return data

    def _overlapping(self, starts: Any, ends: Any) -> Delegation | None:
        # one at a time for each person, or a double click would pass this check twice
        get_user_model().objects.select_for_update().get(pk=self.instance.delegator_id)
        others = Delegation.objects.filter(delegator=self.instance.delegator).exclude(pk=self.instance.pk)
        return others.filter(starts_at__lt=ends, ends_at__gt=starts).select_related("delegate").first()


@admin.register(Delegation)
class DelegationAdmin(BaseAdmin):
    when_empty = _("Who acts for whom while somebody is away stands here.")
    form = DelegationForm
    list_display = ("whose", "acts", "roles", "starting", "ending", "state")
    ordering = ("-starts_at",)
    list_before_template = "admin/shop/delegations_intro.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delegation]:
        everything = super().get_queryset(request)
        return everything.select_related("delegator", "delegate").prefetch_related("delegator__groups")

    def get_form(
        self, request: HttpRequest, obj: Delegation | None = None, change: bool = False, **kwargs: Any
    ) -> type:
        form = super().get_form(request, obj, change, **kwargs)
        return type("DelegationForm", (form,), {"delegator": request.user})

    def has_change_permission(self, request: HttpRequest, obj: Delegation | None = None) -> bool:
        return super().has_change_permission(request, obj) and _own(request, obj) and not _over(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Delegation | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _own(request, obj) and not _over(obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}  # deleting several at once would not ask whose they are

    @display(description=_("away"), ordering="delegator__last_name")
    def whose(self, delegation: Delegation) -> str:
        return people.name(delegation.delegator)

    @display(description=_("acts instead"), ordering="delegate__last_name")
    def acts(self, delegation: Delegation) -> str:
        return people.name(delegation.delegate)

    @display(description=_("votes"))
    def roles(self, delegation: Delegation) -> str:
        names = {group.name for group in delegation.delegator.groups.all()}
        return labels.roles(role for role in APPROVERS if role in names) or "–"

    starting = html.moment_column("starts_at", _("from"))
    ending = html.moment_column("ends_at", _("to"))

    @display(description=_("state"))
    def state(self, delegation: Delegation) -> str:
        now = timezone.now()
        if delegation.ends_at <= now:
            return html.badge(_("Over"), "")
        return html.badge(_("Now"), "approved") if delegation.starts_at <= now else html.badge(_("Planned"), "pending")


def _own(request: HttpRequest, delegation: Delegation | None) -> bool:
    return delegation is None or delegation.delegator_id == request.user.pk


def _over(delegation: Delegation | None) -> bool:
    return delegation is not None and delegation.ends_at <= timezone.now()
