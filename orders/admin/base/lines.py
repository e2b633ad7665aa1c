"""An order's lines, as the pages of orders and of approvals show them."""

from typing import Any

from orders import labels
from orders.models import Order


def order_lines(order: Order) -> list[dict[str, Any]]:
    """The lines with their amounts in words."""
    return [
        {
            "row": line,
            "price": labels.money(line.unit_price, order.currency),
            "total": labels.money(line.line_total, order.currency),
        }
        for line in order.lines.order_by("pk")
    ]


def in_parcel(order: Order) -> list[str]:
    """What goes to the customer, a line each: without what was refunded before the parcel left."""
    lines = sorted(order.lines.all(), key=lambda line: line.pk)
    return [f"{line.to_ship} × {line.name}" for line in lines if line.to_ship]
