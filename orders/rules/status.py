"""Which states an order has, and which of them may follow which."""

from enum import StrEnum

from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.transitions import Transitions


class OrderStatus(StrEnum):
    """Where an order is between checkout and doorstep."""

    PENDING = "pending"
    PAID = "paid"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    ROLLBACK_INCOMPLETE = "rollback_incomplete"
    CANCELLED = "cancelled"


class WaitingFor(StrEnum):
    """What an order waits for right now; empty where it waits for nobody."""

    NOTHING = ""
    APPROVAL = "approval"
    PAYMENT = "payment"
    SHIPMENT = "shipment"
    DELIVERY = "delivery"


# Cancelled is an order of which every step has been undone. Where one could not be, people see to that first.
UNDONE = frozenset({OrderStatus.ROLLBACK_INCOMPLETE, OrderStatus.CANCELLED})
ORDER: Transitions[OrderStatus] = {
    OrderStatus.PENDING: frozenset({OrderStatus.PAID, *UNDONE}),
    OrderStatus.PAID: frozenset({OrderStatus.SHIPPED, *UNDONE}),
    OrderStatus.SHIPPED: frozenset({OrderStatus.DELIVERED}),
    OrderStatus.DELIVERED: frozenset(),
    OrderStatus.ROLLBACK_INCOMPLETE: frozenset({OrderStatus.CANCELLED}),
    OrderStatus.CANCELLED: frozenset(),
}
ENDED = frozenset({OrderStatus.DELIVERED, OrderStatus.CANCELLED})
CANCELLABLE = frozenset({OrderStatus.PENDING, OrderStatus.PAID})


def may_follow(status: OrderStatus, target: OrderStatus) -> bool:
    """Whether an order in `status` may become `target`."""
    return target in ORDER[status]


def reachable(status: OrderStatus, target: OrderStatus) -> bool:
    """Whether an order in `status` is or may still become `target`, over any number of steps."""
    return status == target or any(reachable(following, target) for following in ORDER[status])


def parse_status(text: str) -> OrderStatus:
    """The status called `text`.

    :raises RuleBroken: there is none of this name
    """
    try:
        return OrderStatus(text)
    except ValueError:
        raise RuleBroken(Refusal.UNKNOWN_STATUS, status=text) from None
