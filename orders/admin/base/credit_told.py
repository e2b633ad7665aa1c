"""What is said of store credit where an order is placed anew."""

from django.utils.translation import gettext as _

from orders import labels
from orders.models import Order


def credit_told(order: Order) -> list[tuple[str, object]]:
    """What becomes of what an order's customer had paid with store credit, where that is anything."""
    if not order.credit:
        return []
    words = {"credit": labels.money(order.credit, order.currency)}
    return [(_("Store credit"), _("%(credit)s are back on the account; the new order is paid without them") % words)]
