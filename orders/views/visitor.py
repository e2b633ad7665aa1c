"""Who is looking: their cart, their orders, and the name under which they act."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar
from uuid import uuid4

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

from orders.models import Cart, CartItem, Order
from orders.rules import actors
from orders.rules.personal_data import SESSION_CART, SESSION_ORDERS
from orders.rules.refusals import Refusal
from orders.rules.states import CartState
from orders.views.throttle import throttle
from temporal_app.client.errors import Refused

CART, ORDERS = SESSION_CART, SESSION_ORDERS
REMEMBERED_ORDERS = 50
Answer = TypeVar("Answer")


def actor(request: HttpRequest) -> str:
    """Who acts, as client functions want it in `by`."""
    return actors.customer(request.user.pk)


def cart_id(request: HttpRequest, form_id: str = "") -> str:
    """The id of the visitor's cart; a new one where there is none, or where the last one is closed.

    :param form_id: of the form that begins it: sent again, because nobody answered, it begins the same one (a session
        is not kept where the answer is 503)
    :raises TooMany: too many carts were begun from this network address
    """
    known = request.session.get(CART)
    if not known or left_behind(request):
        throttle(request, "new-cart", limit=settings.NEW_CARTS_PER_ADDRESS, every=timedelta(hours=1))
        begun = salted_hmac("orders.cart", form_id).hexdigest()[:32] if form_id else uuid4().hex
        known = request.session[CART] = begun
    return str(known)


def cart(request: HttpRequest) -> Cart | None:
    """The visitor's open cart, if anything was ever put into it."""
    left_behind(request)
    return Cart.objects.filter(cart_id=request.session.get(CART), state=CartState.OPEN).first()


def cart_size(request: HttpRequest) -> int:
    """How many different products the visitor's cart holds."""
    known = request.session.get(CART)
    return CartItem.objects.filter(cart_id=known, cart__state=CartState.OPEN).count() if known else 0


def left_behind(request: HttpRequest) -> bool:
    """Leave a cart that was closed meanwhile (its time was up); an order that came of it is the visitor's."""
    known = request.session.get(CART)
    if not known or not Cart.objects.filter(cart_id=known).exclude(state=CartState.OPEN).exists():
        return False
    order = Order.objects.filter(cart_id=known).first()
    if order is not None:
        remember(request, order.number)
    leave_cart(request)
    return True


def leave_cart(request: HttpRequest) -> None:
    """Forget the cart; the next thing chosen starts a new one."""
    request.session.pop(CART, None)


def with_cart(request: HttpRequest, change: Callable[[str], Answer], form_id: str = "") -> Answer:
    """Change the visitor's cart through a client function; a cart that closed meanwhile is replaced by a new one.

    :param form_id: see `cart_id`
    """
    try:
        return change(cart_id(request, form_id))
    except Refused as refused:
        if refused.code != Refusal.CART_CLOSED:
            raise
    leave_cart(request)
    return change(cart_id(request))


def remember(request: HttpRequest, number: str) -> None:
    """Count an order among those of this session, so that guests find it again."""
    others = [known for known in request.session.get(ORDERS, []) if known != number]
    request.session[ORDERS] = [*others, number][-REMEMBERED_ORDERS:]


def forget_orders(request: HttpRequest) -> None:
    """What a guest ordered is not passed on to whoever signs in next in the same browser; mails have its links."""
    request.session.pop(ORDERS, None)


def orders(request: HttpRequest) -> QuerySet[Order]:
    """The visitor's orders, newest first: of the account, and of this session."""
    mine = Q(number__in=request.session.get(ORDERS, []))
    if request.user.is_authenticated:
        mine |= Q(customer=request.user)
    return Order.objects.filter(mine).order_by("-placed_at", "-pk")


def order(request: HttpRequest, number: str, token: str | None, among: QuerySet[Order] | None = None) -> Order:
    """The order, if the visitor may see it: by its token, or as its signed-in owner.

    :param among: how it is read; its row alone where nothing is said
    :raises Http404: there is none, or it is somebody else's; both look the same
    """
    known = Order.objects.all() if among is None else among
    found = known.filter(number=number).first()
    if found is None:
        raise Http404
    if token is not None:
        allowed = constant_time_compare(token, found.token)
    else:
        allowed = request.user.is_authenticated and found.customer_id == request.user.pk
    if not allowed:
        raise Http404
    return found


def only_reads(request: HttpRequest, order: Order) -> bool:
    """Whether staff look at somebody else's order: they act in the admin, where their role says what they may do."""
    return request.user.is_staff and order.customer_id != request.user.pk
