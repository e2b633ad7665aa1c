"""Whether an order that was not paid in time can be placed anew, and what it would cost today."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from orders.models import Order, OrderLine
from orders.payments import credit, offered_methods
from orders.rules.order_events import OrderEvent
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.status import OrderStatus
from orders.rules.totals import fingerprint, total

PAYMENT_DEADLINE = "payment_deadline"  # the code of an end


@dataclass(frozen=True)
class OfferedLine:
    """A line of an old order as it is offered today; of what is not sold any more, none is `available`."""

    line: OrderLine
    price: Decimal
    available: int

    @property
    def is_to_be_had(self) -> bool:
        """Whether there is enough of it."""
        return self.available >= self.line.quantity


@dataclass(frozen=True)
class Offer:
    """An old order at today's prices. Its `fingerprint` says what a person saw."""

    lines: tuple[OfferedLine, ...]

    @property
    def total(self) -> Decimal:
        """What it costs today."""
        return total((one.price, one.line.quantity) for one in self.lines)

    @property
    def fingerprint(self) -> str:
        """A digest of its lines and prices."""
        return fingerprint([(one.line.sku, one.price, one.line.quantity) for one in self.lines], self.total)


def offer(order: Order) -> Offer:
    """What the lines of an order cost today, and how many there are of them."""
    return Offer(tuple(_offered(order)))


def _offered(order: Order) -> Iterator[OfferedLine]:
    for line in order.lines.select_related("product").order_by("pk"):
        product = line.product
        yield OfferedLine(line, product.price, product.available if product.active else 0)


def check(order: Order) -> None:
    """Whether an order may be placed anew at all; what there is of its products, `offer` says.

    :raises RuleBroken: it has not ended so, is placed anew already, cannot be paid that way any more, its credit has
        not come back, or nobody knows whose it was
    """
    check_known(order)
    if order.status == OrderStatus.ROLLBACK_INCOMPLETE:
        raise RuleBroken(Refusal.NOT_UNDONE_YET, number=order.number)
    ends = order.timeline.filter(kind=OrderEvent.CANCELLED)
    if order.status != OrderStatus.CANCELLED or all(end.data.get("code") != PAYMENT_DEADLINE for end in ends):
        raise RuleBroken(Refusal.NOT_EXPIRED, number=order.number)
    anew = order.placed_anew.order_by("pk").last()
    if anew is not None:
        raise RuleBroken(Refusal.REOPENED_BEFORE, number=order.number, new=anew.number)
    if order.payment_method not in offered_methods():
        raise RuleBroken(Refusal.UNKNOWN_PAYMENT_METHOD, method=order.payment_method)
    check_credit(order)


def check_known(order: Order) -> None:
    """Whether anybody knows whose an order was: nothing can be sent to a customer who is forgotten.

    :raises RuleBroken: its name and address are gone
    """
    if not order.email:
        raise RuleBroken(Refusal.CUSTOMER_FORGOTTEN, number=order.number)


def check_credit(order: Order) -> None:
    """Whether the whole price of an order can be asked for again: its customer's credit is back on the account.

    :raises RuleBroken: people have settled in another way what became of it
    """
    if gone := credit.used_for(order):
        raise RuleBroken(Refusal.CREDIT_NOT_BACK, number=order.number, amount=gone)


def why_not(order: Order) -> RuleBroken | None:
    """Why an order may not be placed anew; None where it may."""
    try:
        check(order)
    except RuleBroken as broken:
        return broken
    return None
