"""Whether the journal agrees with what it tells of: orders, payment events, refunds to make, the providers' books."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, Concat, Round

from orders.invariants.money import AMOUNT
from orders.models import (
    BankTransfer,
    BankTransferOperation,
    CompensationFailure,
    JournalEntry,
    Order,
    Payment,
    PaymentEvent,
    RefundTask,
    Resolution,
    SandboxOperation,
    SandboxPayment,
    TimelineEntry,
)
from orders.models.resolution import ResolutionAction
from orders.rules import accounts
from orders.rules.accounts import AccountKind
from orders.rules.invariants import Finding, Invariant
from orders.rules.order_events import OrderEvent
from orders.rules.states import (
    MismatchReason,
    PaymentEventOutcome,
    PaymentState,
    RefundState,
    ResolutionState,
    ReversalState,
)
from orders.rules.status import OrderStatus
from orders.rules.totals import ZERO

NOTHING = Value(ZERO, AMOUNT)
LEDGERS: dict[str, tuple[type[Any], type[Any]]] = {
    "sandbox": (SandboxPayment, SandboxOperation),
    "bank_transfer": (BankTransfer, BankTransferOperation),
}


def check_books(due: datetime) -> Iterator[Finding]:
    """Every cent that does not stand where the tables say it does.

    :param due: what a later step writes has to be there since then
    """
    yield from _nothing_negative()
    yield from _taken_as_told()
    yield from _cancelled_keeps_nothing()
    yield from _unmatched_stands()
    yield from _received_stands()
    yield from _refunds_stand(due)
    for name in LEDGERS:
        yield from _provider_agrees(name, due)


def _sum_of(rows: QuerySet[JournalEntry], column: str) -> Coalesce:
    return Coalesce(Subquery(rows.values(column).annotate(all=Sum("amount")).values("all")), NOTHING)


def _balance(account: str) -> Round:
    """For a row with a currency: what stands on the account that its column `account` names."""
    rows = JournalEntry.objects.order_by().filter(currency=OuterRef("currency"))
    come = rows.filter(target=OuterRef(account))
    gone = rows.filter(source=OuterRef(account))
    return Round(
        _sum_of(come, "target") - _sum_of(gone, "source"), precision=2
    )  # SQLite adds up floating-point numbers


def _named(kind: AccountKind, column: str) -> Concat:
    return Concat(Value(f"{kind}:"), Cast(column, CharField()), output_field=CharField())


def _orders() -> QuerySet[Any]:
    """Orders with what stands on their accounts, but those of whose payment people have taken care."""
    named = {"sales_account": _named(AccountKind.SALES, "number"), "order_account": _named(AccountKind.ORDER, "number")}
    by_people = [ReversalState.SETTLED_BY_HAND, ReversalState.WRITTEN_OFF]
    settled = CompensationFailure.objects.filter(order=OuterRef("pk"), step="payment", state__in=by_people)
    orders = Order.objects.annotate(**named).annotate(
        sales=_balance("sales_account"), on_account=_balance("order_account")
    )
    return orders.filter(~Exists(settled)).order_by("pk")


def _nothing_negative() -> Iterator[Finding]:
    """Only what is outside the shop may be less than nothing. One statement, so that it sees one moment."""
    balances: dict[tuple[str, str], Decimal] = {}
    rows = JournalEntry.objects.order_by().values_list("source", "target", "currency").annotate(all=Sum("amount"))
    for source, target, currency, amount in rows.iterator():
        balances[source, currency] = balances.get((source, currency), ZERO) - amount
        balances[target, currency] = balances.get((target, currency), ZERO) + amount
    for (account, currency), balance in sorted(balances.items()):
        if balance.quantize(ZERO) < 0 and not accounts.is_outside(account):
            yield Finding(Invariant.NOTHING_NEGATIVE, account, f"{balance:.2f} {currency}", f"0.00 {currency}")


def _taken_as_told() -> Iterator[Finding]:
    """What stands as taken for an order is what its timeline tells, as long as the payment is not refunded."""
    captured = Payment.objects.filter(order=OuterRef("order"), state=PaymentState.CAPTURED)
    told = TimelineEntry.objects.filter(Exists(captured), kind=OrderEvent.PAID)
    amounts = told.filter(order=OuterRef("pk")).annotate(amount=Cast(KT("data__amount"), AMOUNT)).values("amount")[:1]
    wrong = _orders().annotate(told=Coalesce(Subquery(amounts), NOTHING)).exclude(sales=F("told"))
    for number, sales, wanted in wrong.values_list("number", "sales", "told").iterator():
        yield Finding(Invariant.TAKEN_AS_TOLD, number, f"{sales:.2f}", f"{wanted:.2f}")


def _cancelled_keeps_nothing() -> Iterator[Finding]:
    """Nothing of a cancelled order's money is left, taken or not."""
    kept = (
        _orders()
        .filter(status=OrderStatus.CANCELLED)
        .annotate(kept=Round(F("sales") + F("on_account"), precision=2))
        .exclude(kept=ZERO)
    )
    for number, amount in kept.values_list("number", "kept").iterator():
        yield Finding(Invariant.CANCELLED_KEEPS_NOTHING, number, f"{amount:.2f} in the journal", "0.00")


