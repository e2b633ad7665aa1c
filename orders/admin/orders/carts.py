"""Carts."""

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from orders import labels
from orders.admin.base import html, people
from orders.admin.base.filters import by_label
from orders.admin.base.model_admin import ReadOnlyAdmin, ReadOnlyInline
from orders.models import Cart, CartItem
from orders.rules.totals import ZERO


class CartItemInline(ReadOnlyInline):
    model = CartItem
    fields = readonly_fields = ("product", "quantity", "price")
    ordering = ("position", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CartItem]:
        return super().get_queryset(request).select_related("product")

    @display(description=_("price"))
    def price(self, item: CartItem) -> str:
        return labels.money(item.line_total)


@admin.register(Cart)
class CartAdmin(ReadOnlyAdmin):
    when_empty = _("Carts stand here as soon as customers put something into one.")
    list_display = ("cart_id", "whose", "progress", "price", "changed", "closing")
    list_filter = (by_label("state", _("state"), labels.cart_state),)
    search_fields = ("cart_id", "customer__username", "customer__last_name")
    ordering = ("-changed_at",)
    fields = ("cart_id", "whose", "progress", "price", "changed_at", "closes_at")
    inlines = (CartItemInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Cart]:
        return super().get_queryset(request).select_related("customer").prefetch_related("items__product")

    @display(description=_("customer"))
    def whose(self, cart: Cart) -> str:
        return people.name(cart.customer) if cart.customer else str(_("guest"))

    @display(description=_("state"), ordering="state")
    def progress(self, cart: Cart) -> str:
        return html.badge(labels.cart_state(cart.state), cart.state)

    @display(description=_("total"))
    def price(self, cart: Cart) -> str:
        return labels.money(sum((item.line_total for item in cart.items.all()), ZERO))

    changed = html.moment_column("changed_at", _("last change"))

    @display(description=_("closes"), ordering="closes_at")
    def closing(self, cart: Cart) -> str:
        return html.until(cart.closes_at) if cart.state == "open" else "–"
