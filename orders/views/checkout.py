"""Checkout: from a cart to an order."""

from decimal import Decimal

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from orders import labels
from orders.forms import CheckoutForm, readable
from orders.models import Cart, ContactDetails, Order
from orders.models.cart import fingerprint_of
from orders.payments.credit import balance
from orders.rules.limits import LANGUAGES
from orders.rules.refusals import Refusal
from orders.rules.totals import ZERO, total
from orders.views import answers, origin, seen, visitor
from orders.views.cart import cart_page
from temporal_app import client
from temporal_app.client.errors import ClientError, Refused


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def checkout(request: HttpRequest) -> HttpResponse:
    """Ask where to deliver and how to pay; by POST, order what is in the cart."""
    placed = _placed_before(request)
    if placed is not None:
        return redirect(placed)
    cart = visitor.cart(request)
    if cart is None or not cart.items.exists():
        messages.warning(request, labels.refusal(Refusal.CART_EMPTY, {}))
        return cart_page(request, status=409 if request.method == "POST" else 200)
    if request.method != "POST":
        form = CheckoutForm(initial=_known(request, cart), credit=_credit(request), total=_total(cart))
        return _checkout_page(request, cart, form)
    form = CheckoutForm(request.POST, credit=_credit(request), total=_total(cart))
    if not form.is_valid():
        return _checkout_page(request, cart, form, status=400)
    if form.cleaned_data["cart"] not in ("", cart.cart_id):
        form.add_error(None, _("Your cart has changed meanwhile. Please look at it once more, then order."))
        return _checkout_page(request, cart, form, status=409)
    try:
        number = _order(request, cart, form)
    except ClientError as error:
        return _refused(request, cart, form, error)
    visitor.remember(request, number)
    visitor.leave_cart(request)
    return redirect(Order.objects.get(number=number))


def _order(request: HttpRequest, cart: Cart, form: CheckoutForm) -> str:
    typed = {name: form.cleaned_data[name] for name in form.Meta.fields}
    language = get_language() if get_language() in LANGUAGES else LANGUAGES[0]
    said = {**typed, **origin.remembered(request), "language": language}
    ContactDetails.objects.update_or_create(cart_id=cart.cart_id, defaults=said)
    return client.check_out(
        cart.cart_id,
        payment_method=typed["payment_method"],
        by=visitor.actor(request),
        fingerprint=form.cleaned_data["fingerprint"],
        credit=form.cleaned_data["credit"] or ZERO,
    )


def _refused(request: HttpRequest, cart: Cart, form: CheckoutForm, error: ClientError) -> HttpResponse:
    if isinstance(error, Refused) and error.code == Refusal.CART_CLOSED:
        visitor.left_behind(request)
        messages.warning(request, answers.sentence(error))
        return cart_page(request, error=error)
    answers.add_error(form, error)
    return _checkout_page(request, cart, form, error=error)


def _placed_before(request: HttpRequest) -> Order | None:
    """The order that this very form made already: a double click, the way back in the browser, or an answer that was
    lost or came too late."""
    if request.method != "POST":
        return None
    known = request.session.get(visitor.CART)
    visitor.left_behind(request)
    cart_id = readable(request.POST.get("cart", "")) or known
    if not cart_id or cart_id == request.session.get(visitor.CART):
        return None
    return visitor.orders(request).filter(cart_id=cart_id).first()


def _known(request: HttpRequest, cart: Cart) -> dict[str, str]:
    """What the visitor told us before: for this cart, or with the last order of the account."""
    typed = ContactDetails.objects.filter(cart_id=cart.cart_id).first()
    if typed is not None:
        return {**typed.address(), "payment_method": typed.payment_method}
    if not request.user.is_authenticated:
        return {}
    last = Order.objects.of_customer(request.user).first()
    return last.address() if last else {"name": request.user.get_full_name(), "email": request.user.email}


def _credit(request: HttpRequest) -> Decimal | None:
    """What a signed-in customer may pay with."""
    return balance(request.user.pk) if request.user.is_authenticated else None


def _total(cart: Cart) -> Decimal:
    items = cart.items.select_related("product")
    return total((item.product.price, item.quantity) for item in items)


def _checkout_page(
    request: HttpRequest, cart: Cart, form: CheckoutForm, *, error: ClientError | None = None, status: int = 200
) -> HttpResponse:
    items = list(cart.items.select_related("product").order_by("position", "pk"))
    shown = {"cart": cart.cart_id, "seen": seen.written(items), "fingerprint": fingerprint_of(items)}
    amount = total((item.product.price, item.quantity) for item in items)
    if form.is_bound:
        form.offer_anew(_credit(request), amount)
    context = {
        "changes": seen.changes(readable(form.data.get("seen", "")), items) if form.is_bound else [],
        "items": items,
        "total": amount,
        "rest": amount - form.part if form.part else None,
        "form": form,
        "here_url": reverse("checkout"),
    }
    form.initial = {**form.initial, **shown}
    if form.is_bound:
        form.data = {**{name: form.data.get(name) for name in form.data}, **shown}
    return answers.page(request, "shop/checkout.html", context, error=error, status=status)