def _unmatched_stands() -> Iterator[Finding]:
    """What a payment event brought stands as unmatched as long as it is, or was put aside, and then no longer."""
    returned = Resolution.objects.filter(
        payment_event=OuterRef("pk"), action=ResolutionAction.REFUND, state=ResolutionState.DONE
    )
    waits = Q(outcome=PaymentEventOutcome.UNMATCHED) | Q(outcome=PaymentEventOutcome.RESOLVED) & ~Exists(returned)
    no_money = Q(reason=MismatchReason.PROVIDER_DISAGREES)
    stands = PaymentEvent.objects.annotate(account=_named(AccountKind.UNMATCHED, "pk")).annotate(
        stands=_balance("account")
    )
    missing = stands.filter(waits, ~no_money).exclude(stands=F("amount"))
    left_over = stands.filter(~waits | no_money, ~Q(outcome=PaymentEventOutcome.RECEIVED)).exclude(stands=ZERO)
    for wanted, wrong in (("amount", missing), ("", left_over)):
        for payment_event in wrong.order_by("pk").iterator():
            found = f"{payment_event.stands:.2f}"
            amount = payment_event.amount if wanted else ZERO
            yield Finding(Invariant.UNMATCHED_STANDS, accounts.unmatched(payment_event.pk), found, f"{amount:.2f}")


def _received_stands() -> Iterator[Finding]:
    """What was matched with an order, or charged to a card for it, was brought to its account."""
    charged = JournalEntry.objects.filter(target=OuterRef("account"), key__endswith=":charged")
    brought = JournalEntry.objects.filter(target=OuterRef("account"), cause=OuterRef("called"))
    matched = PaymentEvent.objects.filter(outcome=PaymentEventOutcome.MATCHED).annotate(
        account=_named(AccountKind.ORDER, "order_number"),
        called=Concat(Value("payment_event-"), Cast("pk", CharField()), output_field=CharField()),
    )
    wrong = matched.filter(~Exists(charged), ~Exists(brought)).order_by("pk")
    for number, amount in wrong.values_list("order_number", "amount").iterator():
        yield Finding(Invariant.RECEIVED_STANDS, number, "0.00", f"{amount:.2f}")
    confirmed = TimelineEntry.objects.filter(order=OuterRef("pk"), kind=OrderEvent.PAYMENT_CONFIRMED)
    unpaid = _orders().filter(Exists(confirmed), status=OrderStatus.PENDING, undo_started_at=None)
    for number, stands, total in (
        unpaid.filter(on_account__lt=F("total")).values_list("number", "on_account", "total").iterator()
    ):
        yield Finding(Invariant.RECEIVED_STANDS, number, f"{stands:.2f}", f"{total:.2f}")


def _refunds_stand(due: datetime) -> Iterator[Finding]:
    """What finance has to pay back stands as that until it is made."""
    tasks = RefundTask.objects.annotate(account=_named(AccountKind.REFUND, "pk")).annotate(stands=_balance("account"))
    asked = tasks.filter(state=RefundState.OPEN, asked_at__lt=due).exclude(stands=F("amount"))
    made = tasks.filter(state=RefundState.DONE).exclude(stands=ZERO)
    for number, stands, wanted in (
        *asked.order_by("pk").values_list("order_number", "stands", "amount").iterator(),
        *made.order_by("pk").values_list("order_number", "stands", NOTHING).iterator(),
    ):
        yield Finding(Invariant.REFUNDS_STAND, number, f"{stands:.2f}", f"{wanted:.2f}")


def _provider_agrees(name: str, due: datetime) -> Iterator[Finding]:
    """A provider says that it took and gave back for an order what the journal says, once it has answered."""
    payments, operations = LEDGERS[name]
    of_order = payments.objects.order_by().filter(order_number=OuterRef("number"))
    kept = (
        of_order.values("order_number")
        .annotate(kept=Round(Sum(F("captured") - F("refunded")), precision=2))
        .values("kept")
    )
    lately = operations.objects.filter(payment__order_number=OuterRef("number"), at__gte=due)
    orders = _orders().filter(~Exists(lately), payment_method=name)
    wrong = orders.annotate(kept=Coalesce(Subquery(kept), NOTHING)).exclude(kept=F("sales"))
    for number, sales, theirs in wrong.values_list("number", "sales", "kept").iterator():
        yield Finding(Invariant.PROVIDER_AGREES, number, f"{sales:.2f}", f"{theirs:.2f}")
