"""Which orders staff have opened, and when: nobody's role shows it, so that only the owner of the shop reads it."""

from django.contrib import admin
from django.contrib.admin import display
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from orders.admin.base import html, people
from orders.admin.base.model_admin import ReadOnlyAdmin
from orders.models import OrderOpening


@admin.register(OrderOpening)
class OrderOpeningAdmin(ReadOnlyAdmin):
    when_empty = _("Whenever somebody opens an order's page here, it stands in this list.")
    list_display = ("when", "who", "about")
    search_fields = ("order__number", "person__username", "person__last_name")
    search_help_text = _("Number of the order, or name of who opened it")
    date_hierarchy = "at"
    ordering = ("-pk",)
    list_select_related = ("order", "person")
    fields = ("when", "who", "about")

    when = html.moment_column("at", _("when"))

    @display(description=_("who"), ordering="person__last_name")
    def who(self, opening: OrderOpening) -> str:
        return people.name(opening.person)

    @display(description=_("order"), ordering="order__number")
    def about(self, opening: OrderOpening) -> str:
        return html.link(reverse("admin:orders_order_change", args=[opening.order_id]), opening.order.number)
