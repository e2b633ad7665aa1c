"""What was asked for, taken and given back."""

from collections.abc import Iterator
from decimal import Decimal

from django.db.models import Count, DecimalField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, Round

from orders.models import CompensationFailure, Order, Payment, TimelineEntry
from orders.rules.invariants import Finding, Invariant
from orders.rules.order_events import OrderEvent
from orders.rules.states import PaymentState, ReversalState
from orders.rules.status import OrderStatus

TAKEN = [PaymentState.CAPTURED, PaymentState.REFUNDED]
AMOUNT: "DecimalField[Decimal, Decimal]" = DecimalField(max_digits=12, decimal_places=2)


def findings() -> Iterator[Finding]:
    """Everything about money that does not add up."""
    yield from _total_of_lines()
    yield from _captured_once()
    yield from _captured_within_held()
    yield from _refunded_within_received()
    yield from _paid_only_if_captured()
    yield from _cancelled_keeps_nothing()


def settled(step: str) -> QuerySet[CompensationFailure]:
    """For the order of a row: what could not be undone of it, and people have seen to."""
    return CompensationFailure.objects.filter(order=OuterRef("order"), step=step).exclude(state=ReversalState.OPEN)


def _total_of_lines() -> Iterator[Finding]:
    """An order costs what its lines cost."""
    sums = Coalesce(Sum(F("lines__unit_price") * F("lines__quantity"), output_field=AMOUNT), Value(Decimal(0)))
    cost = Round(sums, precision=2, output_field=AMOUNT)  # SQLite adds fractions that are not there
    wrong = Order.objects.annotate(cost=cost).exclude(total=F("cost")).order_by("pk")
    for number, total, lines in wrong.values_list("number", "total", "cost").iterator():
        yield Finding(Invariant.TOTAL_OF_LINES, number, f"{total:.2f}", f"{lines:.2f}")


def _captured_once() -> Iterator[Finding]:
    """The money for an order is taken once."""
    captured = Count("payments", filter=Q(payments__state=PaymentState.CAPTURED))
    wrong = Order.objects.annotate(captured=captured).filter(captured__gt=1).order_by("pk")
    for number, times in wrong.values_list("number", "captured").iterator():
        yield Finding(Invariant.CAPTURED_ONCE, number, f"{times} captured", "1 captured")


def _captured_within_held() -> Iterator[Finding]:
    """No more is taken than was held."""
    payments = Payment.objects.filter(order=OuterRef("order"), state__in=TAKEN).order_by("-attempt")
    taken = TimelineEntry.objects.filter(kind=OrderEvent.PAID).annotate(
        taken=Cast(KT("data__amount"), AMOUNT), held=Subquery(payments.values("amount")[:1])
    )
    wrong = taken.filter(taken__gt=F("held")).order_by("pk")
    for number, amount, held in wrong.values_list("order__number", "taken", "held").iterator():
        yield Finding(Invariant.CAPTURED_WITHIN_HELD, number, f"{amount:.2f}", f"{held:.2f}")


def _refunded_within_received() -> Iterator[Finding]:
    """No more is given back than was taken."""
    never_taken = Q(refunded__gt=0) & ~Q(state__in=TAKEN)
    wrong = Payment.objects.filter(never_taken | Q(refunded__gt=F("amount"))).order_by("pk")
    for number, refunded, amount, state in wrong.values_list("order__number", "refunded", "amount", "state").iterator():
        received = amount if state in TAKEN else 0
        yield Finding(Invariant.REFUNDED_WITHIN_RECEIVED, number, f"{refunded:.2f}", f"{received:.2f}")


def _paid_only_if_captured() -> Iterator[Finding]:
    """An order is paid, and leaves the house, only with its money taken."""
    taken = Payment.objects.filter(order=OuterRef("pk"), state__in=TAKEN)
    carried = Q(status__in=[OrderStatus.SHIPPED, OrderStatus.DELIVERED]) | Q(
        status=OrderStatus.PAID, undo_started_at=None
    )
    for number, status in (
        Order.objects.filter(carried, ~Exists(taken)).order_by("pk").values_list("number", "status").iterator()
    ):
        yield Finding(Invariant.PAID_ONLY_IF_CAPTURED, number, f"{status}, nothing captured", "captured")
    unsaid = Order.objects.filter(Exists(taken), status=OrderStatus.PENDING, undo_started_at=None).order_by("pk")
    for number in unsaid.values_list("number", flat=True).iterator():
        yield Finding(Invariant.PAID_ONLY_IF_CAPTURED, number, "captured", OrderStatus.PAID)


def _cancelled_keeps_nothing() -> Iterator[Finding]:
    """The shop keeps no money of an order that is cancelled, unless people have settled that."""
    kept = [PaymentState.REQUESTED, PaymentState.HELD, PaymentState.CAPTURED]
    wrong = Payment.objects.filter(
        ~Exists(settled("payment")), order__status=OrderStatus.CANCELLED, state__in=kept
    ).order_by("pk")
    for number, state, amount in wrong.values_list("order__number", "state", "amount").iterator():
        yield Finding(Invariant.CANCELLED_KEEPS_NOTHING, number, f"{amount:.2f} {state}", "0.00")
