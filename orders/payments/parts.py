"""Payments for one order add up: what has been matched with it so far, and whether that is all it waits for.

What its customer's store credit pays is a part as well, which is there before the rest is asked for (`Order.rest`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, Exists, F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Round

from orders.models import JournalEntry, Order, PaymentEvent
from orders.rules.states import PaymentEventOutcome, PaymentState
from orders.rules.status import OrderStatus
from orders.rules.totals import ZERO

AMOUNT: "DecimalField[Decimal, Decimal]" = DecimalField(max_digits=12, decimal_places=2)


@dataclass(frozen=True)
class Parts:
    """What has been matched with one order, in its currency.

    :param wanted: what has to come
    :param accepted: whether a person has accepted it as all
    """

    wanted: Decimal
    received: Decimal
    accepted: bool

    @classmethod
    def of(cls, order: Order, events: Iterable[PaymentEvent]) -> "Parts":
        """What these payment events of an order come to; only what is matched counts."""
        kept = [event for event in events if event.outcome == PaymentEventOutcome.MATCHED]
        return cls(order.rest, sum((event.amount for event in kept), ZERO), any(event.reason for event in kept))

    @property
    def is_complete(self) -> bool:
        """Whether it is all, or a person has accepted it as that."""
        return self.accepted or self.received >= self.wanted

    @property
    def missing(self) -> Decimal:
        """What has still to come."""
        return ZERO if self.is_complete else self.wanted - self.received


def matched(*order_numbers: str) -> QuerySet[PaymentEvent]:
    """The payment events of money that orders keep."""
    return PaymentEvent.objects.filter(order_number__in=order_numbers, outcome=PaymentEventOutcome.MATCHED)


def of(order: Order, *, but: PaymentEvent | None = None) -> Parts:
    """What has been matched with an order, but for one payment event."""
    events = matched(order.number).only("amount", "outcome", "reason")
    return Parts.of(order, events.exclude(pk=but.pk) if but else events)


def received(order: Order, *, but: PaymentEvent | None = None) -> Decimal:
    """What has been matched with an order, but for one payment event; in the order's currency."""
    return of(order, but=but).received


def missing(order: Order) -> Decimal:
    """What has still to come for an order."""
    return of(order).missing


def partly_paid() -> QuerySet[Order]:
    """Orders that wait for the rest of their money, with what has come (`came`), the longest waiting first."""
    accepted = _of_order().exclude(reason="")
    waiting = with_came(Order.objects.filter(status=OrderStatus.PENDING, undo_started_at=None))
    return waiting.filter(~Exists(accepted), came__gt=0, came__lt=F("total") - F("credit")).order_by("pk")


def with_came(orders: QuerySet[Order]) -> QuerySet[Any]:
    """Orders with what has been matched with each (`came`)."""
    sums = _of_order().order_by().values("order_number").annotate(all=Sum("amount")).values("all")
    came = Round(Coalesce(Subquery(sums), Value(ZERO, AMOUNT)), precision=2, output_field=AMOUNT)  # exact on SQLite too
    return orders.annotate(came=came)


def _of_order() -> QuerySet[PaymentEvent]:
    return PaymentEvent.objects.filter(order_number=OuterRef("number"), outcome=PaymentEventOutcome.MATCHED)


def is_complete(order: Order, *, but: PaymentEvent | None = None) -> bool:
    """Whether what came for an order is all, or a person has accepted it as that."""
    return of(order, but=but).is_complete


def is_charged(order: Order, *, but: str = "") -> bool:
    """Whether the shop has charged a card for an order, but for the payment that its provider calls so."""
    held = order.payments.filter(state=PaymentState.HELD).exclude(reference=but)
    return JournalEntry.objects.filter(key__in=[f"{payment.cause}:charged" for payment in held]).exists()


def confirming(order: Order) -> PaymentEvent | None:
    """The payment event that makes an order's money complete: the one that a person accepted, or else the last."""
    if not is_complete(order):
        return None
    events = matched(order.number).order_by("-pk")
    return events.exclude(reason="").first() or events.first()
