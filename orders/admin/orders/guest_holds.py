"""Reservations of guests who have neither paid nor confirmed their address: who has many, and letting go of them."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter, display
from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from orders import labels
from orders.admin.base import html, people
from orders.admin.base.dialogs import ClientForm, call_client, dialog, dialog_action
from orders.admin.base.keys import key
from orders.admin.base.model_admin import ReadOnlyAdmin
from orders.models import GuestHold, OrderLine
from temporal_app import client

MANY = 3  # from one network address; a family or an office orders less at once without paying
RELEASED_AT_ONCE = 200


def _together(hold: GuestHold) -> QuerySet[GuestHold]:
    """What came from the same network address, still unpaid and unconfirmed; where that is not known, this one."""
    same = {"origin": hold.origin} if hold.origin else {"pk": hold.pk}
    return GuestHold.objects.unconfirmed().filter(**same).order_by("pk")


class ReleaseForm(ClientForm):
    """Everything that came from where this one came from."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hold = get_object_or_404(GuestHold, pk=self.object_id)
        self.holds = list(_together(hold).select_related("order")[:RELEASED_AT_ONCE])
        pieces = OrderLine.objects.filter(order__in=[hold.order_id for hold in self.holds]).aggregate(n=Sum("quantity"))
        self.facts = [(_("Orders"), len(self.holds)), (_("Pieces"), pieces["n"] or 0)]
        if not self.holds:
            self.closed = _("It is paid, confirmed, or being cancelled already.")


RELEASE = dialog(
    ReleaseForm,
    gettext_lazy("Release all from there"),
    gettext_lazy(
        "Cancels every order from the same network address that is neither paid nor confirmed. "
        "Its customer is told that by mail."
    ),
    danger=True,
)


class Suspicious(SimpleListFilter):
    """Many at once from one network address."""

    title = gettext_lazy("suspicious")
    parameter_name = "suspicious"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("yes", _("Several from one address"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(from_there__gte=MANY) if self.value() else queryset


@admin.register(GuestHold)
class GuestHoldAdmin(ReadOnlyAdmin):
    """Only those that hold goods right now."""

    when_empty = gettext_lazy("What guests have reserved and neither paid nor confirmed stands here.")
    list_display = ("about", "placed", "kept", "pieces", "others")
    list_filter = (Suspicious,)
    search_fields = ("order__number",)
    ordering = ("until", "pk")
    fields = ("about", "until", "pieces", "others")
    actions_detail = ("release",)
    actions_row = ("release",)

    kept = html.moment_column("until", gettext_lazy("kept until"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[GuestHold]:
        mine = GuestHold.objects.unconfirmed().filter(origin=OuterRef("origin")).exclude(origin="").order_by()
        same = mine.values("origin").annotate(n=Count("pk")).values("n")
        lines = OrderLine.objects.filter(order=OuterRef("order")).order_by().values("order")
        found: QuerySet[GuestHold] = GuestHold.objects.unconfirmed().select_related("order")
        return found.annotate(
            from_there=Coalesce(Subquery(same), 1),
            held=Coalesce(Subquery(lines.annotate(n=Sum("quantity")).values("n")), 0),
        )

    def has_release_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("orders.cancel_order")

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        open_ones = GuestHold.objects.unconfirmed().filter(pk=key(object_id) or 0)
        return super().get_actions_detail(request, object_id) if open_ones.exists() else []

    @dialog_action(RELEASE, permission="release")
    def release(self, request: HttpRequest, form: ReleaseForm, object_id: str) -> HttpResponse:
        def step() -> str:
            count = client.release_reservations([hold.order.number for hold in form.holds], by=people.by(request))
            told = ngettext("%(count)s order is being cancelled.", "%(count)s orders are being cancelled.", count)
            return told % {"count": count}

        return call_client(request, form, RELEASE, step, back=reverse("admin:orders_guesthold_changelist"))

    @display(description=gettext_lazy("order"), ordering="order__number")
    def about(self, hold: GuestHold) -> str:
        return html.link(reverse("admin:orders_order_change", args=[hold.order_id]), hold.order.number)

    @display(description=gettext_lazy("placed"), ordering="order__placed_at")
    def placed(self, hold: GuestHold) -> str:
        return labels.moment(hold.order.placed_at)

    @display(description=gettext_lazy("pieces"), ordering="held")
    def pieces(self, hold: Any) -> int:
        return int(hold.held)

    @display(description=gettext_lazy("from the same network address"), ordering="from_there")
    def others(self, hold: Any) -> str:
        return html.badge(str(hold.from_there), "rejected") if hold.from_there >= MANY else str(hold.from_there)
