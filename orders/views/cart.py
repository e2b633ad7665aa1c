"""The cart: what is in it, and changing it."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from orders import labels
from orders.forms import CartRowForm, ExpiryForm, QuantityForm, readable
from orders.models import CartItem, ContactDetails, Product
from orders.models.cart import fingerprint_of
from orders.rules import limits
from orders.rules.refusals import Refusal
from orders.rules.states import OnExpiry
from orders.views import answers, visitor
from orders.views.catalogue import product_page, unknown
from orders.views.methods import post_or_back
from temporal_app import client
from temporal_app.client.errors import ClientError

EXPIRY_CHOSEN = {
    OnExpiry.CHECKOUT: gettext_lazy("If you do not come back, we order this cart for you, exactly as it is now."),
    OnExpiry.EXPIRE: gettext_lazy("Nothing is ordered unless you order it."),
}


@dataclass(frozen=True)
class Row:
    """One product in the cart, with the forms that change its quantity and take it out."""

    item: CartItem
    form: QuantityForm
    removal: CartRowForm


@require_safe
@never_cache
def cart(request: HttpRequest) -> HttpResponse:
    """What is in the cart."""
    return cart_page(request)


@post_or_back(lambda: reverse("cart"))
def cart_items(request: HttpRequest) -> HttpResponse:
    """Add pieces of a product (`sku`, `quantity`); with `change`, set how many there are, where 0 takes it out."""
    change = "change" in request.POST
    form = (CartRowForm if change else QuantityForm)(request.POST)
    sku = readable(request.POST.get("sku", ""))
    product = Product.objects.filter(sku=sku).first()
    if product is None or not (change or product.active):
        return unknown(request, sku)
    if not form.is_valid():
        return _again(request, product, form, change, status=400)
    try:
        _send(request, form, change)
    except ClientError as error:
        answers.add_error(form, error)
        return _again(request, product, form, change, error=error)
    messages.success(request, _said(product, form.cleaned_data["quantity"], change))
    return HttpResponseRedirect(_next(request))


@post_or_back(lambda: reverse("cart"))
def on_expiry(request: HttpRequest) -> HttpResponse:
    """Choose whether the cart (as seen: `fingerprint`) is ordered when nobody comes back: `checkout` or `expire`."""
    form, found = ExpiryForm(request.POST), visitor.cart(request)
    if not form.is_valid():
        messages.error(request, _("Please choose what shall become of your cart."))
        return cart_page(request, status=400)
    if found is None:
        messages.warning(request, labels.refusal(Refusal.CART_EMPTY, {}))
        return cart_page(request, status=409)
    chosen = OnExpiry(form.cleaned_data["on_expiry"])
    try:
        client.choose_on_expiry(
            found.cart_id, on_expiry=chosen, fingerprint=form.cleaned_data["fingerprint"], by=visitor.actor(request)
        )
    except ClientError as error:
        messages.error(request, answers.sentence(error))
        return cart_page(request, error=error)
    messages.success(request, EXPIRY_CHOSEN[chosen])
    return HttpResponseRedirect(reverse("cart"))


def cart_page(
    request: HttpRequest, *, changed: QuantityForm | None = None, error: ClientError | None = None, status: int = 200
) -> HttpResponse:
    """The cart, with what the changed row was told."""
    found = visitor.cart(request)
    items = list(found.items.select_related("product").order_by("position", "pk")) if found else []
    context = {
        "cart": found,
        "here_url": reverse("cart"),
        "rows": [_row(item, changed) for item in items],
        "total": sum(item.line_total for item in items),
        "short": any(item.quantity > item.product.available for item in items),
        "order_lines": limits.ORDER_LINES,
        "has_address": found is not None and ContactDetails.objects.filter(cart_id=found.cart_id).exists(),
        "fingerprint": fingerprint_of(items),
    }
    return answers.page(request, "shop/cart.html", context, error=error, status=status)


def _row(item: CartItem, changed: QuantityForm | None) -> Row:
    sku = item.product.sku
    form = changed if changed is not None and changed.data.get("sku") == sku else None
    form = form or CartRowForm(initial={"sku": sku, "quantity": item.quantity}, auto_id=f"{sku}-%s")
    removal = CartRowForm(initial={"sku": sku, "quantity": 0}, auto_id=False)
    return Row(item, form, removal)


def _send(request: HttpRequest, form: QuantityForm, change: bool) -> None:
    change_cart = client.set_cart_quantity if change else client.add_to_cart
    asked = form.cleaned_data
    visitor.with_cart(
        request,
        lambda cart_id: change_cart(
            cart_id,
            sku=asked["sku"],
            quantity=asked["quantity"],
            customer_id=request.user.pk,
            request_id=asked["request_id"],
        ),
        "" if change else asked["request_id"],
    )


def _again(
    request: HttpRequest,
    product: Product,
    form: QuantityForm,
    change: bool,
    *,
    error: ClientError | None = None,
    status: int = 200,
) -> HttpResponse:
    if change:
        return cart_page(request, changed=form, error=error, status=status)
    return product_page(request, product, form, error=error, status=status)


def _said(product: Product, quantity: int, change: bool) -> str:
    if not change:
        return _("%(quantity)s × %(name)s is in your cart now.") % {"quantity": quantity, "name": product.name}
    if quantity == 0:
        return _("%(name)s was removed from your cart.") % {"name": product.name}
    return _("Your cart now holds %(quantity)s × %(name)s.") % {"quantity": quantity, "name": product.name}


def _next(request: HttpRequest) -> str:
    """Where the form wants to go on, if that is an address of this shop."""
    asked = request.POST.get("next", "")
    ours = asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if ours else reverse("cart")
