"""Order again: what an order held, into the visitor's cart, and what the cart said to that."""

from collections.abc import Iterable

from django.http import HttpRequest
from django.utils.translation import gettext as _

from orders.models import Order
from orders.views import visitor
from temporal_app import client, messages


def refill(request: HttpRequest, order: Order, *, request_id: str) -> str:
    """Put an order's products into the cart; returns what is there now and what cannot be had any more.

    The cart takes a form that is sent twice once, and gives both the same answer.
    """
    lines = {line.sku: line for line in order.lines.all()}
    wanted = [messages.CartItem(line.sku, line.quantity) for line in lines.values()]
    totals = client.order_again(
        visitor.cart_id(request, request_id), items=wanted, customer_id=request.user.pk, request_id=request_id
    )
    missing = {item.sku: min(item.quantity, lines[item.sku].quantity) for item in totals.left_out}
    added = {sku: line.quantity - missing.get(sku, 0) for sku, line in lines.items()}
    words = {
        "number": order.number,
        "added": _listed((pieces, lines[sku].name) for sku, pieces in added.items() if pieces),
        "missing": _listed((pieces, lines[sku].name) for sku, pieces in missing.items()),
    }
    if not missing:
        return _("Everything from order %(number)s is in your cart.") % words
    if not words["added"]:
        return _("Nothing from order %(number)s can be had any more: %(missing)s.") % words
    return _("In your cart from order %(number)s: %(added)s. Not to be had any more: %(missing)s.") % words


def _listed(pieces: Iterable[tuple[int, str]]) -> str:
    return ", ".join(f"{quantity} × {name}" for quantity, name in pieces)
