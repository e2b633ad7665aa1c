"""Small factories for refunds in part: paid orders, and what a person has typed about giving some of it back."""

from decimal import Decimal

from django.contrib.auth.models import User

from orders.models import Order, Refund
from orders.payments.refundable import asked_for
from tests.factories import steps

PRICE = Decimal("12.50")


def paid_order() -> Order:
    """Three teas, paid by card and not shipped yet: as activities leave it."""
    return steps.order_after(*steps.up_to(steps.leave))


def shipped_order() -> Order:
    """The same, on its way to the customer."""
    return steps.order_after(*steps.up_to(steps.arrive))


def ask_refund(
    order: Order, person: User, amount: str = "5.00", *, pieces: int = 0, goods_return: bool = False, **columns: object
) -> Refund:
    """What somebody has asked to give back, still to be carried out; `pieces` of the only line."""
    refund = Refund.objects.create(
        **{
            "order": order,
            "amount": Decimal(amount),
            "currency": order.currency,
            "reason": "a tin was dented",
            "goods_return": goods_return,
            "asked_by": person,
            "request_key": f"{order.number}:{asked_for(order).count()}:{Refund.objects.count()}",
            **columns,
        }
    )
    if pieces:
        refund.lines.create(line=order.lines.get(), quantity=pieces)
    return refund
