"""Order again: what an order held, into the visitor's cart."""

import time

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from orders.models import CartItem, Order
from orders.views import visitor
from temporal_app import client, messages
from temporal_app.client.errors import ClientError

DOUBLE_CLICK_SECONDS = 600


def refill(request: HttpRequest, order: Order, *, request_id: str) -> bool:
    """Put an order's products into the cart; a form that is sent twice does so once.

    :returns: whether all of them are there now
    """
    lines = list(order.lines.select_related("product"))
    wanted = [messages.CartItem(line.sku, line.quantity) for line in lines if line.product.active]
    if not wanted:
        return False
    cart_id, seen = visitor.cart_id(request), f"order-again:{request_id}"
    if cache.add(seen, True, DOUBLE_CLICK_SECONDS):
        try:
            client.order_again(cart_id, items=wanted, customer_id=request.user.pk)
        except ClientError:
            cache.delete(seen)
            raise
    return _arrived(cart_id, {item.sku for item in wanted}) and len(wanted) == len(lines)


def _arrived(cart_id: str, skus: set[str]) -> bool:
    """A signal is not answered; the cart's page that follows should show what it did, if it did so at once."""
    until = time.monotonic() + settings.SHOWN_WITHIN_SECONDS
    while time.monotonic() < until:
        here = set(CartItem.objects.filter(cart_id=cart_id).values_list("product__sku", flat=True))
        if skus <= here:
            return True
        time.sleep(0.1)
    return False
