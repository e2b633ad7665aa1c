"""What of an order can be given back in part, and by how much: asked where it is typed, and again before it is sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Sum

from orders.models import Order, Payment, Refund, RefundLine
from orders.models.refund import RefundQuerySet
from orders.payments import books, credit
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.states import PaymentState, RefundStage
from orders.rules.status import OrderStatus
from orders.rules.totals import ZERO

REFUNDABLE = frozenset({OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.DELIVERED})
LEFT_THE_HOUSE = frozenset({OrderStatus.SHIPPED, OrderStatus.DELIVERED})


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to give back. `pieces` are quantities by the primary key of the order's line."""

    amount: Decimal
    currency: str
    pieces: Mapping[int, int] = field(default_factory=dict)
    goods_return: bool = False

    @classmethod
    def of(cls, refund: Refund) -> "Wanted":
        """What a refund is about."""
        pieces = dict(refund.lines.values_list("line_id", "quantity"))
        return cls(refund.amount, refund.currency, pieces, refund.goods_return)


def asked_for(order: Order) -> RefundQuerySet:
    """Refunds of an order that are made, or wanted."""
    return Refund.objects.filter(order=order).exclude(state=RefundStage.REFUSED)


def on_their_way(order: Order) -> RefundQuerySet:
    """Refunds of an order that are made, or are being sent."""
    return Refund.objects.filter(order=order, state__in=[RefundStage.SENDING, RefundStage.DONE])


def left_of(order: Order, others: RefundQuerySet) -> Decimal:
    """What can still be given back of an order, with its other refunds taken off."""
    return max(books.taken_of(order) - others.under_way().sum(), ZERO)


def left_outside(order: Order, others: RefundQuerySet) -> Decimal:
    """What of that goes back the way it was paid; what is beyond it was, and becomes again, store credit."""
    on_its_way = sum((one.to_provider for one in others.under_way()), ZERO)
    return max(books.taken_of(order) - credit.part_of(order) - on_its_way, ZERO)


def to_credit(refund: Refund) -> Decimal:
    """How much of a refund becomes store credit: what was paid otherwise goes back first. Call it with the order's row
    locked, before the refund is sent."""
    order = refund.order
    if not order.credit:
        return ZERO
    return max(refund.amount - left_outside(order, on_their_way(order)), ZERO)


def pieces_left(order: Order, others: RefundQuerySet) -> dict[int, int]:
    """How many pieces of each line can still be refunded, by the line's primary key."""
    gone = RefundLine.objects.filter(refund__in=others).order_by().values("line").annotate(all=Sum("quantity"))
    taken = {row["line"]: row["all"] for row in gone}
    return {line.pk: line.quantity - taken.get(line.pk, 0) for line in order.lines.order_by("pk")}


def why_not(order: Order) -> RuleBroken | None:
    """Why nothing of this order can be refunded; None where something can."""
    if order.undo_started_at is not None:
        return RuleBroken(Refusal.ORDER_CLOSING, number=order.number)
    if order.status not in REFUNDABLE:
        return RuleBroken(Refusal.NOT_REFUNDABLE, number=order.number, status=order.status)
    return None


def holds_back(order: Order) -> bool:
    """Whether pieces that are refunded are not sent: the parcel has not left, and is going to."""
    return order.status == OrderStatus.PAID and order.undo_started_at is None


def check(order: Order, wanted: Wanted, others: RefundQuerySet) -> None:
    """Refuse what cannot be given back. Call it with the order's row locked.

    :param others: the refunds that come before this one
    :raises RuleBroken: the order is not, or not any more, to be refunded; more than is left of it or of a line; another
        currency; goods that have not left, or all that is to be sent
    """
    if broken := why_not(order):
        raise broken
    if wanted.currency != order.currency:
        raise RuleBroken(Refusal.REFUND_CURRENCY, number=order.number, currency=order.currency)
    if wanted.amount <= 0:
        raise RuleBroken(Refusal.REFUND_OF_NOTHING)
    left = left_of(order, others)
    if wanted.amount > left:
        raise RuleBroken(Refusal.REFUND_TOO_MUCH, number=order.number, left=left)
    pieces = pieces_left(order, others)
    for line in order.lines.filter(pk__in=wanted.pieces):
        if wanted.pieces[line.pk] > pieces[line.pk]:
            raise RuleBroken(Refusal.REFUND_TOO_MANY, name=line.name, pieces=pieces[line.pk])
    if holds_back(order) and wanted.pieces and sum(wanted.pieces.values()) == sum(pieces.values()):
        raise RuleBroken(Refusal.NOTHING_TO_SHIP, number=order.number)
    if wanted.goods_return and order.status not in LEFT_THE_HOUSE:
        raise RuleBroken(Refusal.GOODS_NOT_OUT, number=order.number)


def payment_for(refund: Refund) -> Payment:
    """The payment that a refund is taken from: what was captured for its order.

    :raises RuleBroken: nothing is
    """
    payment = refund.order.payments.filter(state=PaymentState.CAPTURED).order_by("-attempt").first()
    if payment is None:
        raise RuleBroken(Refusal.REFUND_TOO_MUCH, number=refund.order.number, left=ZERO)
    return payment
