"""Products: what they are is edited here; how many are there changes through adjustments alone."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from orders import labels
from orders.admin.base import html, people
from orders.admin.base.dialogs import ClientForm, call_client, dialog, dialog_action
from orders.admin.base.model_admin import BaseAdmin
from orders.admin.catalogue.stock_adjustments import AdjustmentInline
from orders.forms import OnceForm, request_key
from orders.models import Product, StockAdjustment
from temporal_app import client
from temporal_app.client.errors import Unavailable


class AdjustForm(OnceForm, ClientForm):
    """Goods received, counted, or broken."""

    delta = forms.IntegerField(
        label=gettext_lazy("Change"),
        min_value=-1_000_000,
        max_value=1_000_000,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=gettext_lazy("Pieces to add; negative to take away."),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, widget=UnfoldAdminTextInputWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.product = get_object_or_404(Product, pk=self.object_id)
        self.facts = [
            (_("Product"), self.product.name),
            (_("On hand"), self.product.on_hand),
            (_("Reserved"), self.product.reserved),
        ]

    def clean_delta(self) -> int:
        delta: int = self.cleaned_data["delta"]
        if delta == 0:
            raise forms.ValidationError(_("Zero changes nothing."))
        return delta


ADJUST = dialog(AdjustForm, gettext_lazy("Adjust stock"))


@admin.register(Product)
class ProductAdmin(BaseAdmin):
    when_empty = gettext_lazy("Nothing is for sale so far.")
    list_display = ("name", "sku", "category", "price_tag", "on_hand", "reserved", "free", "active")
    list_filter = ("active", "category")
    search_fields = ("sku", "name", "category")
    ordering = ("category", "name")
    list_per_page = 50
    fields = ("name", ("sku", "category"), "description", ("price", "active"))
    change_form_outer_before_template = "admin/shop/product_stock.html"
    inlines = (AdjustmentInline,)
    actions_detail = ("adjust",)

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> tuple[str, ...]:
        return ("sku",) if obj else ()  # orders and carts name it

    def has_delete_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        return False  # what was ordered once is taken off sale, never removed

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """None in the frame: the page shows the button beside the stock."""
        return []

    def page(self, request: HttpRequest, row: Product) -> dict[str, Any]:
        url = reverse("admin:orders_product_adjust", args=[row.pk])
        may_adjust = self.has_adjust_permission(request)
        return {"product": row, "adjust": html.dialog_link(url, _("Adjust stock")) if may_adjust else ""}

    def has_adjust_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("orders.add_stockadjustment")

    @display(description=gettext_lazy("price"), ordering="price")
    def price_tag(self, product: Product) -> str:
        return labels.money(product.price)

    @display(description=gettext_lazy("available"), ordering=F("on_hand") - F("reserved"))
    def free(self, product: Product) -> int:
        return product.available

    @dialog_action(ADJUST, permission="adjust")
    def adjust(self, request: HttpRequest, form: AdjustForm, object_id: str) -> HttpResponse:
        back = reverse("admin:orders_product_change", args=[form.product.pk])
        return call_client(request, form, ADJUST, lambda: _adjust(request, form), back=back)


def _adjust(request: HttpRequest, form: AdjustForm) -> str:
    typed = {"delta": form.cleaned_data["delta"], "reason": form.cleaned_data["reason"]}
    adjustment, _new = StockAdjustment.objects.get_or_create(
        request_key=request_key(form.cleaned_data["request_id"], form.product.pk, *typed.values()),
        defaults={"product": form.product, "requested_by": people.signed_in(request), **typed},
    )
    try:
        client.adjust_stock(adjustment.pk)
    except Unavailable:
        # nobody took it; left here it would look as if somebody might
        StockAdjustment.objects.filter(pk=adjustment.pk, applied_at=None).delete()
        raise
    form.product.refresh_from_db()
    numbers = {"name": form.product.name, "count": form.product.on_hand}
    return _("%(name)s: %(count)s on hand now.") % numbers
