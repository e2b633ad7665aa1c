"""The doors: one for each thing that people and machines may want of the shop's workflows.

Every door is a plain function. It raises `Refused` (a rule says no; nothing was changed) or `Unavailable` (Temporal
does not answer; said within 3 seconds).
"""

from temporal_app.client.carts import add_to_cart, check_out, order_again, set_cart_quantity
from temporal_app.client.customers import add_order_item, cancel_order, pay, set_language
from temporal_app.client.machines import ring_outbox, take_notice
from temporal_app.client.staff import adjust_stock, decide, mark_delivered, mark_shipped, submit_expense

__all__ = [
    "add_order_item",
    "add_to_cart",
    "adjust_stock",
    "cancel_order",
    "check_out",
    "decide",
    "mark_delivered",
    "mark_shipped",
    "order_again",
    "pay",
    "ring_outbox",
    "set_cart_quantity",
    "set_language",
    "submit_expense",
    "take_notice",
]
