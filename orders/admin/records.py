"""What the system keeps for staff to read: carts, outgoing mail and compensation_failures."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy
from unfold.decorators import display

from orders import labels
from orders.admin import html, people
from orders.admin.filters import by_label
from orders.admin.readonly import ReadOnlyAdmin, ReadOnlyInline
from orders.models import Cart, CartItem, CompensationFailure, Notification


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
        return labels.money(sum(item.line_total for item in cart.items.all()))

    changed = html.moment_column("changed_at", _("last change"))

    @display(description=_("closes"), ordering="closes_at")
    def closing(self, cart: Cart) -> str:
        return html.until(cart.closes_at) if cart.state == "open" else "–"


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ("what", "about_order", "about_expense", "to", "written", "progress", "attempts")
    list_filter = (by_label("kind", _("kind"), labels.mail_kind), ("sent_at", admin.EmptyFieldListFilter))
    search_fields = ("order__number", "recipient")
    date_hierarchy = "written_at"
    ordering = ("-pk",)
    list_select_related = ("order", "expense")
    fields = (
        "what",
        "about_order",
        "about_expense",
        "to",
        "written_at",
        "progress",
        "sent_at",
        "attempts",
        "last_error",
    )

    written = html.moment_column("written_at", _("written"))

    @display(description=_("mail"), ordering="kind")
    def what(self, mail: Notification) -> str:
        return labels.mail_kind(mail.kind)

    @display(description=_("order"), ordering="order__number")
    def about_order(self, mail: Notification) -> str:
        row = mail.order
        return html.link(reverse("admin:orders_order_change", args=[row.pk]), row.number) if row else "–"

    @display(description=_("expense"), ordering="expense")
    def about_expense(self, mail: Notification) -> str:
        row = mail.expense
        return html.link(reverse("admin:orders_expenserequest_change", args=[row.pk]), row.category) if row else "–"

    @display(description=pgettext_lazy("a mail", "to"), ordering="recipient")
    def to(self, mail: Notification) -> str:
        return people.recipient(mail.recipient)

    @display(description=_("state"), ordering="sent_at")
    def progress(self, mail: Notification) -> str:
        if mail.sent_at:
            return html.badge(_("Sent"), "approved")
        return (
            html.badge(pgettext("a mail", "Given up"), "rejected")
            if mail.given_up_at
            else html.badge(_("Waiting"), "pending")
        )


@admin.register(CompensationFailure)
class CompensationFailureAdmin(ReadOnlyAdmin):
    list_display = ("order", "step", "at_risk", "error", "age")
    search_fields = ("order__number", "step")
    date_hierarchy = "happened_at"
    ordering = ("-happened_at",)
    list_select_related = ("order",)
    fields = ("order", "step", "at_risk", "error", "happened_at")

    @display(description=_("money at risk"), ordering="amount_at_risk")
    def at_risk(self, trouble: CompensationFailure) -> str:
        return labels.money(trouble.amount_at_risk, trouble.currency)

    @display(description=_("age"), ordering="-happened_at")
    def age(self, trouble: CompensationFailure) -> str:
        return html.age(trouble.happened_at)
